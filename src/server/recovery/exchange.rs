//! Step 5: the first request that carries the token burns it and opens a reset session; the username is asked again.

use crate::api::error::{ApiError, Field, Reason};
use crate::domain::account::{Lock, may_reset};
use crate::domain::identifier::Username;
use crate::domain::lockout::LockScope;
use crate::domain::mail::{LockCause, MailKind};
use crate::domain::reset::{Exchange, alive, exchange as judge};
use crate::domain::time::Timestamp;
use crate::server::caller::Caller;
use crate::server::failure::{Done, Failure};
use crate::server::limits::Counted;
use crate::server::mail::queue;
use crate::server::secrets::{Token, TokenHash};
use crate::server::service::Service;
use crate::server::store::{Account, AuditEvent, Outcome, TokenPurpose, Tx};

/// What the exchange page submits.
#[derive(Debug)]
pub struct Submitted<'a> {
    /// The reset session's cookie, where the browser holds one.
    pub cookie: Option<&'a Token>,
    /// Whether the form proved to be that session's own.
    pub csrf: bool,
    /// The token or code, as pasted.
    pub token: &'a str,
    /// The username, as typed.
    pub username: &'a str,
}

/// What comes of it.
#[derive(Debug)]
pub struct Exchanged {
    /// A session just opened: its cookie is to be set, whatever `outcome` says.
    pub opened: Option<Token>,
    /// `Ok`: on to the new password.
    pub outcome: Result<(), ApiError>,
}

/// Where the request stands after the token was dealt with.
struct Standing {
    hash: TokenHash,
    opened: Option<Token>,
    account_id: String,
}

/// Burns the token, opens or takes up the session, and judges the username.
///
/// # Errors
/// For a link or code that does not work, and when the database is busy.
pub async fn exchange(service: &Service, caller: &Caller, form: Submitted<'_>) -> Done<Exchanged> {
    let now = service.now();
    let (counted, begin) = (Counted::Token, service.store.begin());
    let mut tx = service
        .limits
        .ask(counted, caller.client, now, begin)
        .await?;
    lock(&mut tx, &form).await?;
    let standing = match stand(service, &mut tx, caller, &form, now).await? {
        Ok(standing) => standing,
        Err(refused) => {
            let within = if form.token.is_empty() {
                Ok(())
            } else {
                let (limits, client) = (&service.limits, caller.client);
                let within = limits.count(&mut tx, counted, client, now).await?;
                limits.watch(&mut tx, caller, now).await?;
                within
            };
            tx.commit().await?;
            within?;
            return Err(refused.into());
        }
    };
    let account = tx.account(&standing.account_id).await?;
    let Some(account) = account.filter(|a| may_reset(a.state, a.lock, now).is_ok()) else {
        tx.end_reset_session(standing.hash).await?;
        audit(
            &mut tx,
            caller,
            now,
            "authn_token_refused",
            Outcome::Refused,
            Some("shut"),
            &standing.account_id,
        )
        .await?;
        tx.commit().await?;
        return Err(ApiError::unusable().into());
    };
    let outcome = if form.username.trim().is_empty() {
        Err(ApiError::field(Field::Username, Reason::Required))
    } else {
        confirm(
            service,
            &mut tx,
            caller,
            &account,
            standing.hash,
            form.username,
            now,
        )
        .await?
    };
    let outcome = match tx.commit().await.map_err(Failure::from) {
        Ok(()) => outcome,
        // The browser gets its session all the same: if it is there, a second click goes on; if it is not, the token still works.
        Err(unsure) if unsure.is_unsure() => Err(unsure.into_api()),
        Err(failed) => return Err(failed),
    };
    if outcome == Err(ApiError::ResetLocked) {
        service.mail_queued.notify_one();
    }
    Ok(Exchanged {
        opened: standing.opened,
        outcome,
    })
}

/// Locks the accounts that the cookie and the token name, before anything of them is changed: of many requests with one token, or with
/// one session, each sees what the one before it did. Two accounts only where a browser brings one's session and another's token.
async fn lock(tx: &mut Tx, form: &Submitted<'_>) -> Done<()> {
    let mut accounts = Vec::new();
    if let Some(cookie) = form.cookie {
        let session = tx.reset_session(cookie.hash()).await?;
        accounts.extend(session.map(|session| session.account_id));
    }
    if let Some(token) = Token::parse(form.token.trim()) {
        let token = tx.token(token.hash(), TokenPurpose::Reset).await?;
        accounts.extend(token.and_then(|token| token.account_id));
    }
    accounts.sort();
    accounts.dedup();
    for id in accounts {
        tx.account(&id).await?;
    }
    Ok(())
}

