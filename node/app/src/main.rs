//! The program `tenon`: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    tenon::cli::main(std::env::args_os().collect())
}
