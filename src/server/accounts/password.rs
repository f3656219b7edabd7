//! Changing the password while signed in: the current one is asked for, every other way in ends, the owner is told.

use crate::api::error::{ApiError, Field, Reason};
use crate::server::caller::Caller;
use crate::server::failure::{Done, Failure};
use crate::server::limits::Counted;
use crate::server::recovery::password::{known, notices};
use crate::server::secrets::{Secret, Token};
use crate::server::service::Service;
use crate::server::store::{Account, AuditEvent};

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
    let accepted = match service
        .judge
        .accept(password, known(service, account))
        .await
    {
        Ok(accepted) => accepted,
        Err(Failure::Refused(busy @ ApiError::Busy { .. })) => return Err(busy.into()),
        Err(refused) => {
            let mut tx = service.store.begin().await?;
            let event = AuditEvent::refused("authn_password_change", "refused by policy");
            tx.audit(caller, service.now(), event.of(&account.id))
                .await?;
            tx.commit().await?;
            return Err(refused);
        }
    };
    let hash = service.hasher.hash(accepted).await?;
    let now = service.now();
    let mut tx = service.store.begin().await?;
    let account = tx.account(&account.id).await?;
    let account = &account.ok_or(ApiError::SignedOut)?;
    // A reset may have come first: then this session is gone, and so is its say.
    if tx.sign_in_session(cookie.hash()).await?.is_none() {
        return Err(ApiError::SignedOut.into());
    }
    tx.set_password(&account.id, &hash, now).await?;
    tx.revoke_all(caller, &account.id, Some(cookie.hash().as_bytes()), now)
        .await?;
    notices(service, &mut tx, account, now).await?;
    let event = AuditEvent::allowed("authn_password_change")
        .because("account page")
        .of(&account.id);
    tx.audit(caller, now, event).await?;
    tx.commit().await?;
    service.mail_queued.notify_one();
    Ok(())
}

/// Asks for the current password again. Its tries are counted for the account's own sessions: what strangers try at the sign-in
/// page does not keep an owner from changing the password.
///
/// # Errors
/// The field's error, or beyond the limit.
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
    // Before the hash, which takes its time: no transaction is held meanwhile.
    let (counted, begin) = (Counted::Confirm, service.store.begin());
    let tx = service
        .limits
        .take(counted, None, Some(&account.id), now, begin)
        .await?;
    tx.commit().await?;
    let right = sign_in::verify(service, Some(account), current).await?;
    let mut tx = service.store.begin().await?;
    let before = &account.password_hash;
    let account = tx
        .account(&account.id)
        .await?
        .filter(|now| now.password_hash == *before);
    let Some(account) = account else {
        return Err(ApiError::SignedOut.into());
    };
    if right {
        return Ok(());
    }
    let owed = sign_in::failed(service, &mut tx, caller, &account, now).await?;
    tx.commit().await?;
    if owed {
        service.mail_queued.notify_one();
    }
    Err(ApiError::field(Field::CurrentPassword, Reason::WrongPassword).into())
}
