//! The worker: takes mail from the outbox, hands it over in two parts, and rests while the relay cannot be used. Any number may run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::job::{self, Asked, Job, Part};
use super::lease::{self, REST, SETTLE_TRIES};
use super::message::{self, MessageError, OutgoingMessage};
use super::relay::{Attempt, End, Handover, Relay, RelayEnvelope};
use super::render::{self, Look};
use super::settle::{self, Settled};
use crate::domain::breaker::{Breaker, Change};
use crate::domain::identifier::EmailAddress;
use crate::domain::mail::Mail;
use crate::domain::retry::Jitter;
use crate::domain::smtp::diagnosis::diagnose;
use crate::domain::smtp::evidence::{Evidence, Fault};
use crate::domain::smtp::step::Step;
use crate::domain::smtp::transcript::Transcript;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::retention;
use crate::server::secrets;
use crate::server::service::Service;
use crate::server::store::{BEAT, Due, Presence, QueuedMail, Replaced};

/// How often the outbox is looked at when nobody calls: due retries, and what another instance queued.
const POLL: Duration = Duration::from_millis(250);
/// What the cap on all sending is counted by.
const HOUR: Duration = Duration::from_secs(3_600);
/// How long to wait when all sending has reached its cap: what is due may not go, and what is overdue has ended.
const CAPPED: Duration = Duration::from_secs(30);
/// What an attempt has beyond the relay's own limit, before it is cut off.
const GRACE: Duration = Duration::from_secs(10);

/// One worker.
pub struct Worker {
    service: Service,
    relay: Arc<dyn Relay>,
    /// The longest that an attempt may take.
    longest: Duration,
    from: EmailAddress,
    look: Look,
    caller: Caller,
    breaker: Mutex<Breaker>,
    /// The id of the last passed probe that mail was released for: after a step of the clock its time alone would do so for ever.
    heeded: Mutex<Option<String>>,
    /// While it lives, no other worker takes our mail for a dead one's.
    presence: Mutex<Option<Arc<Presence>>>,
}

impl Worker {
    /// Sends for that service through that relay, whose attempts end within `smtp.timeout`.
    ///
    /// # Errors
    /// When From of the settings is no address.
    pub fn new(service: Service, relay: Arc<dyn Relay>) -> Result<Self, MessageError> {
        Ok(Self {
            relay,
            longest: service.config.smtp.timeout + GRACE,
            from: message::sender(&service.config.mail)?,
            look: Look::from_config(&service.config),
            caller: Caller::internal("worker"),
            breaker: Mutex::default(),
            heeded: Mutex::default(),
            presence: Mutex::default(),
            service,
        })
    }

    /// Works until `stop` turns true; what it holds then, it finishes. Beside the mail, it forgets what is over.
    pub async fn run(&self, stop: watch::Receiver<bool>) {
        // One of before a panic holds nothing.
        *self.presence() = None;
        tokio::select! {
            _ = async {
                tokio::join!(
                    self.work(stop.clone()),
                    retention::keep(&self.service, stop)
                )
            } => {}
            () = self.give_signs() => {}
        }
        let presence = self.presence().take();
        if let Some(presence) = presence
            && let Err(error) = self.service.store.retire(&presence).await
        {
            tracing::warn!(%error, "the worker's end could not be written down");
        }
    }

