//! `postern account …`: what support does to accounts.

mod add;
mod freeze;
mod list;
mod reset;
mod show;
mod unlock;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::context::Context;
use super::exit::CliError;
use super::output;
use crate::domain::account::{AccountState, Lock};
use crate::domain::lockout::LockScope;
use crate::domain::time::Timestamp;
use crate::server::store;

/// The commands about accounts.
#[derive(Debug, Subcommand)]
pub enum Account {
    Add(add::Add),
    List(list::List),
    Show(show::Show),
    Unlock(unlock::Unlock),
    Freeze(freeze::Freeze),
    Unfreeze(freeze::Unfreeze),
    Reset(reset::Reset),
}

/// Which account.
#[derive(Debug, Args)]
pub struct Name {
    /// Its username, address or id
    #[arg(value_name = "NAME")]
    name: String,
}

impl Account {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        match self {
            Self::Add(add) => add.run(context).await,
            Self::List(list) => list.run(context).await,
            Self::Show(show) => show.run(context).await,
            Self::Unlock(unlock) => unlock.run(context).await,
            Self::Freeze(freeze) => freeze.run(context).await,
            Self::Unfreeze(unfreeze) => unfreeze.run(context).await,
            Self::Reset(reset) => reset.run(context).await,
        }
    }
}

/// An account as `--json` shows it.
#[derive(Debug, Serialize)]
struct Seen {
    username: String,
    email: String,
    id: String,
    /// "active", "frozen" or "locked".
    state: &'static str,
    /// "account" or "reset", while it is locked.
    locked: Option<&'static str>,
    locked_until: Option<String>,
    operator: bool,
    wrong_usernames: u32,
    sign_in_failures: u32,
    created_at: String,
    password_changed_at: String,
}

impl Seen {
    fn new(account: &store::Account, now: Timestamp) -> Self {
        let lock = running_lock(account, now);
        let state = match (account.state, lock) {
            (AccountState::Frozen, _) => "frozen",
            (AccountState::Active, Some(_)) => "locked",
            (AccountState::Active, None) => "active",
        };
        Self {
            username: account.username.clone(),
            email: account.email.clone(),
            id: account.id.clone(),
            state,
            locked: lock.map(|lock| lock.scope.name()),
            locked_until: lock.map(|lock| output::time(lock.until)),
            operator: account.operator,
            wrong_usernames: account.wrong_usernames,
            sign_in_failures: account.sign_in_failures,
            created_at: output::time(account.created_at),
            password_changed_at: output::time(account.password_changed_at),
        }
    }
}

/// The lock, while it lasts.
fn running_lock(account: &store::Account, now: Timestamp) -> Option<Lock> {
    account.lock.filter(|lock| lock.until > now)
}

/// The state in words.
fn state(account: &store::Account, now: Timestamp) -> String {
    let lock = running_lock(account, now).map(|lock| {
        let what = match lock.scope {
            LockScope::Account => "locked",
            LockScope::Reset => "resets locked",
            LockScope::SignIn => "sign-in locked",
        };
        format!("{what} until {}", output::time(lock.until))
    });
    match (account.state, lock) {
        (AccountState::Frozen, None) => "frozen".to_owned(),
        (AccountState::Frozen, Some(lock)) => format!("frozen, {lock}"),
        (AccountState::Active, None) => "active".to_owned(),
        (AccountState::Active, Some(lock)) => lock,
    }
}
