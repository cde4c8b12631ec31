//! A typed Rust client for a running node.
