//! What people do with mails in the outbox, from the console and the command line: find one, send it again, drop it.

use std::time::Duration;

use super::{queue, test_mail};
use crate::domain::mail::MailKind;
use crate::domain::reference::Reference;
use crate::domain::time::Timestamp;
use crate::server::caller::Caller;
use crate::server::failure::Failure;
use crate::server::service::Service;
use crate::server::store::{
    Arrival, AuditEvent, MailEnd, MailFilter, MailRow, MailState, Outcome, RequestState,
    StoreError, Tx,
};

/// Who does it.
#[derive(Debug, Clone, Copy)]
pub struct Who<'a> {
    pub caller: &'a Caller,
    /// An operator's username, or `support` for the command line.
    pub name: &'a str,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// No mail has this id or reference.
    #[error(
        "there is no mail {0:?}; write its id, the first digits of it, or a request's reference"
    )]
    Unknown(String),
    /// Several have.
    #[error("{0:?} is the beginning of more than one id")]
    Ambiguous(String),
    /// A worker has it: two would send it, or it would be dropped while it leaves.
    #[error("this mail is being sent right now; try again in a moment")]
    Sending,
    /// A rule forbids it, in words for people.
    #[error("{0}")]
    Refused(&'static str),
    /// As everywhere.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for OutboxError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// The mail of that id, of the only id that begins so, or the newest of that request.
///
/// # Errors
/// When there is none, or more than one.
pub async fn find(tx: &mut Tx, which: &str) -> Result<MailRow, OutboxError> {
    let which = which.trim();
    let id = which.to_ascii_lowercase();
    if (4..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_hexdigit()) {
        let mut found = tx.mails_by_prefix(&id).await?;
        match (found.pop(), found.is_empty()) {
            (Some(mail), true) => return Ok(mail),
            (Some(_), false) => return Err(OutboxError::Ambiguous(which.to_owned())),
            (None, _) => {}
        }
    }
    // Digits alone may be a reference too.
    if let Some(reference) = Reference::parse(which) {
        let filter = MailFilter {
            reference: Some(reference.as_str().to_owned()),
            limit: 1,
            ..MailFilter::default()
        };
        if let Some(mail) = tx.mails(&filter).await?.pop() {
            return Ok(mail);
        }
    }
    Err(OutboxError::Unknown(which.to_owned()))
}

/// Finds a mail in order to change it: the account first, where it has one, then its own row; and looks again, as a worker may have
/// taken it meanwhile.
async fn find_and_lock(tx: &mut Tx, which: &str) -> Result<MailRow, OutboxError> {
    let mail = find(tx, which).await?;
    if let Some(account) = &mail.account_id {
        tx.account(account).await?;
    }
    tx.lock_mail(&mail.id).await?;
    let unknown = || OutboxError::Unknown(which.trim().to_owned());
    tx.mail_row(&mail.id).await?.ok_or_else(unknown)
}

/// Queues a mail anew, whatever became of it: a new window, attempts from zero. Whether it is still wanted, and to which address it
/// goes, is decided at the sending, as for any other.
///
/// # Errors
/// When there is no such mail, a worker has it, or what it would open was used.
pub async fn resend(service: &Service, who: Who<'_>, which: &str) -> Result<MailRow, OutboxError> {
    let now = service.now();
    let mut tx = service.store.begin().await?;
    let mail = find_and_lock(&mut tx, which).await?;
    if mail.is_being_sent(now) {
        return Err(OutboxError::Sending);
    }
    let Some(kind) = MailKind::from_name(&mail.kind) else {
        return Err(OutboxError::Refused(
            "this mail is of a kind that this version does not know",
        ));
    };
    // A reminder that is to come tomorrow, tomorrow.
    let untried = mail.state == MailState::Queued && mail.attempts == 0 && !mail.held;
    if untried && mail.not_before > now && mail.request_id.is_none() {
        return Err(OutboxError::Refused(
            "this mail waits for its time, which has not come yet",
        ));
    }
    if let Some(why) = superseded(service, &mut tx, kind, &mail, now).await? {
        return Err(OutboxError::Refused(why));
    }
    if let Some(request) = &mail.request_id
        && !tx.reopen_request(request).await?
    {
        return Err(OutboxError::Refused(
            "this reset was done already: a new password was set",
        ));
    }
    tx.requeue_mail(&mail.id, now.plus(life(service, kind)), now)
        .await?;
    note(&mut tx, who, &mail, "mail_resent", now).await?;
    let mail = tx.mail_row(&mail.id).await?.unwrap_or(mail);
    tx.commit().await?;
    service.mail_queued.notify_one();
    Ok(mail)
}

/// Why a mail is no more to be sent, where what it says is over; in words for people.
async fn superseded(
    service: &Service,
    tx: &mut Tx,
    kind: MailKind,
    mail: &MailRow,
    now: Timestamp,
) -> Result<Option<&'static str>, OutboxError> {
    match (kind, &mail.account_id) {
        (MailKind::VerifyAddress, Some(account)) => {
            let since = mail.created_at;
            // The notice is queued with the change.
            if tx
                .queued_since(MailKind::AddressChanged, account, since)
                .await?
            {
                return Ok(Some(
                    "the account's address was changed since: this link would change it again",
                ));
            }
            if tx
                .queued_since(MailKind::VerifyAddress, account, since)
                .await?
            {
                return Ok(Some(
                    "there is a newer mail to verify an address of this account: send that one again",
                ));
            }
            Ok(None)
        }
        (
            MailKind::PasswordChanged
            | MailKind::PasswordChangedReminder
            | MailKind::AddressChanged
            | MailKind::AccountLocked
            | MailKind::AccountFrozen,
            _,
        ) => {
            let useful = queue::NOTICE_LIFE + service.config.reset.not_me_lifetime;
            Ok((now.since(mail.created_at) > useful).then_some(
                "this notice is too old: a \"this was not me\" link in it would be over",
            ))
        }
        _ => Ok(None),
    }
}

