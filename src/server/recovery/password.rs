//! Steps 6 to 8: the new password is judged, and one transaction makes it count: old or new, never neither.

use crate::api::error::ApiError;
use crate::domain::account::may_reset;
use crate::domain::mail::MailKind;
use crate::domain::reset::{ResetSession, alive};
use crate::domain::time::Timestamp;
use crate::server::caller::Caller;
use crate::server::failure::{Done, Failure};
use crate::server::mail::queue;
use crate::server::secrets::{Secret, Token};
use crate::server::service::Service;
use crate::server::store::{Account, AuditEvent, Outcome, RequestState, StoredResetSession, Tx};

/// Whose new password may be set in this browser.
///
/// # Errors
/// [`ApiError::ResetOver`] where the session is not there, not verified, or over.
pub async fn standing(service: &Service, cookie: &Token) -> Done<Account> {
    let mut tx = service.store.read().await?;
    let (_, account) = verified(&mut tx, cookie, service.now()).await?;
    Ok(account)
}

/// Sets the new password.
///
/// # Errors
/// [`ApiError::ResetOver`], or the password's refusal, which leaves the session as it was.
pub async fn set(service: &Service, caller: &Caller, cookie: &Token, password: Secret) -> Done<()> {
    let now = service.now();
    let mut tx = service.store.read().await?;
    let standing = verified(&mut tx, cookie, now).await;
    drop(tx);
    let (_, account) = match standing {
        Err(Failure::Refused(ApiError::ResetOver)) => {
            return too_late(service.store.begin().await?, caller, now).await;
        }
        other => other?,
    };
    let inputs = known(service, &account);
    let accepted = match service.judge.accept(password, inputs).await {
        Ok(accepted) => accepted,
        // Who is sent away because too many wait was not judged, and must not cost the database anything.
        Err(Failure::Refused(busy @ ApiError::Busy { .. })) => return Err(busy.into()),
        Err(refused) => {
            note(
                service,
                caller,
                "authn_password_change",
                "refused by policy",
                &account.id,
            )
            .await?;
            return Err(refused);
        }
    };
    let hash = service.hasher.hash(accepted).await?;

    // Everything is looked at again: hashing took its time.
    let now = service.now();
    let mut tx = service.store.begin().await?;
    let (session, account) = match verified(&mut tx, cookie, now).await {
        // A busy database is refused as well; what it says is no news of the session's.
        Err(Failure::Refused(ApiError::ResetOver)) => return too_late(tx, caller, now).await,
        other => other?,
    };
    if !tx.end_reset_session(cookie.hash()).await? {
        return too_late(tx, caller, now).await;
    }
    tx.set_password(&account.id, &hash, now).await?;
    tx.revoke_all(caller, &account.id, None, now).await?;
    if let Some(request) = &session.request_id {
        tx.set_request_state(request, RequestState::Used, None, None, now)
            .await?;
    }
    notices(service, &mut tx, &account, now).await?;
    let event = AuditEvent::allowed("authn_password_change")
        .because("reset")
        .of(&account.id);
    tx.audit(caller, now, event).await?;
    tx.commit().await?;
    service.mail_queued.notify_one();
    Ok(())
}

/// Writes down that a password came without a session that may set it, or after another one.
async fn too_late(mut tx: Tx, caller: &Caller, now: Timestamp) -> Done<()> {
    let event = AuditEvent::refused("sequence_fail", "no verified reset session");
    tx.audit(caller, now, event).await?;
    tx.commit().await?;
    Err(ApiError::ResetOver.into())
}

/// The news of a changed password, now and once more later, to the address as it stands at this moment.
///
/// # Errors
/// When the database fails.
pub async fn notices(
    service: &Service,
    tx: &mut Tx,
    account: &Account,
    now: Timestamp,
) -> Done<()> {
    let later = now.plus(service.config.reset.second_notice_after);
    let detail = queue::happened(now);
    queue::notice(tx, MailKind::PasswordChanged, account, &detail, now, now).await?;
    queue::notice(
        tx,
        MailKind::PasswordChangedReminder,
        account,
        &detail,
        now,
        later,
    )
    .await
}

/// What an attacker would know of the account: its names must not carry a password.
pub fn known(service: &Service, account: &Account) -> Vec<String> {
    vec![
        account.username.clone(),
        account.email.clone(),
        service.config.site.name.clone(),
    ]
}

async fn verified(
    tx: &mut Tx,
    cookie: &Token,
    now: Timestamp,
) -> Done<(StoredResetSession, Account)> {
    let session = tx
        .reset_session(cookie.hash())
        .await?
        .filter(|s| alive(s.expires_at, now) && s.state == ResetSession::Verified)
        .ok_or(ApiError::ResetOver)?;
    let account = tx
        .account(&session.account_id)
        .await?
        .filter(|account| may_reset(account.state, account.lock, now).is_ok())
        .ok_or(ApiError::ResetOver)?;
    Ok((session, account))
}

async fn note(
    service: &Service,
    caller: &Caller,
    event: &'static str,
    reason: &'static str,
    account_id: &str,
) -> Done<()> {
    let mut tx = service.store.begin().await?;
    let account_id = Some(account_id);
    let event = AuditEvent {
        event,
        outcome: Outcome::Refused,
        reason: Some(reason),
        account_id,
    };
    tx.audit(caller, service.now(), event).await?;
    Ok(tx.commit().await?)
}
