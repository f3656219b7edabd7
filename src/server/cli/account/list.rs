//! `postern account list`: everybody, by username.

use clap::Args;

use super::{Seen, state};
use crate::server::cli::context::Context;
use crate::server::cli::exit::CliError;
use crate::server::cli::output;

/// So many are read at once.
const PAGE: u32 = 500;

/// List all accounts by username.
#[derive(Debug, Args)]
pub struct List {
    /// As one JSON array
    #[arg(long)]
    json: bool,
}

impl List {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let service = context.service().await?;
        let now = service.now();
        let mut tx = service.store.read().await?;
        let mut accounts = Vec::new();
        loop {
            let offset = u32::try_from(accounts.len()).unwrap_or(u32::MAX);
            let page = tx.accounts(PAGE, offset).await?;
            let last = page.len() < PAGE as usize;
            accounts.extend(page);
            if last {
                break;
            }
        }
        if self.json {
            let seen: Vec<_> = accounts
                .iter()
                .map(|account| Seen::new(account, now))
                .collect();
            return output::print_json(&seen);
        }
        let rows: Vec<_> = accounts
            .iter()
            .map(|account| {
                let operator = if account.operator { "yes" } else { "-" };
                let (name, email) = (account.username.clone(), account.email.clone());
                let created = output::time(account.created_at);
                [
                    name,
                    email,
                    state(account, now),
                    operator.to_owned(),
                    created,
                ]
            })
            .collect();
        output::print(&output::table(
            ["USERNAME", "ADDRESS", "STATE", "OPERATOR", "CREATED"],
            &rows,
        ))
    }
}
