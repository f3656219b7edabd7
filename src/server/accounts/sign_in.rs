//! Sign-in: one Argon2 in every case, one sentence for every refusal, growing delays, and a lock that mail tells of.

use crate::api::error::ApiError;
use crate::domain::account::{Lock, may_sign_in};
use crate::domain::identifier::Identifier;
use crate::domain::lockout::{LockScope, Verdict, judge, sign_in_delay};
use crate::domain::mail::{LockCause, MailKind};
use crate::domain::time::Timestamp;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::idn;
use crate::server::limits::Counted;
use crate::server::mail::queue;
use crate::server::secrets::{Secret, Token};
use crate::server::service::Service;
use crate::server::store::{Account, AuditEvent, Named, Outcome, Tx};

/// Signs in; the token goes into the browser's cookie. `old` is a session that the browser held before: it ends.
///
/// # Errors
/// [`ApiError::SignInRefused`] for every reason that the person or the account is the cause of.
pub async fn sign_in(
    service: &Service,
    caller: &Caller,
    typed: &str,
    password: Secret,
    old: Option<&Token>,
) -> Done<Token> {
    let now = service.now();
    let mode = service.config.reset.identifier;
    let (counted, read) = (Counted::SignIn, service.store.read());
    let mut tx = service
        .limits
        .ask(counted, caller.client, now, read)
        .await?;
    let identifier = Identifier::parse(&idn::address(typed), mode).ok();
    let named = tx.named(identifier.as_ref()).await?;
    drop(tx);
    let account = match &named {
        Named::Somebody(account) => Some(&**account),
        Named::Nobody(_) => None,
    };
    let right = verify(service, account, &password).await?;

    let now = service.now();
    let begin = async {
        let mut tx = service.store.begin().await?;
        tx.lock_typed(identifier.as_ref().map_or("", Identifier::key))
            .await?;
        Ok(tx)
    };
    // Taken before anything is judged, or many at once would all be judged though few are allowed; who is right gets it back.
    let mut tx = service
        .limits
        .take(counted, caller.client, None, now, begin)
        .await?;
    let account = match named {
        Named::Somebody(account) => account,
        Named::Nobody(stand_in) => {
            // Every refusal takes the same statements: one more or fewer can be measured.
            tx.fail_for_nobody(stand_in, now).await?;
            let reason = Some("unknown account");
            audit(&mut tx, caller, now, Outcome::Refused, reason, None).await?;
            return refused(tx).await;
        }
    };
    let id = account.id.clone();
    // Read again: other tries may have come first while the hash was computed.
    let account = tx
        .account(&id)
        .await?
        .filter(|a| a.password_hash == account.password_hash);
    let Some(account) = account else {
        let reason = Some("password changed meanwhile");
        audit(&mut tx, caller, now, Outcome::Refused, reason, Some(&id)).await?;
        return refused(tx).await;
    };
    let shut = may_sign_in(account.state, account.lock, now)
        .err()
        .map(|shut| shut.reason());
    let early = (account.sign_in_not_before > now).then_some("too early after a failure");
    if let Some(reason) = shut.or(early) {
        tx.set_sign_in_failures(&id, account.sign_in_failures, account.sign_in_not_before)
            .await?;
        audit(
            &mut tx,
            caller,
            now,
            Outcome::Refused,
            Some(reason),
            Some(&id),
        )
        .await?;
        return refused(tx).await;
    }
    if !right {
        let owed = failed(service, &mut tx, caller, &account, now).await?;
        let answer = refused(tx).await;
        // Not at every failure: the worker would look only where there is an account, and the next answer would be slower.
        if owed {
            service.mail_queued.notify_one();
        }
        return answer;
    }
    service
        .limits
        .give_back(&mut tx, counted, caller.client)
        .await?;
    tx.set_sign_in_failures(&id, 0, Timestamp::from_millis(0))
        .await?;
    if let Some(old) = old {
        tx.end_sign_in_session(old.hash()).await?;
    }
    let session = Token::draw()?;
    let expires_at = now.plus(service.config.session.absolute);
    tx.add_sign_in_session(session.hash(), &id, caller, now, expires_at)
        .await?;
    audit(&mut tx, caller, now, Outcome::Allowed, None, Some(&id)).await?;
    tx.commit().await?;
    if service.hasher.outdated(&account.password_hash) {
        // The sign-in counts already; the next one brings another chance.
        if let Err(error) = upgrade(service, &account, &password).await {
            tracing::warn!(%error, "a password hash was not brought to today's costs");
        }
    }
    Ok(session)
}

