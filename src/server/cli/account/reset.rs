//! `postern account reset`: a reset that support starts; an operator's own never goes by mail.

use clap::Args;

use super::Name;
use crate::server::accounts::admin;
use crate::server::cli::context::Context;
use crate::server::cli::exit::CliError;
use crate::server::cli::{output, password};

/// Start a reset: by mail, or for an operator's account by a new password here.
///
/// An ordinary account gets the usual mail, from the running server. An operator's account gets its new
/// password on this command line, which ends its sessions; the owner is told by mail.
#[derive(Debug, Args)]
pub struct Reset {
    #[command(flatten)]
    which: Name,
    /// Read an operator's new password from standard input instead of asking for it
    #[arg(long)]
    password_stdin: bool,
}

impl Reset {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let service = context.service().await?;
        let account = admin::resettable(&service, &self.which.name).await?;
        let name = &account.username;
        if account.operator {
            let password = password::ask(name, self.password_stdin)?;
            admin::set_password(&service, &account, password).await?;
            return output::print(&format!(
                "{name} has a new password; all sessions are ended\n"
            ));
        }
        if self.password_stdin {
            let words = format!("{name} is no operator: the owner chooses the password, by mail");
            return Err(CliError::Refused(words));
        }
        let reference = admin::start_reset(&service, &account).await?;
        output::print(&format!("reset {reference} of {name} is queued\n"))?;
        eprintln!("The running server sends the mail to {}.", account.email);
        Ok(())
    }
}
