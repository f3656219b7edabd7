//! `postern mail preview`: each mail as files, before anybody gets one.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::context::Context;
use super::exit::CliError;
use super::output::print;
use crate::server::mail::preview;

/// The commands about mails.
#[derive(Debug, Subcommand)]
pub enum Mail {
    Preview(Preview),
}

/// Write each kind of mail as .html, .txt and .eml.
///
/// They hold sample data and your settings for name, colour, sender and subjects. Nothing is sent, and no link
/// in them opens anything.
#[derive(Debug, Args)]
pub struct Preview {
    /// The folder; it is made where it is missing, and files of an earlier preview are replaced
    #[arg(long, value_name = "DIR", default_value = "mail-preview")]
    out: PathBuf,
}

impl Mail {
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        match self {
            Self::Preview(Preview { out }) => {
                let files = preview::write_all(&out, &context.config, context.clock.now())?;
                let lines = files.iter().map(|file| format!("{}\n", file.display()));
                print(&lines.collect::<String>())
            }
        }
    }
}
