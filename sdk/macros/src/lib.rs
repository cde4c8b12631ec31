//! The attribute macros of the module SDK.
