//! `postern account add`: an account with a password, without a mail.

use clap::Args;

use crate::domain::identifier::{EmailAddress, Username};
use crate::server::accounts::admin;
use crate::server::cli::context::Context;
use crate::server::cli::exit::CliError;
use crate::server::cli::{output, password};
use crate::server::idn;

const AFTER_HELP: &str = "\
Examples:
  postern account add alice alice@example.org              asks for the password, twice
  postern account add root ops@example.org --operator
  printf %s \"$PASSWORD\" | postern account add alice alice@example.org --password-stdin";

/// Add an account with a password.
///
/// The address counts as verified: be sure that it is this person's.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Add {
    /// 3 to 32 of a-z, 0-9, dot, underscore and hyphen
    #[arg(value_name = "USERNAME")]
    username: String,
    /// Where mails about the account go
    #[arg(value_name = "EMAIL")]
    email: String,
    /// An operator's account: its password is reset on this command line only, never by mail
    #[arg(long)]
    operator: bool,
    /// Read the password from standard input instead of asking for it
    #[arg(long)]
    password_stdin: bool,
}

impl Add {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let username = Username::parse(&self.username).map_err(|_| {
            let allowed = "3 to 32 of a-z, 0-9, dot, underscore and hyphen";
            CliError::Usage(format!("{:?} is no username: {allowed}", self.username))
        })?;
        let email = EmailAddress::parse(&idn::address(&self.email))
            .map_err(|_| CliError::Usage(format!("{:?} is no address", self.email)))?;
        let service = context.service().await?;
        // Before the password is asked for: nobody types one twice for nothing.
        admin::free(&service, &username, &email).await?;
        let password = password::ask(username.as_str(), self.password_stdin)?;
        admin::add(&service, &username, &email, self.operator, password).await?;
        let operator = if self.operator { " (operator)" } else { "" };
        output::print(&format!(
            "added {username} <{}>{operator}\n",
            email.as_str()
        ))
    }
}
