//! How use cases put notices into the outbox: what to say as a few plain facts, to the address of that moment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::mail::{LockCause, MailKind};
use crate::domain::time::Timestamp;
use crate::server::failure::Done;
use crate::server::secrets;
use crate::server::store::{Account, NewMail, Tx};

/// How long a notice is worth sending: a relay may be down over a weekend.
pub const NOTICE_LIFE: Duration = Duration::from_secs(3 * 24 * 3600);

/// The facts of a notice, as JSON in the outbox. Never a secret.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Detail {
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Until when it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why an account was locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<LockCause>,
    /// Who asked for a test mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
}

/// Something happened at a time.
pub fn happened(at: Timestamp) -> Detail {
    Detail {
        at: Some(at),
        ..Detail::default()
    }
}

/// An account was locked.
pub fn locked(at: Timestamp, until: Timestamp, cause: LockCause) -> Detail {
    Detail {
        at: Some(at),
        until: Some(until),
        cause: Some(cause),
        ..Detail::default()
    }
}

/// Queues a notice to the account's address as it stands now.
///
/// # Errors
/// When the database or the operating system's randomness fails.
pub async fn notice(
    tx: &mut Tx,
    kind: MailKind,
    account: &Account,
    detail: &Detail,
    now: Timestamp,
    not_before: Timestamp,
) -> Done<()> {
    notice_to(tx, kind, account, &account.email, detail, now, not_before).await
}

/// Queues a notice about an account to an address.
///
/// # Errors
/// When the database or the operating system's randomness fails.
pub async fn notice_to(
    tx: &mut Tx,
    kind: MailKind,
    account: &Account,
    to: &str,
    detail: &Detail,
    now: Timestamp,
    not_before: Timestamp,
) -> Done<()> {
    queue(
        tx,
        kind,
        Some(&account.id),
        to,
        detail,
        now,
        not_before,
        not_before.plus(NOTICE_LIFE),
    )
    .await
}

/// Queues a mail.
///
/// # Errors
/// When the database or the operating system's randomness fails.
#[expect(
    clippy::too_many_arguments,
    reason = "one call for each fact of the row; its two callers name them"
)]
pub async fn queue(
    tx: &mut Tx,
    kind: MailKind,
    account_id: Option<&str>,
    to: &str,
    detail: &Detail,
    now: Timestamp,
    not_before: Timestamp,
    give_up_at: Timestamp,
) -> Done<()> {
    let detail = serde_json::to_string(detail)
        .map_err(|error| crate::server::failure::Failure::Fault(error.into()))?;
    let mail = NewMail {
        id: &secrets::random_id()?,
        kind,
        account_id,
        request_id: None,
        recipient: Some(to),
        detail: &detail,
        not_before,
        give_up_at,
        now,
    };
    Ok(tx.queue_mail(mail).await?)
}
