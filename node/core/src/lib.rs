//! Mempool, block building and chain rules without I/O.
