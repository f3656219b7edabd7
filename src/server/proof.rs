//! A mailed code and a username, for what such a pair opens beside the reset: a slip is forgiven twice, then the code is dead.

use crate::api::error::{ApiError, Field, FieldError, Reason};
use crate::domain::identifier::Username;
use crate::domain::lockout::{Verdict, judge};
use crate::domain::reset::alive;
use crate::domain::time::Timestamp;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::limits::Counted;
use crate::server::secrets::{Token, TokenHash};
use crate::server::service::Service;
use crate::server::store::{Account, AuditEvent, StoredToken, TokenPurpose, Tx};

/// What is proved, and the transaction in which the code was burnt: dropping it gives the code back.
pub struct Proved {
    pub tx: Tx,
    pub account: Account,
    pub token: StoredToken,
}

/// Burns the code if the username is its account's. `event` is what the audit calls the step.
///
/// # Errors
/// For a code that does not work, or a username that is not the account's; both are in the audit.
pub async fn prove(
    service: &Service,
    caller: &Caller,
    (purpose, event): (TokenPurpose, &'static str),
    code: &str,
    username: &str,
    now: Timestamp,
) -> Done<Proved> {
    let missing: Vec<FieldError> = [(Field::Token, code), (Field::Username, username)]
        .into_iter()
        .filter(|(_, text)| text.trim().is_empty())
        .map(|(field, _)| FieldError {
            field,
            reason: Reason::Required,
        })
        .collect();
    if !missing.is_empty() {
        return Err(ApiError::Fields(missing).into());
    }
    let (counted, begin) = (Counted::Token, service.store.begin());
    let mut tx = service
        .limits
        .ask(counted, caller.client, now, begin)
        .await?;
    let found = match Token::parse(code).map(|token| token.hash()) {
        Some(hash) => find(&mut tx, hash, purpose, now).await?,
        None => None,
    };
    let Some((hash, token, account)) = found else {
        return Err(unusable(service, caller, tx, event, now).await?.into());
    };
    if !Username::parse(username).is_ok_and(|name| name.as_str() == account.username) {
        if judge(token.wrong + 1, service.config.reset.wrong_usernames) == Verdict::Lock {
            tx.burn(hash, purpose).await?;
        } else {
            tx.count_wrong(hash).await?;
        }
        let refused = AuditEvent::refused(event, "wrong username").of(&account.id);
        tx.audit(caller, now, refused).await?;
        tx.commit().await?;
        return Err(ApiError::field(Field::Username, Reason::NotThatUsername).into());
    }
    if tx.burn(hash, purpose).await?.is_none() {
        // Swept between the look and now.
        return Err(unusable(service, caller, tx, event, now).await?.into());
    }
    Ok(Proved { tx, account, token })
}

/// Writes down that a code does not work, and counts it for the client.
///
/// # Errors
/// Beyond the limit, and when the database fails.
pub async fn unusable(
    service: &Service,
    caller: &Caller,
    mut tx: Tx,
    event: &'static str,
    now: Timestamp,
) -> Done<ApiError> {
    tx.audit(
        caller,
        now,
        AuditEvent::refused(event, "unknown, used or expired link"),
    )
    .await?;
    let counted = service
        .limits
        .count(&mut tx, Counted::Token, caller.client, now)
        .await?;
    service.limits.watch(&mut tx, caller, now).await?;
    tx.commit().await?;
    counted?;
    Ok(ApiError::unusable())
}

/// The token names the account, the account is locked, and then the token is looked at again: whoever came first may have spent it.
async fn find(
    tx: &mut Tx,
    hash: TokenHash,
    purpose: TokenPurpose,
    now: Timestamp,
) -> Done<Option<(TokenHash, StoredToken, Account)>> {
    let Some(id) = tx
        .token(hash, purpose)
        .await?
        .and_then(|token| token.account_id)
    else {
        return Ok(None);
    };
    let Some(account) = tx.account(&id).await? else {
        return Ok(None);
    };
    let token = tx
        .token(hash, purpose)
        .await?
        .filter(|token| alive(token.expires_at, now));
    Ok(token.map(|token| (hash, token, account)))
}
