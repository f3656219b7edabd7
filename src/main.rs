//! The binary `postern`: hands over to the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    postern::server::cli::run()
}
