//! `postern outbox resend` and `drop`: what support does to a mail that did not come, or must not go.

use clap::Args;

use super::or_dash;
use crate::server::caller::Caller;
use crate::server::cli::context::Context;
use crate::server::cli::exit::CliError;
use crate::server::cli::output;
use crate::server::mail::outbox::{self, Who};

/// Who the audit names.
const SUPPORT: &str = "support";

/// Queue a mail again, whatever became of it.
///
/// It gets a new send window and its attempts count from zero; the running server sends it. Whether it is still wanted is
/// decided then: a mail for an account that is locked, or whose password was set since, is not sent.
#[derive(Debug, Args)]
pub struct Resend {
    /// Its id, the first digits of it, or the reference of a reset request
    #[arg(value_name = "ID")]
    which: String,
}

/// Drop a mail that waits: it is not sent any more, and its link opens nothing.
#[derive(Debug, Args)]
pub struct Drop {
    /// Its id, the first digits of it, or the reference of a reset request
    #[arg(value_name = "ID")]
    which: String,
}

impl Resend {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let service = context.service().await?;
        let caller = Caller::internal("outbox");
        let name = SUPPORT;
        let who = Who {
            caller: &caller,
            name,
        };
        let mail = outbox::resend(&service, who, &self.which).await?;
        let to = or_dash(mail.recipient.as_deref());
        output::print(&format!(
            "{} mail {} to {to} is queued\n",
            mail.kind, mail.id
        ))?;
        eprintln!(
            "The running server sends it until {}.",
            output::time(mail.give_up_at)
        );
        Ok(())
    }
}

impl Drop {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let service = context.service().await?;
        let caller = Caller::internal("outbox");
        let name = SUPPORT;
        let who = Who {
            caller: &caller,
            name,
        };
        let mail = outbox::drop_mail(&service, who, &self.which).await?;
        output::print(&format!("{} mail {} is dropped\n", mail.kind, mail.id))
    }
}