/// Whether the password is the account's; as long for nobody's.
///
/// # Errors
/// [`ApiError::Busy`] when too many wait already.
pub async fn verify(service: &Service, account: Option<&Account>, password: &Secret) -> Done<bool> {
    let typed = service.judge.typed(password);
    let hash = account
        .map(|account| account.password_hash.clone())
        .filter(|_| typed.is_some());
    service.hasher.verify(typed.unwrap_or_default(), hash).await
}

/// Counts a wrong password: the next try waits longer, and the last allowed one locks (NIST SP 800-63B-4 3.2.2). True where a mail
/// about the lock is owed.
///
/// # Errors
/// When the database or the operating system's randomness fails.
pub async fn failed(
    service: &Service,
    tx: &mut Tx,
    caller: &Caller,
    account: &Account,
    now: Timestamp,
) -> Done<bool> {
    let id = account.id.as_str();
    let failures = account.sign_in_failures.saturating_add(1);
    let owed = match judge(failures, service.config.session.max_failures) {
        Verdict::Again { .. } => {
            tx.set_sign_in_failures(id, failures, now.plus(sign_in_delay(failures)))
                .await?;
            false
        }
        Verdict::Lock => {
            let until = now.plus(service.config.reset.lock_duration);
            let lock = Lock {
                until,
                scope: LockScope::SignIn,
            };
            tx.set_lock(id, lock.beside(account.lock, now)).await?;
            // The count stays: after the lock the next failure locks again (NIST SP 800-63B-4 3.2.2).
            tx.set_sign_in_failures(id, failures, now).await?;
            let detail = queue::locked(now, until, LockCause::FailedSignIns);
            queue::notice(tx, MailKind::AccountLocked, account, &detail, now, now).await?;
            let event =
                AuditEvent::refused("authn_account_locked", "failed sign-ins: sign-in locked")
                    .of(id);
            tx.audit(caller, now, event).await?;
            true
        }
    };
    let reason = Some("wrong password");
    audit(tx, caller, now, Outcome::Refused, reason, Some(id)).await?;
    Ok(owed)
}

/// Makes count what was written about the failure.
async fn refused<T>(tx: Tx) -> Done<T> {
    tx.commit().await?;
    Err(ApiError::SignInRefused.into())
}

/// Hashes the password with today's costs, now that it is at hand.
async fn upgrade(service: &Service, account: &Account, password: &Secret) -> Done<()> {
    let Some(typed) = service.judge.typed(password) else {
        return Ok(());
    };
    let new = service.hasher.hash(typed).await?;
    let mut tx = service.store.begin().await?;
    tx.upgrade_hash(&account.id, &account.password_hash, &new)
        .await?;
    Ok(tx.commit().await?)
}

async fn audit(
    tx: &mut Tx,
    caller: &Caller,
    now: Timestamp,
    outcome: Outcome,
    reason: Option<&str>,
    account_id: Option<&str>,
) -> Done<()> {
    let event = match outcome {
        Outcome::Allowed => "authn_login_success",
        Outcome::Refused | Outcome::Failed => "authn_login_fail",
    };
    Ok(tx
        .audit(
            caller,
            now,
            AuditEvent {
                event,
                outcome,
                reason,
                account_id,
            },
        )
        .await?)
}
