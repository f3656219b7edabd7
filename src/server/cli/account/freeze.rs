//! `postern account freeze` and `unfreeze`: stopped until support acts, and taken up again.

use clap::Args;

use super::Name;
use crate::domain::account::AccountState;
use crate::server::accounts::admin;
use crate::server::cli::context::Context;
use crate::server::cli::exit::CliError;
use crate::server::cli::output;

/// Stop an account: no sign-in and no reset, all sessions end.
///
/// It lasts until the account is unfrozen. Links that were mailed end as well.
#[derive(Debug, Args)]
pub struct Freeze {
    #[command(flatten)]
    which: Name,
}

/// Take a frozen account up again.
///
/// Its password is the one it had: where somebody else may know it, start a reset as well.
#[derive(Debug, Args)]
pub struct Unfreeze {
    #[command(flatten)]
    which: Name,
}

impl Freeze {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let service = context.service().await?;
        let done = admin::set_state(&service, &self.which.name, AccountState::Frozen).await?;
        let news = if done.changed {
            "is frozen"
        } else {
            "was frozen already"
        };
        output::print(&format!("{} {news}\n", done.account.username))
    }
}

impl Unfreeze {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let service = context.service().await?;
        let done = admin::set_state(&service, &self.which.name, AccountState::Active).await?;
        let name = done.account.username;
        if !done.changed {
            return output::print(&format!("{name} was not frozen\n"));
        }
        output::print(&format!("{name} is no longer frozen\n"))?;
        eprintln!(
            "Its password is the old one. If others may know it: postern account reset {name}"
        );
        Ok(())
    }
}
