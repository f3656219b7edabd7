//! `postern smtp …`: the mail server's side of things, seen from a shell.

mod domain;
mod explain;
mod findings;
mod probe;
mod reach;
mod real_mail;
mod session;
mod verdict;
mod waterfall;

use clap::Subcommand;

use super::context::Context;
use super::exit::CliError;

/// The commands about mail servers.
#[derive(Debug, Subcommand)]
pub enum Smtp {
    Domain(domain::Domain),
    Explain(explain::Explain),
    Probe(Box<probe::Probe>),
    Session(session::Session),
}

impl Smtp {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        match self {
            Self::Domain(domain) => domain.run(context).await,
            Self::Explain(explain) => explain.run(),
            Self::Probe(probe) => probe.run(context).await,
            Self::Session(session) => session.run(context).await,
        }
    }
}
