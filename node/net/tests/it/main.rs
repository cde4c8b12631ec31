//! Networks of several nodes in one process, over real sockets on the loopback interface. No test sleeps: each waits for an
//! event, with a deadline.

mod connecting;
mod support;
