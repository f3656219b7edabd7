//! `postern smtp …`: the mail server's side of things, seen from a shell.

mod reach;
mod session;

use clap::Subcommand;

use super::context::Context;
use super::exit::CliError;

/// The commands about mail servers.
#[derive(Debug, Subcommand)]
pub enum Smtp {
    Session(session::Session),
}

impl Smtp {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        match self {
            Self::Session(session) => session.run(context).await,
        }
    }
}
