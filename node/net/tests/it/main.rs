//! Networks of several nodes in one process, over real sockets on the loopback interface. No test sleeps: each waits for an
//! event, with a deadline.

mod attacks;
mod connecting;
mod gossip;
mod hostile;
mod messages;
mod nat;
mod requests;
mod support;
