//! Sign-in sessions: who is signed in, where else, and out again.

use std::time::Duration;

use crate::api::error::ApiError;
use crate::domain::account::may_stay;
use crate::domain::time::Timestamp;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::secrets::Token;
use crate::server::service::Service;
use crate::server::store::{Account, AuditEvent, SignInSession};

/// How exact "last used" is: not every page view is worth a write.
const TOUCH_AFTER: Duration = Duration::from_secs(60);

/// Whose session the cookie is.
///
/// # Errors
/// [`ApiError::SignedOut`] where it is none, over, idle for too long, or of a shut account.
pub async fn authenticate(service: &Service, cookie: &Token) -> Done<Account> {
    let now = service.now();
    let mut tx = service.store.read().await?;
    let session = tx.sign_in_session(cookie.hash()).await?;
    let session = session.filter(|s| lives(s, service.config.session.idle, now));
    let session = session.ok_or(ApiError::SignedOut)?;
    let account = tx.account(&session.account_id).await?;
    let account = account
        .filter(|account| may_stay(account.state).is_ok())
        .ok_or(ApiError::SignedOut)?;
    drop(tx);
    if now.since(session.last_used_at) >= TOUCH_AFTER {
        let mut tx = service.store.begin().await?;
        tx.touch_sign_in_session(cookie.hash(), now).await?;
        tx.commit().await?;
    }
    Ok(account)
}

/// One row of the account page.
#[derive(Debug, Clone)]
pub struct Shown {
    pub session: SignInSession,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The account's living sessions, last used first.
///
/// # Errors
/// When the database is busy.
pub async fn list(service: &Service, account: &Account, cookie: &Token) -> Done<Vec<Shown>> {
    let now = service.now();
    let mut tx = service.store.read().await?;
    let sessions = tx.sign_in_sessions(&account.id).await?;
    let current = cookie.hash();
    let shown = sessions
        .into_iter()
        .filter(|s| lives(s, service.config.session.idle, now));
    Ok(shown
        .map(|s| Shown {
            current: s.hash == current.as_bytes(),
            session: s,
        })
        .collect())
}

/// Ends the session of this browser.
///
/// # Errors
/// When the database is busy.
pub async fn sign_out(service: &Service, caller: &Caller, cookie: &Token) -> Done<()> {
    let mut tx = service.store.begin().await?;
    if let Some(session) = tx.sign_in_session(cookie.hash()).await?
        && tx.end_sign_in_session(cookie.hash()).await?
    {
        let event = AuditEvent::allowed("authn_logout").of(&session.account_id);
        tx.audit(caller, service.now(), event).await?;
    }
    Ok(tx.commit().await?)
}

/// Ends every session of the account but this one.
///
/// # Errors
/// When the database is busy.
pub async fn end_others(
    service: &Service,
    caller: &Caller,
    account: &Account,
    cookie: &Token,
) -> Done<u64> {
    let mut tx = service.store.begin().await?;
    tx.account(&account.id).await?;
    // A reset may have come first: then this session is gone, and so is its say.
    if tx.sign_in_session(cookie.hash()).await?.is_none() {
        return Err(ApiError::SignedOut.into());
    }
    let ended = tx.end_other_sessions(&account.id, cookie.hash()).await?;
    let event = AuditEvent::allowed("session_end_others").of(&account.id);
    tx.audit(caller, service.now(), event).await?;
    tx.commit().await?;
    Ok(ended)
}

fn lives(session: &SignInSession, idle: Duration, now: Timestamp) -> bool {
    session.expires_at > now && session.last_used_at.plus(idle) > now
}
