//! What the worker finds out about sign-up mails, address verifications and notices, at the moment of sending.

use crate::domain::account::may_stay;
use crate::domain::identifier::{EmailAddress, Identifier};
use crate::domain::mail::{LockCause, Mail, MailKind};
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::mail::job::{Asked, Job, Part};
use crate::server::mail::queue::Detail;
use crate::server::recovery::mailing::link;
use crate::server::secrets::Token;
use crate::server::service::Service;
use crate::server::store::{AuditEvent, MailEnd, NewToken, Outcome, QueuedMail, TokenPurpose, Tx};

/// Most mails to one address within one link's lifetime that a stranger can cause.
const MAILS_A_LIFETIME: u32 = 3;

/// A sign-up: a link for an address without an account, news for one that has one.
///
/// # Errors
/// When the database or the operating system's randomness fails.
pub async fn sign_up(
    service: &Service,
    worker: &Caller,
    queued: &QueuedMail,
    part: Part<'_>,
) -> Done<Job> {
    let now = service.now();
    let mut tx = service.store.begin().await?;
    let to = recipient(queued);
    let known = match &to {
        Some(to) => tx.account_by(&Identifier::Email(to.clone())).await?,
        None => None,
    };
    if !ours(&mut tx, queued, to.as_ref()).await? {
        return Ok(Job::Nothing);
    }
    let Some(to) = to else {
        return end(tx, queued, "no address", service).await;
    };
    if now >= queued.give_up_at {
        return expired(tx, queued, "send window over", service).await;
    }
    let kind = if known.is_some() {
        MailKind::SignUpKnown
    } else {
        MailKind::SignUp
    };
    if crowded(service, &mut tx, queued, kind, &to).await? {
        return end(tx, queued, "enough mails", service).await;
    }
    tx.set_mail_kind(&queued.id, kind).await?;
    let lifetime = service.config.sign_up.link_lifetime;
    let site = &service.config.site.public_url;
    if let Some(account) = known {
        // To the address as it is stored, however a stranger spelt it.
        let Ok(to) = EmailAddress::parse(&account.email) else {
            return end(tx, queued, "no address", service).await;
        };
        let asked = Asked {
            to,
            account_id: Some(account.id),
            worth: None,
        };
        let entered = part.enter(&mut tx, queued, asked, now).await?;
        tx.commit().await?;
        return Ok(entered.unwrap_or_else(|| {
            Job::send(Mail::SignUpKnown {
                sign_in_url: format!("{site}/sign-in"),
                forgot_url: format!("{site}/forgot"),
            })
        }));
    }
    let asked = Asked {
        to: to.clone(),
        account_id: None,
        worth: Some(lifetime),
    };
    if let Some(job) = part.enter(&mut tx, queued, asked, now).await? {
        tx.commit().await?;
        return Ok(job);
    }
    let token = Token::draw()?;
    let expires_at = now.plus(lifetime);
    let new = NewToken {
        hash: token.hash(),
        purpose: TokenPurpose::SignUp,
        subject: to.key(),
        account_id: None,
        request_id: None,
        address: Some(to.as_str()),
        minted_at: now,
        expires_at,
    };
    tx.mint(new).await?;
    created(&mut tx, worker, service, "sign-up", None).await?;
    tx.commit().await?;
    let open = link(service, "/verify", &token, expires_at);
    let lifetime_minutes = lifetime.as_secs().div_ceil(60);
    Ok(Job::send(Mail::SignUp {
        open,
        lifetime_minutes,
    }))
}

/// A new address of an account: a link to it, unless it is another account's.
///
/// # Errors
/// When the database or the operating system's randomness fails.
pub async fn verify_address(
    service: &Service,
    worker: &Caller,
    queued: &QueuedMail,
    part: Part<'_>,
) -> Done<Job> {
    let now = service.now();
    let mut tx = service.store.begin().await?;
    let account = match &queued.account_id {
        Some(id) => tx.account(id).await?,
        None => None,
    };
    let to = recipient(queued);
    if !ours(&mut tx, queued, to.as_ref()).await? {
        return Ok(Job::Nothing);
    }
    let (Some(to), Some(account)) = (to, account) else {
        return end(tx, queued, "no address", service).await;
    };
    if now >= queued.give_up_at {
        return expired(tx, queued, "send window over", service).await;
    }
    // Asked with a password that counts no more, or for an account that was shut since.
    if queued.created_at < account.password_changed_at || may_stay(account.state).is_err() {
        return end(tx, queued, "revoked", service).await;
    }
    if tx.is_taken(&to).await? {
        return end(tx, queued, "address taken", service).await;
    }
    if crowded(service, &mut tx, queued, MailKind::VerifyAddress, &to).await? {
        return end(tx, queued, "enough mails", service).await;
    }
    let lifetime = service.config.sign_up.link_lifetime;
    let asked = Asked {
        to: to.clone(),
        account_id: Some(account.id.clone()),
        worth: Some(lifetime),
    };
    if let Some(job) = part.enter(&mut tx, queued, asked, now).await? {
        tx.commit().await?;
        return Ok(job);
    }
    let token = Token::draw()?;
    let expires_at = now.plus(lifetime);
    let new = NewToken {
        hash: token.hash(),
        purpose: TokenPurpose::VerifyAddress,
        subject: &account.id,
        account_id: Some(&account.id),
        request_id: None,
        address: Some(to.as_str()),
        minted_at: now,
        expires_at,
    };
    tx.mint(new).await?;
    created(&mut tx, worker, service, "address", Some(&account.id)).await?;
    tx.commit().await?;
    let open = link(service, "/account/verify-address", &token, expires_at);
    let lifetime_minutes = lifetime.as_secs().div_ceil(60);
    Ok(Job::send(Mail::VerifyAddress {
        open,
        lifetime_minutes,
    }))
}

