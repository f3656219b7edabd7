//! What the database forgets, and when: what is over at once, requests and mails after `retention.requests`, the audit after
//! `retention.audit`. In small batches with a pause between them, so that no request waits.

use std::time::Duration;

use tokio::sync::watch;

use crate::domain::time::Timestamp;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::service::Service;
use crate::server::store::{AuditEvent, Old};

/// How often it is looked what is over.
const EVERY: Duration = Duration::from_secs(600);
/// How often the clock is asked.
const LOOK: Duration = Duration::from_secs(1);
/// Between two batches: whoever waits for the writer is let in.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a limit that owes nothing is kept, for instances whose clocks differ.
const LIMITS: Duration = Duration::from_secs(3_600);

/// Forgets now and then, until `stop` turns true.
pub async fn keep(service: &Service, mut stop: watch::Receiver<bool>) {
    let mut swept = service.now();
    while !*stop.borrow() {
        let now = service.now();
        if now.since(swept) >= EVERY {
            swept = now;
            if let Err(error) = sweep(service, now, &stop).await {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "what is old could not be forgotten"
                );
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Forgets all that is over or old at that time; stops between two batches when it is told to.
async fn sweep(service: &Service, now: Timestamp, stop: &watch::Receiver<bool>) -> Done<()> {
    let settings = &service.config.retention;
    let old = now.minus(settings.requests);
    let mut rules = vec![
        (Old::ResetSessions, now, None),
        (Old::SignInSessions, now, None),
        (Old::Tokens, now, None),
        (Old::Limits, now.minus(LIMITS), None),
        (Old::Attempts, old, Some("attempts")),
        (Old::Mails, old, Some("mails")),
        (Old::Requests, old, Some("requests")),
    ];
    if let Some(audit) = settings.audit {
        rules.push((Old::Events, now.minus(audit), Some("events")));
    }
    let mut told = Vec::new();
    for (what, until, name) in rules {
        let gone = all(service, what, until, stop).await?;
        told.extend(
            name.filter(|_| gone > 0)
                .map(|name| format!("{gone} {name}")),
        );
    }
    if told.is_empty() {
        return Ok(());
    }
    // Who misses something learns here that it was old, and not that somebody took it away.
    let reason = format!("old: {}", told.join(", "));
    tracing::info!(reason, "forgotten");
    let mut tx = service.store.begin().await?;
    let event = AuditEvent::allowed("retention_swept").because(&reason);
    tx.audit(&Caller::internal("worker"), now, event).await?;
    Ok(tx.commit().await?)
}

/// Batch after batch; tells how many rows went.
async fn all(
    service: &Service,
    what: Old,
    until: Timestamp,
    stop: &watch::Receiver<bool>,
) -> Done<u64> {
    let mut all = 0;
    while !*stop.borrow() {
        let mut tx = service.store.begin().await?;
        let (gone, more) = tx.forget(what, until).await?;
        tx.commit().await?;
        all += gone;
        if !more {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(all)
}