    async fn work(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let step = async {
                let here = self.presence().clone();
                let here = match here {
                    Some(here) => here,
                    None => self.announce().await?,
                };
                self.step(here.id()).await
            };
            let rest = step.await.unwrap_or_else(|error| {
                tracing::error!(
                    error = format!("{error:#}"),
                    "the outbox cannot be worked on"
                );
                REST
            });
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

    async fn announce(&self) -> Done<Arc<Presence>> {
        let service = &self.service;
        let database = &service.config.database;
        let here = Arc::new(service.store.announce(database, service.now()).await?);
        // Settings may have changed: what was held for their sake is tried again.
        self.release().await?;
        *self.presence() = Some(here.clone());
        Ok(here)
    }

    /// Signs of life, also in the middle of a long attempt.
    async fn give_signs(&self) {
        loop {
            tokio::time::sleep(BEAT).await;
            let Some(here) = self.presence().clone() else {
                continue;
            };
            match self.service.store.beat(&here, self.service.now()).await {
                Ok(0) => {}
                Ok(mails) => {
                    tracing::warn!(mails, "mail that a worker held when it died is due again");
                    self.service.mail_queued.notify_one();
                }
                Err(error) => tracing::warn!(%error, "the worker cannot give a sign of life"),
            }
        }
    }

    /// Takes one mail as far as it goes; tells how long to rest before the next.
    ///
    /// # Errors
    /// When the database fails; the lease sees to it that nothing is lost.
    async fn step(&self, worker: &str) -> Done<Duration> {
        let service = &self.service;
        let now = service.now();
        let cap = service.config.limits.mails_per_hour;
        let mut tx = service.store.read().await?;
        let heeded = self.heeded().clone();
        let probe = tx.last_saved_pass().await?;
        let probe = probe.filter(|probe| heeded.as_ref() != Some(&probe.id));
        let held = match probe {
            Some(_) => tx.last_hold().await?,
            None => None,
        };
        drop(tx);
        if let Some(probe) = probe {
            let opened = self.with_breaker(|breaker| breaker.probe_passed(probe.at));
            if opened || held.is_some_and(|held| probe.at > held) {
                tracing::info!("a probe of the saved settings passed: mail that was held goes on");
                self.release().await?;
                *self.heeded() = Some(probe.id);
            }
        }
        let mut tx = service.store.begin().await?;
        let taken = tx.mails_taken(now.minus(HOUR), now, cap).await?;
        let capped = taken >= cap;
        // What strangers can ask for at any address has half of the cap, so that it cannot use up the resets'.
        let due = if capped || !self.with_breaker(|breaker| breaker.may_try(now)) {
            Due::Overdue
        } else if taken < cap.div_ceil(2) {
            Due::All
        } else {
            Due::NoStrangers
        };
        let patience = service.config.database.busy_timeout;
        let claimed = tx
            .claim_mail(now, lease::length(self.longest, patience), due, worker)
            .await?;
        let Some(queued) = claimed else {
            tx.commit().await?;
            if capped {
                tracing::warn!("limits.mails_per_hour is reached: mail waits");
                return Ok(CAPPED);
            }
            return Ok(POLL);
        };
        if tx.lose_attempts(&queued.id, now).await? > 0 {
            tracing::warn!(
                kind = queued.kind.name(),
                "a worker ended in the middle of a mail: another goes on with it"
            );
            if settle::enough_lost(&mut tx, &queued, &self.caller, now).await? {
                tx.commit().await?;
                return Ok(Duration::ZERO);
            }
        }
        tx.commit().await?;
        self.work_on(&queued).await?;
        Ok(Duration::ZERO)
    }

    /// One attempt at a claimed mail.
    async fn work_on(&self, queued: &QueuedMail) -> Done<()> {
        let service = &self.service;
        let id = secrets::random_id()?;
        let part = Part::Begin { attempt: &id };
        let asked = match job::prepare(service, &self.caller, queued, part).await {
            Ok(Job::Ask(asked)) => asked,
            Ok(_) => return Ok(()),
            Err(error) => return Err(lease::given_back(service, queued, &id, error).await),
        };
        let envelope = RelayEnvelope {
            from: self.from.clone(),
            to: asked.to.clone(),
            deliver_within: asked.worth,
        };
        let ends = Instant::now() + self.longest;
        let mut replaced = None;
        let (attempt, message_id) = match self.begin(&envelope, ends).await {
            Err(attempt) => (*attempt, None),
            Ok(handover) => {
                let to = &asked.to;
                let part = Part::HandOver { attempt: &id, to };
                let decided = job::prepare(service, &self.caller, queued, part).await;
                let mail = match decided {
                    Ok(Job::Send(mail, old)) => {
                        replaced = old;
                        mail
                    }
                    Ok(Job::Nothing | Job::Ask(_)) => {
                        handover.abandon().await;
                        return self.abandoned(&id).await;
                    }
                    Err(error) => {
                        handover.abandon().await;
                        return Err(lease::given_back(service, queued, &id, error).await);
                    }
                };
                match self.build(&mail, to) {
                    Ok(message) => {
                        let message_id = message.message_id().to_owned();
                        let finish = timeout_at(ends, handover.finish(&message)).await;
                        let attempt = finish.unwrap_or_else(|_| self.silent(Step::Message));
                        (attempt, Some(message_id))
                    }
                    Err(why) => {
                        handover.abandon().await;
                        let evidence = Evidence::fault(Step::Message, Fault::Unbuildable(why));
                        (self.failed(evidence), None)
                    }
                }
            }
        };
        let message_id = message_id.as_deref();
        self.settle(queued, &id, &asked, &attempt, message_id, replaced.as_ref())
            .await
    }

    async fn begin(
        &self,
        envelope: &RelayEnvelope,
        ends: Instant,
    ) -> Result<Box<dyn Handover>, Box<Attempt>> {
        timeout_at(ends, self.relay.begin(envelope))
            .await
            .unwrap_or_else(|_| Err(Box::new(self.silent(Step::Connect))))
    }

    fn build(&self, mail: &Mail, to: &EmailAddress) -> Result<OutgoingMessage, String> {
        let rendered = render::render(mail, &self.look).map_err(|error| error.to_string())?;
        let settings = &self.service.config.mail;
        message::build(&rendered, to, settings, self.service.now())
            .map_err(|error| error.to_string())
    }

    /// Writes down how an attempt ended, and what it says about the relay.
    async fn settle(
        &self,
        queued: &QueuedMail,
        id: &str,
        asked: &Asked,
        attempt: &Attempt,
        message_id: Option<&str>,
        replaced: Option<&Replaced>,
    ) -> Done<()> {
        let now = self.service.now();
        let jitter = jitter()?;
        let mut change = Change::None;
        if let Some(seen) = settle::seen(&attempt.end, &asked.to) {
            change = self.with_breaker(|breaker| breaker.saw(seen, now, jitter));
        }
        let mut settled = Settled {
            queued,
            id,
            asked,
            attempt,
            message_id,
            replaced,
            jitter,
            shut: self.with_breaker(|breaker| breaker.shut().cloned()),
            told: change == Change::Shut,
            unsure: false,
        };
        // What is known must not be forgotten because the database is busy: the mail would go out once more.
        let mut tries = 1;
        while let Err(error) = settle::settle(&self.service, &self.caller, &settled, now).await {
            if tries == SETTLE_TRIES {
                return Err(error);
            }
            tries += 1;
            settled.unsure |= error.is_unsure();
            tracing::warn!(
                error = format!("{error:#}"),
                "how a mail ended cannot be written down yet"
            );
            tokio::time::sleep(REST).await;
        }
        if change == Change::Open {
            tracing::info!("the relay takes mail again");
            self.release().await?;
        }
        Ok(())
    }

    /// The second decision was against it: nothing of the mail has gone out.
    async fn abandoned(&self, id: &str) -> Done<()> {
        let why = "the mail stopped being wanted, or had to wait, while the relay was asked";
        let mut tx = self.service.store.begin().await?;
        tx.end_attempt(id, lease::abandoned(why), self.service.now())
            .await?;
        Ok(tx.commit().await?)
    }

    /// Lets what is held go on.
    async fn release(&self) -> Done<()> {
        let mut tx = self.service.store.begin().await?;
        let released = tx.release_mails(self.service.now()).await?;
        tx.commit().await?;
        if released > 0 {
            tracing::info!(mails = released, "mail that was held is tried again");
        }
        Ok(())
    }

    fn presence(&self) -> MutexGuard<'_, Option<Arc<Presence>>> {
        self.presence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn heeded(&self) -> MutexGuard<'_, Option<String>> {
        self.heeded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks or changes the breaker, and shows what it became.
    fn with_breaker<T>(&self, act: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = act(&mut breaker);
        self.service.relay_state.send_if_modified(|shown| {
            let changed = shown.as_ref() != breaker.shut();
            if changed {
                *shown = breaker.shut().cloned();
            }
            changed
        });
        answer
    }

    /// An attempt that we cut off.
    fn silent(&self, step: Step) -> Attempt {
        self.failed(Evidence::fault(step, Fault::Silent))
    }

    fn failed(&self, evidence: Evidence) -> Attempt {
        let smtp = &self.service.config.smtp;
        let target = format!("{}:{}", smtp.host, smtp.port);
        let diagnosis = diagnose(&evidence);
        Attempt {
            end: End::Failed {
                evidence,
                diagnosis,
            },
            transcript: Transcript::new(self.service.now(), target),
        }
    }
}

fn jitter() -> Done<Jitter> {
    let mut bits = [0; 2];
    secrets::fill(&mut bits)?;
    Ok(Jitter::from_random(u16::from_le_bytes(bits)))
}