/// A notice: what happened, and for some a link that freezes the account.
///
/// # Errors
/// When the database or the operating system's randomness fails.
pub async fn notice(service: &Service, queued: &QueuedMail, part: Part<'_>) -> Done<Job> {
    let now = service.now();
    let mut tx = service.store.begin().await?;
    if let Some(id) = &queued.account_id {
        tx.account(id).await?;
    }
    if !ours(&mut tx, queued, None).await? {
        return Ok(Job::Nothing);
    }
    let (Some(to), Some(id)) = (recipient(queued), &queued.account_id) else {
        return end(tx, queued, "no address", service).await;
    };
    if now >= queued.give_up_at {
        return expired(tx, queued, "too late", service).await;
    }
    let asked = Asked {
        to: to.clone(),
        account_id: Some(id.clone()),
        worth: None,
    };
    if let Some(job) = part.enter(&mut tx, queued, asked, now).await? {
        tx.commit().await?;
        return Ok(job);
    }
    let detail: Detail = serde_json::from_str(&queued.detail).unwrap_or_default();
    let at = detail.at.unwrap_or(queued.created_at);
    let mail = match queued.kind {
        MailKind::AccountLocked => Mail::AccountLocked {
            at,
            until: detail.until.unwrap_or(at),
            cause: detail.cause.unwrap_or(LockCause::WrongUsernames),
        },
        MailKind::AccountFrozen => Mail::AccountFrozen { at },
        kind => {
            let token = Token::draw()?;
            let expires_at = now.plus(service.config.reset.not_me_lifetime);
            let new = NewToken {
                hash: token.hash(),
                purpose: TokenPurpose::NotMe,
                subject: &queued.id,
                account_id: Some(id),
                request_id: None,
                address: Some(to.as_str()),
                minted_at: now,
                expires_at,
            };
            tx.mint(new).await?;
            created(
                &mut tx,
                &Caller::internal("worker"),
                service,
                "not-me",
                Some(id),
            )
            .await?;
            let not_me = link(service, "/not-me", &token, expires_at);
            match kind {
                MailKind::AddressChanged => Mail::AddressChanged { at, not_me },
                MailKind::PasswordChangedReminder => Mail::PasswordChangedReminder { at, not_me },
                _ => Mail::PasswordChanged { at, not_me },
            }
        }
    };
    tx.commit().await?;
    Ok(Job::send(mail))
}

/// Whether the mail is still this worker's: asked after the account and before anything is said of the mail, as the lease may have been
/// over while the relay was asked. One worker at a time goes on about one address, where one is given.
async fn ours(tx: &mut Tx, queued: &QueuedMail, about: Option<&EmailAddress>) -> Done<bool> {
    if let Some(address) = about {
        tx.lock_address(address).await?;
    }
    Ok(tx.still_claimed(queued).await?)
}

/// Whether an address, which is locked, got as many mails of that kind as strangers may cause there, or gets one just now.
async fn crowded(
    service: &Service,
    tx: &mut Tx,
    queued: &QueuedMail,
    kind: MailKind,
    to: &EmailAddress,
) -> Done<bool> {
    if tx.is_under_way_to(kind, to.key(), queued).await? {
        return Ok(true);
    }
    let now = service.now();
    let gap = now.minus(service.config.reset.mail_spacing);
    let lifetime = now.minus(service.config.sign_up.link_lifetime);
    Ok(tx.mails_to(kind, to.key(), gap).await? > 0
        || tx.mails_to(kind, to.key(), lifetime).await? >= MAILS_A_LIFETIME)
}

fn recipient(queued: &QueuedMail) -> Option<EmailAddress> {
    queued
        .recipient
        .as_deref()
        .and_then(|text| EmailAddress::parse(text).ok())
}

async fn end(tx: Tx, queued: &QueuedMail, reason: &str, service: &Service) -> Done<Job> {
    finish(tx, queued, MailEnd::Discarded, reason, service).await
}

async fn expired(tx: Tx, queued: &QueuedMail, reason: &str, service: &Service) -> Done<Job> {
    finish(tx, queued, MailEnd::Expired, reason, service).await
}

async fn finish(
    mut tx: Tx,
    queued: &QueuedMail,
    end: MailEnd,
    reason: &str,
    service: &Service,
) -> Done<Job> {
    let now = service.now();
    tx.end_mail(&queued.id, end, Some(reason), now).await?;
    let event = AuditEvent {
        event: "mail_not_sent",
        outcome: if end == MailEnd::Expired {
            Outcome::Failed
        } else {
            Outcome::Refused
        },
        reason: Some(reason),
        account_id: queued.account_id.as_deref(),
    };
    tx.audit(&Caller::internal("worker"), now, event).await?;
    tx.commit().await?;
    Ok(Job::Nothing)
}

async fn created(
    tx: &mut Tx,
    worker: &Caller,
    service: &Service,
    what: &str,
    account_id: Option<&str>,
) -> Done<()> {
    let event = AuditEvent {
        event: "authn_token_created",
        outcome: Outcome::Allowed,
        reason: Some(what),
        account_id,
    };
    Ok(tx.audit(worker, service.now(), event).await?)
}
