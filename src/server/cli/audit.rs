//! `postern audit list`: what happened, newest first.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::context::Context;
use super::exit::CliError;
use super::output;
use crate::server::accounts::admin;
use crate::server::store::{AuditFilter, AuditRow, Tx};

/// The commands about the audit trail.
#[derive(Debug, Subcommand)]
pub enum Audit {
    List(List),
}

const AFTER_HELP: &str = "\
Examples:
  postern audit list --account alice
  postern audit list --event authn_password_change --since 7d --json";

/// List events, newest first.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct List {
    /// Only those about this account: its username, address or id
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Only those of this name, such as reset_requested
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// Only those since then: how long ago (2h, 7d), a day, or a date and time in UTC
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// As one JSON array
    #[arg(long)]
    json: bool,
}

/// An event as `--json` shows it.
#[derive(Debug, Serialize)]
pub struct Event {
    pub at: String,
    pub event: String,
    pub outcome: String,
    pub reason: Option<String>,
    /// The username, while the account exists.
    pub account: Option<String>,
    pub account_id: Option<String>,
    pub client: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
}

impl Audit {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let Self::List(list) = self;
        let since = match &list.since {
            None => None,
            Some(text) => Some(
                output::parse_time(text, context.clock.now()).ok_or_else(|| {
                    let allowed = "write 2h, 7d, 2026-11-22 or 2026-11-22T10:00:00Z";
                    CliError::Usage(format!("--since {text:?} is no time: {allowed}"))
                })?,
            ),
        };
        let service = context.service().await?;
        let mut tx = service.store.read().await?;
        let account_id = match &list.account {
            None => None,
            // An account that is gone is still found by its id: events outlive accounts.
            Some(name) => match admin::find(&mut tx, name).await {
                Ok(account) => Some(account.id),
                Err(_) if is_id(name) => Some(name.clone()),
                Err(error) => return Err(error.into()),
            },
        };
        let filter = AuditFilter {
            account_id,
            event: list.event,
            since,
            limit: list.limit,
        };
        let rows = tx.audit_events(&filter).await?;
        let events = named(&mut tx, rows).await?;
        if list.json {
            output::print_json(&events)
        } else {
            output::print(&table(&events))
        }
    }
}

/// With the usernames, which events do not keep.
pub async fn named(tx: &mut Tx, rows: Vec<AuditRow>) -> Result<Vec<Event>, CliError> {
    let mut names: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(id) = row
            .account_id
            .as_ref()
            .filter(|id| !names.contains_key(*id))
        {
            let name = tx.account(id).await?.map(|account| account.username);
            names.insert(id.clone(), name);
        }
        let account = row
            .account_id
            .as_ref()
            .and_then(|id| names.get(id).cloned().flatten());
        events.push(Event {
            at: output::time(row.at),
            event: row.event,
            outcome: row.outcome,
            reason: row.reason,
            account,
            account_id: row.account_id,
            client: row.client,
            user_agent: row.user_agent,
            request_id: row.request_id,
        });
    }
    Ok(events)
}

/// Events as a table for people.
pub fn table(events: &[Event]) -> String {
    let cell = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let row = |event: &Event| {
        let account = event.account.clone().or_else(|| event.account_id.clone());
        let (at, name, outcome) = (event.at.clone(), event.event.clone(), event.outcome.clone());
        [
            at,
            name,
            outcome,
            cell(&event.reason),
            cell(&account),
            cell(&event.client),
        ]
    };
    let rows: Vec<_> = events.iter().map(row).collect();
    output::table(
        ["AT", "EVENT", "OUTCOME", "REASON", "ACCOUNT", "CLIENT"],
        &rows,
    )
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}
