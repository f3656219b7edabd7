//! The mail that somebody sends to try the way: queued, built, handed over and retried as every other one.

use std::time::Duration;

use super::job::{Asked, Job, Part};
use super::queue::Detail;
use crate::domain::identifier::EmailAddress;
use crate::domain::mail::{Mail, MailKind};
use crate::server::caller::Caller;
use crate::server::failure::{Done, Failure};
use crate::server::secrets;
use crate::server::service::Service;
use crate::server::store::{AuditEvent, MailEnd, NewMail, QueuedMail};

/// How long a test mail is worth sending: long enough to see greylisting end.
pub const LIFE: Duration = Duration::from_secs(15 * 60);

/// Queues one; returns the id of its outbox row. `asked_by`: who is named in it.
///
/// # Errors
/// When the database or the operating system's randomness fails.
pub async fn queue(
    service: &Service,
    caller: &Caller,
    to: &EmailAddress,
    asked_by: &str,
) -> Done<String> {
    let now = service.now();
    let detail = Detail {
        at: Some(now),
        asked_by: Some(asked_by.to_owned()),
        ..Detail::default()
    };
    let detail = serde_json::to_string(&detail).map_err(|error| Failure::Fault(error.into()))?;
    let id = secrets::random_id()?;
    let mut tx = service.store.begin().await?;
    tx.queue_mail(NewMail {
        id: &id,
        kind: MailKind::Test,
        account_id: None,
        request_id: None,
        recipient: Some(to.as_str()),
        detail: &detail,
        not_before: now,
        give_up_at: now.plus(LIFE),
        now,
    })
    .await?;
    let event = AuditEvent::allowed("test_mail_requested");
    tx.audit(caller, now, event).await?;
    tx.commit().await?;
    service.mail_queued.notify_one();
    Ok(id)
}

/// What the worker is to do with it.
///
/// # Errors
/// When the database fails.
pub async fn prepare(service: &Service, queued: &QueuedMail, part: Part<'_>) -> Done<Job> {
    let now = service.now();
    let to = queued.recipient.as_deref().map(EmailAddress::parse);
    let end = async |end: MailEnd, reason: &str| -> Done<Job> {
        let mut tx = service.store.begin().await?;
        if !tx.still_claimed(queued).await? {
            return Ok(Job::Nothing);
        }
        tx.end_mail(&queued.id, end, Some(reason), now).await?;
        tx.commit().await?;
        Ok(Job::Nothing)
    };
    let Some(Ok(to)) = to else {
        return end(MailEnd::Discarded, "no address").await;
    };
    if now >= queued.give_up_at {
        return end(MailEnd::Expired, "too late").await;
    }
    let asked = Asked {
        to,
        account_id: None,
        worth: None,
    };
    let mut tx = service.store.begin().await?;
    let entered = part.enter(&mut tx, queued, asked, now).await?;
    tx.commit().await?;
    if let Some(job) = entered {
        return Ok(job);
    }
    let detail: Detail = serde_json::from_str(&queued.detail).unwrap_or_default();
    let smtp = &service.config.smtp;
    Ok(Job::send(Mail::Test {
        at: detail.at.unwrap_or(queued.created_at),
        asked_by: detail.asked_by.unwrap_or_default(),
        relay: format!("{}:{}", smtp.host, smtp.port),
    }))
}
