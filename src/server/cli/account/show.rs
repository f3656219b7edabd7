//! `postern account show`: one account, its sessions, and what happened to it last.

use clap::Args;
use serde::Serialize;

use super::{Name, Seen, state};
use crate::server::accounts::admin;
use crate::server::cli::audit::{self, Event};
use crate::server::cli::context::Context;
use crate::server::cli::exit::CliError;
use crate::server::cli::output;
use crate::server::store::AuditFilter;

/// So many events are shown; `audit list` has them all.
const EVENTS: u32 = 10;

/// Show one account, its sessions and what happened last.
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    which: Name,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    account: Seen,
    sessions: usize,
    last_used_at: Option<String>,
    events: Vec<Event>,
}

impl Show {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let service = context.service().await?;
        let now = service.now();
        let mut tx = service.store.read().await?;
        let account = admin::find(&mut tx, &self.which.name).await?;
        let sessions = tx.sign_in_sessions(&account.id).await?;
        let account_id = Some(account.id.clone());
        let filter = AuditFilter {
            account_id,
            limit: EVENTS,
            ..AuditFilter::default()
        };
        let rows = tx.audit_events(&filter).await?;
        let shown = Shown {
            account: Seen::new(&account, now),
            sessions: sessions.len(),
            last_used_at: sessions
                .first()
                .map(|session| output::time(session.last_used_at)),
            events: audit::named(&mut tx, rows).await?,
        };
        if self.json {
            return output::print_json(&shown);
        }
        let seen = &shown.account;
        let mut text = output::facts(&[
            ("username", seen.username.clone()),
            ("address", seen.email.clone()),
            ("id", seen.id.clone()),
            ("state", state(&account, now)),
            (
                "operator",
                if seen.operator {
                    "yes, reset on the command line only"
                } else {
                    "no"
                }
                .to_owned(),
            ),
            ("created", seen.created_at.clone()),
            ("password changed", seen.password_changed_at.clone()),
            (
                "wrong usernames",
                format!("{} in a row", seen.wrong_usernames),
            ),
            (
                "failed sign-ins",
                format!("{} in a row", seen.sign_in_failures),
            ),
            ("sessions", sessions_in_words(&shown)),
        ]);
        if !shown.events.is_empty() {
            text.push_str("\nWhat happened last:\n");
            text.push_str(&audit::table(&shown.events));
        }
        output::print(&text)
    }
}

fn sessions_in_words(shown: &Shown) -> String {
    match &shown.last_used_at {
        Some(at) => format!("{}, last used {at}", shown.sessions),
        None => "none".to_owned(),
    }
}
