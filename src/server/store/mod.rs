//! The only place with SQL: one [`Store`], transactions with a method for each thing the use cases need.
//!
//! One text of SQL for SQLite and PostgreSQL (`$1`, `RETURNING`, `ON CONFLICT`, bound times); what they say differently stands in
//! `dialect.rs`, how a statement reaches either in `driver.rs`. On PostgreSQL an account that is read in order to be changed is
//! locked, and it is the first thing of a transaction that is: whoever changes anything of an account waits there for the others.
//! After it, in this order: an address ([`Tx::lock_address`]), the mail, its attempts, its request, tokens and sessions. What is burnt,
//! claimed or ended is so by one conditional statement, and who changes many rows locks them in the order of their ids or passes over
//! those that are locked. Before the account come only what was typed ([`Tx::lock_typed`]) and a bucket of the limits, in this order. A
//! deadlock that happens all the same is [`StoreError::Busy`].

mod accounts;
mod admin;
mod attempts;
mod audit;
mod claims;
mod commit;
mod copy;
mod dialect;
mod driver;
mod error;
mod limits;
mod mails;
mod opening;
mod outbox;
mod pools;
mod presence;
mod probes;
mod requests;
mod reset_sessions;
mod retention;
mod schema;
mod sign_in_sessions;
mod stand_ins;
mod time;
mod tokens;

pub use accounts::{Account, NewAccount};
pub use attempts::{Arrival, AttemptEnd, AttemptOutcome, AttemptRow};
pub use audit::{AuditEvent, AuditFilter, AuditRow, Outcome};
pub use claims::{Due, QueuedMail};
pub use copy::Copied;
pub use error::{StoreError, Unique};
pub use mails::{MailCounts, MailFilter, MailRow, MailState};
pub use outbox::{MailEnd, NewMail};
pub use pools::Store;
pub use presence::{BEAT, Presence};
pub use probes::{NewProbe, ProbeFailure, ProbeRow, StoredProbe};
pub use requests::{NewRequest, RequestState, ResetRequest, StartedBy};
pub use reset_sessions::StoredResetSession;
pub use retention::Old;
pub use schema::{SchemaStep, StepState, WrongSchema};
pub use sign_in_sessions::SignInSession;
pub use stand_ins::{Named, StandIn};
pub use tokens::{NewToken, Replaced, StoredToken, TokenPurpose};

use driver::{Inner, Row};

/// What every store method answers.
pub type Result<T> = std::result::Result<T, StoreError>;

/// One transaction. Its methods stand in the file of the table they are about.
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    /// Whether it may write.
    writes: bool,
    /// Where to ask what became of it, should the answer to its COMMIT get lost: on PostgreSQL, where it may write.
    pool: Option<sqlx::PgPool>,
    /// The id of the last row of the audit that it wrote: by that it is known again.
    last_audit: Option<String>,
}

/// Counts are small and never negative; the columns are BIGINT on both databases.
fn count(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}
