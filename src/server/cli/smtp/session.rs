//! `postern smtp session`: SMTP typed by hand, over TLS too.

use std::io::BufRead;
use std::sync::Arc;

use clap::Args;

use super::reach::Reach;
use crate::server::cli::context::Context;
use crate::server::cli::exit::{CliError, Exit};
use crate::server::cli::output::print;
use crate::server::probe;
use crate::server::smtp::client::{Dialogue, StopAfter};

/// Type SMTP commands to a mail server and read its replies.
#[derive(Debug, Args)]
pub struct Session {
    #[command(flatten)]
    reach: Reach,
}

impl Session {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let target = Arc::new(self.reach.target(context, None, false)?);
        let recorder = probe::begin(&target, context.clock.now());
        let mut dialogue = match Dialogue::open(target, recorder, StopAfter::Connect).await {
            Ok(dialogue) => dialogue,
            Err(evidence) => {
                eprintln!("{evidence}");
                return Err(CliError::Said(Exit::of(
                    crate::domain::smtp::diagnosis::diagnose(&evidence),
                )));
            }
        };
        for line in std::io::stdin().lock().lines() {
            match dialogue.say(&line?, false).await {
                Ok(reply) => print(&format!("{reply}\n"))?,
                Err(evidence) => return print(&format!("{evidence}\n")),
            }
        }
        dialogue.quit().await;
        Ok(())
    }
}
