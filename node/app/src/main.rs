//! The program `tenon`: everything is in the library.

use std::process::ExitCode;

/// Blocks make and drop millions of small values on several threads, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tenon::cli::main(std::env::args_os().collect())
}
