//! The WASM engine: profile, validation, instrumentation, linking and code cache.
