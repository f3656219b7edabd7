//! Builds what browsers download, from the crate's two wasm modules to compressed files named by their content.

use std::process::ExitCode;

use anyhow::Result;

mod args;
mod bindgen;
mod modules;
mod pack;
mod report;
mod site;
mod sources;
mod watch;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    match args::parse(std::env::args().skip(1))? {
        args::Command::Site { out } => {
            let changed = site::build(&out)?;
            report::print_and_gate(&out, changed)
        }
        args::Command::Watch { assets } => watch::prepare(&assets),
        args::Command::Bindgen {
            input,
            out_dir,
            name,
        } => bindgen::generate(&input, &out_dir, &name, bindgen::Names::Keep),
        args::Command::Help => {
            println!("{}", args::HELP);
            Ok(())
        }
    }
}
