//! Changing the password while signed in: the current one is asked for, every other way in ends, the owner is told.

use crate::api::error::{ApiError, Field, Reason};
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::limits::Counted;
use crate::server::recovery::password::{known, notices};
use crate::server::secrets::{Secret, Token};
use crate::server::service::Service;
use crate::server::store::{Account, AuditEvent, Outcome};

use super::sign_in;

/// Sets a new password.
///
/// # Errors
/// For a wrong current password or a refused new one.
pub async fn change(
    service: &Service,
    caller: &Caller,
    account: &Account,
    cookie: &Token,
    current: Secret,
    password: Secret,
) -> Done<()> {
    confirm(service, caller, account, &current).await?;
    let accepted = service
        .judge
        .accept(password, known(service, account))
        .await?;
    let hash = service.hasher.hash(accepted).await?;
    let now = service.now();
    let mut tx = service.store.begin().await?;
    // A reset may have come first: then this session is gone, and so is its say.
    if tx.sign_in_session(cookie.hash()).await?.is_none() {
        return Err(ApiError::SignedOut.into());
    }
    tx.set_password(&account.id, &hash, now).await?;
    tx.revoke_all(&account.id, Some(cookie.hash().as_bytes()))
        .await?;
    notices(service, &mut tx, account, now).await?;
    let event = AuditEvent {
        event: "authn_password_change",
        outcome: Outcome::Allowed,
        reason: Some("account page"),
        account_id: Some(&account.id),
    };
    tx.audit(caller, now, event).await?;
    tx.commit().await?;
    service.mail_queued.notify_one();
    Ok(())
}

/// Asks for the current password again, with the same count and delays as a sign-in.
///
/// # Errors
/// The field's error, also while the account's delay runs.
pub async fn confirm(
    service: &Service,
    caller: &Caller,
    account: &Account,
    current: &Secret,
) -> Done<()> {
    let now = service.now();
    if current.expose().is_empty() {
        return Err(ApiError::field(Field::CurrentPassword, Reason::Required).into());
    }
    service.limits.ask(Counted::SignIn, caller.client, now)?;
    let right = sign_in::verify(service, Some(account), current).await?;
    let mut tx = service.store.begin().await?;
    let Some(account) = tx.account(&account.id).await? else {
        return Err(ApiError::SignedOut.into());
    };
    if account.sign_in_not_before > now {
        let wait = account.sign_in_not_before.since(now).as_secs();
        let retry_after = u32::try_from(wait).unwrap_or(u32::MAX).saturating_add(1);
        return Err(ApiError::RateLimited { retry_after }.into());
    }
    if right {
        return Ok(());
    }
    sign_in::failed(service, &mut tx, caller, &account, now).await?;
    tx.commit().await?;
    service.mail_queued.notify_one();
    service
        .limits
        .take(Counted::SignIn, caller.client, None, now)?;
    Err(ApiError::field(Field::CurrentPassword, Reason::WrongPassword).into())
}