/// Finds or opens the session: by the cookie where it goes on, else by burning the token.
async fn stand(
    service: &Service,
    tx: &mut Tx,
    caller: &Caller,
    form: &Submitted<'_>,
    now: Timestamp,
) -> Done<Result<Standing, ApiError>> {
    let token = match form.token.trim() {
        "" => None,
        text => match Token::parse(text) {
            Some(token) => Some(token.hash()),
            None => {
                let event = AuditEvent::refused("authn_token_refused", "malformed");
                tx.audit(caller, now, event).await?;
                return Ok(Err(ApiError::unusable()));
            }
        },
    };
    let mut lives = false;
    if let Some(cookie) = form.cookie {
        let session = tx
            .reset_session(cookie.hash())
            .await?
            .filter(|s| alive(s.expires_at, now));
        lives = session.is_some();
        let goes_on = |s: &crate::server::store::StoredResetSession| match token {
            // A second click in the browser that holds the session: the token itself shows that the form is ours.
            Some(token) => s.opened_by(token),
            None => form.csrf,
        };
        if let Some(session) = session.filter(goes_on) {
            let account_id = session.account_id;
            return Ok(Ok(Standing {
                hash: cookie.hash(),
                opened: None,
                account_id,
            }));
        }
    }
    let Some(token) = token else {
        // A form of an older session beside one that lives: nothing is over then but that form.
        return Ok(Err(match (form.cookie, lives) {
            (None, _) => ApiError::field(Field::Token, Reason::Required),
            (Some(_), true) => ApiError::Forbidden,
            (Some(_), false) => ApiError::ResetOver,
        }));
    };
    let burnt = tx.burn(token, TokenPurpose::Reset).await?;
    let live = burnt.filter(|burnt| alive(burnt.expires_at, now));
    let Some((account_id, request_id)) = live.and_then(|t| Some((t.account_id?, t.request_id)))
    else {
        let event = AuditEvent::refused("authn_token_refused", "unknown, used or expired");
        tx.audit(caller, now, event).await?;
        return Ok(Err(ApiError::unusable()));
    };
    let opened = Token::draw()?;
    let expires_at = now.plus(service.config.reset.session_lifetime);
    let hash = opened.hash();
    tx.add_reset_session(
        hash,
        token,
        &account_id,
        request_id.as_deref(),
        now,
        expires_at,
    )
    .await?;
    audit(
        tx,
        caller,
        now,
        "authn_token_used",
        Outcome::Allowed,
        Some("reset"),
        &account_id,
    )
    .await?;
    Ok(Ok(Standing {
        hash,
        opened: Some(opened),
        account_id,
    }))
}

/// Judges the username; the third wrong one in a row ends everything and locks.
async fn confirm(
    service: &Service,
    tx: &mut Tx,
    caller: &Caller,
    account: &Account,
    session: TokenHash,
    typed: &str,
    now: Timestamp,
) -> Done<Result<(), ApiError>> {
    let settings = &service.config.reset;
    let right = Username::parse(typed).is_ok_and(|name| name.as_str() == account.username);
    let id = account.id.as_str();
    match judge(right, account.wrong_usernames, settings.wrong_usernames) {
        Exchange::Verified => {
            tx.set_wrong_usernames(id, 0).await?;
            tx.verify_reset_session(session).await?;
            audit(
                tx,
                caller,
                now,
                "reset_username_confirmed",
                Outcome::Allowed,
                None,
                id,
            )
            .await?;
            Ok(Ok(()))
        }
        Exchange::Wrong { left } => {
            tx.set_wrong_usernames(id, account.wrong_usernames + 1)
                .await?;
            let reason = Some("wrong username");
            audit(
                tx,
                caller,
                now,
                "reset_username_refused",
                Outcome::Refused,
                reason,
                id,
            )
            .await?;
            Ok(Err(ApiError::field(
                Field::Username,
                Reason::WrongUsername { left },
            )))
        }
        Exchange::Locked => {
            let until = now.plus(settings.lock_duration);
            tx.burn_of(TokenPurpose::Reset, id).await?;
            tx.end_reset_sessions_of(id).await?;
            let lock = Lock {
                until,
                scope: settings.lock_scope,
            };
            tx.set_lock(id, lock.beside(account.lock, now)).await?;
            tx.set_wrong_usernames(id, 0).await?;
            let reason = match settings.lock_scope {
                LockScope::Reset => "wrong usernames: reset locked",
                LockScope::Account | LockScope::SignIn => "wrong usernames: account locked",
            };
            audit(
                tx,
                caller,
                now,
                "authn_account_locked",
                Outcome::Refused,
                Some(reason),
                id,
            )
            .await?;
            let detail = queue::locked(now, until, LockCause::WrongUsernames);
            queue::notice(tx, MailKind::AccountLocked, account, &detail, now, now).await?;
            Ok(Err(ApiError::ResetLocked))
        }
    }
}

async fn audit(
    tx: &mut Tx,
    caller: &Caller,
    now: Timestamp,
    event: &'static str,
    outcome: Outcome,
    reason: Option<&str>,
    account_id: &str,
) -> Done<()> {
    let event = AuditEvent {
        event,
        outcome,
        reason,
        account_id: Some(account_id),
    };
    Ok(tx.audit(caller, now, event).await?)
}
