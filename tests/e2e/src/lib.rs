//! Tests over real processes.
