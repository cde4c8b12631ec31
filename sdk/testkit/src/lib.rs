//! An in-memory chain for module tests, with the real engine.