/// Drops a mail that waits: it is not sent any more, and its token opens nothing, unless it is one that was accepted before it was
/// queued by hand: then the sending is dropped, not the link that is in the mailbox. A loss alone does not save a token here: whoever
/// drops what may have come does not want it.
///
/// # Errors
/// When there is no such mail, a worker has it, or it is over.
pub async fn drop_mail(
    service: &Service,
    who: Who<'_>,
    which: &str,
) -> Result<MailRow, OutboxError> {
    let now = service.now();
    let mut tx = service.store.begin().await?;
    let mail = find_and_lock(&mut tx, which).await?;
    if mail.is_being_sent(now) {
        return Err(OutboxError::Sending);
    }
    if mail.state != MailState::Queued {
        return Err(OutboxError::Refused(
            "this mail does not wait: only what is queued or held can be dropped",
        ));
    }
    let reason = format!("dropped by {}", who.name);
    tx.end_mail(&mail.id, MailEnd::Discarded, Some(&reason), now)
        .await?;
    if let Some(request) = &mail.request_id {
        let state = RequestState::Discarded;
        tx.set_request_state(request, state, Some(&reason), None, now)
            .await?;
        if tx.arrival(&mail.id).await? != Arrival::Accepted {
            tx.burn_of_request(request).await?;
        }
    }
    note(&mut tx, who, &mail, "mail_dropped", now).await?;
    let mail = tx.mail_row(&mail.id).await?.unwrap_or(mail);
    tx.commit().await?;
    Ok(mail)
}

/// How long a mail of that kind is worth sending.
fn life(service: &Service, kind: MailKind) -> Duration {
    match kind {
        MailKind::Reset | MailKind::SignUp | MailKind::SignUpKnown | MailKind::VerifyAddress => {
            service.config.reset.send_window
        }
        MailKind::Test => test_mail::LIFE,
        MailKind::PasswordChanged
        | MailKind::PasswordChangedReminder
        | MailKind::AccountLocked
        | MailKind::AddressChanged
        | MailKind::AccountFrozen => queue::NOTICE_LIFE,
    }
}

async fn note(
    tx: &mut Tx,
    who: Who<'_>,
    mail: &MailRow,
    event: &'static str,
    now: Timestamp,
) -> Result<(), OutboxError> {
    let reason = format!("{}: by {}, mail {}", mail.kind, who.name, mail.id);
    let event = AuditEvent {
        event,
        outcome: Outcome::Allowed,
        reason: Some(&reason),
        account_id: mail.account_id.as_deref(),
    };
    // By the reference support finds everything about a request.
    let about = mail
        .reference
        .as_deref()
        .map(|reference| who.caller.about(reference));
    Ok(tx
        .audit(about.as_ref().unwrap_or(who.caller), now, event)
        .await?)
}
