//! `postern worker`: the outbox without the pages.

use clap::Args;

use super::context::Context;
use super::exit::CliError;
use super::stop::StopSignals;
use crate::server;

const AFTER_HELP: &str = "\
Examples:
  postern serve --no-worker      pages alone, on as many machines as you like
  postern worker                 the mail of all of them, from one process or several

It reads the same settings as the server, brings the database up to date, and stops on SIGTERM or
Ctrl+C after finishing the mail that it is sending. Any number may run over one PostgreSQL database:
each mail is claimed by one of them, and what one held when it died another takes up. It listens
nowhere; in development it sends to the mailbox of the server beside it.";

/// Send the mail that is due, without serving pages
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Worker {}

impl Worker {
    pub async fn run(self, context: Context) -> Result<(), CliError> {
        for warning in &context.warnings {
            tracing::warn!("{warning}");
        }
        let config = context.config;
        let mut stop = StopSignals::listen().map_err(anyhow::Error::from)?;
        let working = server::work((*config).clone(), context.clock).await?;
        let relay = format!("{}:{}", config.smtp.host, config.smtp.port);
        tracing::info!(database = %config.database.url, relay, "working on the outbox");
        stop.come().await;
        tracing::info!("stopping: finishing the mail that is being sent");
        working.stop().await;
        Ok(())
    }
}
