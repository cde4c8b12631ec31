//! RPC method table, JSON types, metadata and error codes.
