//! `postern account unlock`: the end of a lock, before its time.

use clap::Args;

use super::Name;
use crate::server::accounts::admin;
use crate::server::cli::context::Context;
use crate::server::cli::exit::CliError;
use crate::server::cli::output;

/// End a lock, and forget failed tries.
///
/// Failed tries are wrong usernames at a reset and failed sign-ins. A frozen account stays frozen.
#[derive(Debug, Args)]
pub struct Unlock {
    #[command(flatten)]
    which: Name,
}

impl Unlock {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let service = context.service().await?;
        let done = admin::unlock(&service, &self.which.name).await?;
        let name = done.account.username;
        let news = if done.changed {
            "is unlocked"
        } else {
            "was not locked; failed tries are forgotten"
        };
        output::print(&format!("{name} {news}\n"))
    }
}
