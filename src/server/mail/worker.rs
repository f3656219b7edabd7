//! The worker: takes mail from the outbox, hands it over, and writes down how that went. Any number may run.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::job::{self, Job};
use super::message;
use super::render::{self, Look};
use super::transport::{Delivery, FailureClass, MailTransport};
use crate::domain::identifier::EmailAddress;
use crate::domain::mail::Mail;
use crate::domain::retry::{Retry, after_failure};
use crate::server::caller::Caller;
use crate::server::failure::{Done, Failure};
use crate::server::service::Service;
use crate::server::store::{AuditEvent, MailEnd, Outcome, QueuedMail, RequestState};

/// How often the outbox is looked at when nobody calls: due retries, and what another instance queued.
const POLL: Duration = Duration::from_millis(250);
/// How often sessions and tokens that are over are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// How long after a fault of the database the worker looks again.
const REST: Duration = Duration::from_secs(1);
/// What the cap on all sending is counted by.
const HOUR: Duration = Duration::from_secs(3_600);
/// How long to wait when all sending has reached its cap.
const CAPPED: Duration = Duration::from_secs(30);
/// What a lease has beyond the longest attempt.
const LEASE_MARGIN: Duration = Duration::from_secs(30);

/// One worker.
pub struct Worker {
    service: Service,
    transport: Arc<dyn MailTransport>,
    look: Look,
    caller: Caller,
}

impl Worker {
    /// Sends for that service through that transport.
    pub fn new(service: Service, transport: Arc<dyn MailTransport>) -> Self {
        let look = Look::from_config(&service.config);
        Self {
            service,
            transport,
            look,
            caller: Caller::internal("worker"),
        }
    }

    /// Works until `stop` turns true; what it holds then, it finishes.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut swept = self.service.now();
        while !*stop.borrow() {
            let rest = self.step().await.unwrap_or_else(|error| {
                tracing::error!(
                    error = format!("{error:#}"),
                    "the outbox cannot be worked on"
                );
                REST
            });
            let now = self.service.now();
            if now.since(swept) >= SWEEP_EVERY {
                swept = now;
                if let Err(error) = self.sweep().await {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "old sessions could not be swept"
                    );
                }
            }
            if rest.is_zero() {
                continue;
            }
            tokio::select! {
                () = self.service.mail_queued.notified() => {}
                () = tokio::time::sleep(rest) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Takes one mail as far as it goes; tells how long to rest before the next.
    ///
    /// # Errors
    /// When the database fails; the lease sees to it that nothing is lost.
    async fn step(&self) -> Done<Duration> {
        let service = &self.service;
        let now = service.now();
        let cap = service.config.limits.mails_per_hour;
        let mut tx = service.store.read().await?;
        let sent = tx.mails_sent(now.minus(HOUR)).await?;
        drop(tx);
        if sent >= cap {
            tracing::warn!("limits.mails_per_hour is reached: mail waits");
            return Ok(CAPPED);
        }
        // What strangers can ask for at any address has half of the cap, so that it cannot use up the resets'.
        let strangers = sent < cap.div_ceil(2);
        let lease = service.config.smtp.timeout + LEASE_MARGIN;
        let mut tx = service.store.begin().await?;
        let claimed = tx.claim_mail(now, lease, strangers).await?;
        tx.commit().await?;
        let Some(queued) = claimed else {
            return Ok(POLL);
        };
        match job::prepare(service, &self.caller, &queued).await? {
            Job::Nothing => {}
            Job::Send {
                mail,
                to,
                account_id,
            } => {
                let delivery = self.deliver(&mail, &to).await?;
                self.settle(&queued, &to, account_id.as_deref(), delivery)
                    .await?;
            }
        }
        Ok(Duration::ZERO)
    }

    async fn deliver(&self, mail: &Mail, to: &EmailAddress) -> Done<Delivery> {
        let fault = |error: anyhow::Error| Failure::Fault(error);
        let rendered = render::render(mail, &self.look).map_err(|e| fault(e.into()))?;
        let settings = &self.service.config.mail;
        match message::build(&rendered, to, settings, self.service.now()) {
            Ok(message) => Ok(self.transport.send(&message).await),
            // The settings were checked at the start: what is left is this recipient.
            Err(error) => Ok(Delivery::PermanentFailure {
                class: FailureClass::Local,
                detail: error.to_string(),
            }),
        }
    }

    /// Writes down how an attempt ended, for the outbox, the request and the audit, in one transaction.
    async fn settle(
        &self,
        queued: &QueuedMail,
        to: &EmailAddress,
        account_id: Option<&str>,
        delivery: Delivery,
    ) -> Done<()> {
        let now = self.service.now();
        let mut tx = self.service.store.begin().await?;
        let kind = queued.kind.name();
        let recipient = to.masked();
        let (state, event, outcome, reason) = match delivery {
            Delivery::Accepted { response } => {
                tracing::info!(kind, %recipient, attempt = queued.attempts, %response, "mail handed over");
                tx.end_mail(&queued.id, MailEnd::Sent, Some(&response), now)
                    .await?;
                (
                    Some(RequestState::Sent),
                    "mail_sent",
                    Outcome::Allowed,
                    kind.to_owned(),
                )
            }
            Delivery::PermanentFailure { class, detail } => {
                tracing::warn!(kind, %recipient, class = class.name(), %detail, "mail refused for good");
                let reason = format!("{kind}: {}: {detail}", class.name());
                tx.end_mail(&queued.id, MailEnd::Failed, Some(&reason), now)
                    .await?;
                if let Some(request) = &queued.request_id {
                    tx.burn_of_request(request).await?;
                }
                (
                    Some(RequestState::Failed),
                    "mail_failed",
                    Outcome::Failed,
                    reason,
                )
            }
            Delivery::TemporaryFailure { class, detail } => {
                let reason = format!("{kind}: {}: {detail}", class.name());
                match after_failure(queued.attempts, now, queued.give_up_at) {
                    Retry::At(at) => {
                        let seconds = at.since(now).as_secs();
                        tracing::warn!(kind, %recipient, class = class.name(), %detail, retry_in_s = seconds, "mail deferred");
                        tx.put_back(&queued.id, at, true, &reason).await?;
                        (None, "mail_deferred", Outcome::Failed, reason)
                    }
                    Retry::GiveUp => {
                        tracing::warn!(kind, %recipient, class = class.name(), %detail, "mail given up: it would be too late");
                        tx.end_mail(&queued.id, MailEnd::Expired, Some(&reason), now)
                            .await?;
                        if let Some(request) = &queued.request_id {
                            tx.burn_of_request(request).await?;
                        }
                        (
                            Some(RequestState::Expired),
                            "mail_expired",
                            Outcome::Failed,
                            reason,
                        )
                    }
                }
            }
        };
        if let (Some(state), Some(request)) = (state, &queued.request_id) {
            let reason = (state != RequestState::Sent).then_some(reason.as_str());
            tx.set_request_state(request, state, reason, account_id, now)
                .await?;
        }
        let event = AuditEvent {
            event,
            outcome,
            reason: Some(&reason),
            account_id,
        };
        let caller = match &queued.request_id {
            Some(id) => tx
                .request(id)
                .await?
                .map(|request| self.caller.about(&request.reference)),
            None => None,
        };
        tx.audit(caller.as_ref().unwrap_or(&self.caller), now, event)
            .await?;
        Ok(tx.commit().await?)
    }

    async fn sweep(&self) -> Done<()> {
        let mut tx = self.service.store.begin().await?;
        tx.sweep(self.service.now()).await?;
        Ok(tx.commit().await?)
    }
}
