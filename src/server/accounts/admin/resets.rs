//! Resets that support starts: by mail as any other, but an operator's own by a new password at once.

use super::{AdminError, Done, caller, find, note};
use crate::domain::account::{AccountState, may_reset};
use crate::domain::identifier::Identifier;
use crate::domain::reference::Reference;
use crate::server::recovery::password::{known, notices};
use crate::server::recovery::request;
use crate::server::secrets::Secret;
use crate::server::service::Service;
use crate::server::store::{Account, StartedBy};

/// The account, if a reset of it would go through. An operator's lock does not count: the new password ends it.
///
/// # Errors
/// When there is none, or it is frozen or locked; the words say what helps.
pub async fn resettable(service: &Service, name: &str) -> Done<Account> {
    let mut tx = service.store.read().await?;
    let account = find(&mut tx, name).await?;
    let lock = account.lock.filter(|_| !account.operator);
    match may_reset(account.state, lock, service.now()) {
        Ok(()) => Ok(account),
        Err(shut) => {
            let (name, reason) = (&account.username, shut.reason());
            let way = if account.state == AccountState::Frozen {
                "unfreeze"
            } else {
                "unlock"
            };
            let words = format!("{name} is {reason}; first: postern account {way} {name}");
            Err(AdminError::Refused(words))
        }
    }
}

/// Queues a reset that goes the way of any other, but for who asked.
///
/// # Errors
/// When the database fails.
pub async fn start_reset(service: &Service, account: &Account) -> Done<Reference> {
    let mut tx = service.store.begin().await?;
    let identifier = Identifier::from_stored(&format!("username:{}", account.username));
    let reference =
        request::write(service, &mut tx, &caller(), &identifier, StartedBy::Support).await?;
    note(service, &mut tx, "account_reset_started", &account.id).await?;
    tx.commit().await?;
    Ok(reference)
}

/// Sets an operator's new password, which ends all sessions and locks; the owner is told by mail.
///
/// # Errors
/// When the password is refused, or the account was changed meanwhile.
pub async fn set_password(service: &Service, account: &Account, password: Secret) -> Done<()> {
    let accepted = service
        .judge
        .accept(password, known(service, account))
        .await?;
    let hash = service.hasher.hash(accepted).await?;
    let now = service.now();
    let mut tx = service.store.begin().await?;
    // Hashing and typing took their time: it is looked at again.
    let account = find(&mut tx, &account.id).await?;
    if !account.operator || account.state == AccountState::Frozen {
        let words = format!(
            "{} was changed meanwhile, nothing was done",
            account.username
        );
        return Err(AdminError::Refused(words));
    }
    tx.set_password(&account.id, &hash, now).await?;
    tx.revoke_all(&caller(), &account.id, None, now).await?;
    notices(service, &mut tx, &account, now).await?;
    note(service, &mut tx, "authn_password_change", &account.id).await?;
    Ok(tx.commit().await?)
}
