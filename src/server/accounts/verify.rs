//! Sign-up, second half: whoever holds the mailed link chooses a username and a password. A slip does not spend the link.

use crate::api::error::{ApiError, Field, FieldError, Reason, unfit};
use crate::domain::identifier::{EmailAddress, Identifier, Username};
use crate::domain::reset::alive;
use crate::server::caller::Caller;
use crate::server::failure::{Done, Failure};
use crate::server::limits::Counted;
use crate::server::proof::unusable;
use crate::server::secrets::{self, Secret, Token};
use crate::server::service::Service;
use crate::server::store::{AuditEvent, NewAccount, StoreError, TokenPurpose, Unique};

/// What the audit calls it.
const EVENT: &str = "account_created";

/// Makes the account.
///
/// # Errors
/// For a link that does not work, a username that does not fit or is taken, or a password that is refused.
pub async fn create(
    service: &Service,
    caller: &Caller,
    code: &str,
    typed: &str,
    password: Secret,
) -> Done<()> {
    let now = service.now();
    if code.trim().is_empty() {
        return Err(ApiError::field(Field::Token, Reason::Required).into());
    }
    let hash = Token::parse(code).map(|token| token.hash());
    let (counted, read) = (Counted::Token, service.store.read());
    let mut tx = service
        .limits
        .ask(counted, caller.client, now, read)
        .await?;
    let stored = match hash {
        Some(hash) => tx
            .token(hash, TokenPurpose::SignUp)
            .await?
            .map(|stored| (hash, stored)),
        None => None,
    };
    let live = stored.filter(|(_, stored)| alive(stored.expires_at, now));
    let address = live.and_then(|(hash, s)| Some((hash, EmailAddress::parse(&s.address?).ok()?)));
    let Some((hash, address)) = address else {
        drop(tx);
        let tx = service.store.begin().await?;
        return Err(unusable(service, caller, tx, EVENT, now).await?.into());
    };
    let mut errors = Vec::new();
    let username = Username::parse(typed).map_err(|why| unfit(Field::Username, why));
    if let Ok(username) = &username {
        // Told only here, to who has just proved an address; and counted, so that a list of names cannot be tried.
        let taken = tx
            .account_by(&Identifier::Username(username.clone()))
            .await?;
        drop(tx);
        if taken.is_some() {
            let (counted, by_address) = (Counted::Taken, Some(address.key()));
            let begin = service.store.begin();
            let tx = service
                .limits
                .take(counted, caller.client, by_address, now, begin)
                .await?;
            tx.commit().await?;
            errors.push(FieldError {
                field: Field::Username,
                reason: Reason::Taken,
            });
        }
    } else {
        drop(tx);
    }
    let username = username.map_err(|error| errors.push(error)).ok();
    let names = vec![
        typed.to_owned(),
        address.as_str().to_owned(),
        service.config.site.name.clone(),
    ];
    let accepted = match service.judge.accept(password, names).await {
        Ok(accepted) => Some(accepted),
        Err(Failure::Refused(ApiError::Fields(more))) => {
            errors.extend(more);
            None
        }
        Err(other) => return Err(other),
    };
    let (Some(username), Some(accepted), true) = (username, accepted, errors.is_empty()) else {
        let mut tx = service.store.begin().await?;
        let event = AuditEvent::refused(EVENT, "username or password refused");
        tx.audit(caller, service.now(), event).await?;
        tx.commit().await?;
        return Err(ApiError::Fields(errors).into());
    };
    let password_hash = service.hasher.hash(accepted).await?;

    let now = service.now();
    let mut tx = service.store.begin().await?;
    let burnt = tx.burn(hash, TokenPurpose::SignUp).await?;
    if !burnt.is_some_and(|burnt| alive(burnt.expires_at, now)) {
        return Err(ApiError::unusable().into());
    }
    let id = secrets::random_id()?;
    let new = NewAccount {
        id: &id,
        username: &username,
        email: &address,
        password_hash: &password_hash,
        operator: false,
        now,
    };
    match tx.add_account(new).await {
        Ok(()) => {}
        // Dropping the transaction gives the link back.
        Err(StoreError::Taken(Unique::Username)) => {
            return Err(ApiError::field(Field::Username, Reason::Taken).into());
        }
        Err(StoreError::Taken(Unique::Email)) => return Err(ApiError::unusable().into()),
        Err(other) => return Err(other.into()),
    }
    let event = AuditEvent::allowed(EVENT).of(&id);
    tx.audit(caller, now, event).await?;
    Ok(tx.commit().await?)
}
