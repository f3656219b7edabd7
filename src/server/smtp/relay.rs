//! The relay as the worker sees it: recorded conversations over connections that are kept open between mails.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::client::{Dialogue, Recorder, StopAfter, Target, TargetError};
use crate::domain::smtp::diagnosis::diagnose;
use crate::domain::smtp::evidence::{Evidence, Fault, What};
use crate::domain::smtp::reply::Reply;
use crate::domain::smtp::step::Step;
use crate::domain::smtp::transcript::Transcript;
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::mail::message::OutgoingMessage;
use crate::server::mail::relay::{Attempt, End, Handover, Relay, RelayEnvelope};

/// How long a connection stays open with nothing to do; servers end theirs after one to five minutes.
const IDLE: Duration = Duration::from_secs(20);
/// Mails over one connection; servers end theirs after some hundred.
const MAX_MAILS: u32 = 100;
/// Connections that are kept open.
const MAX_KEPT: usize = 8;
/// How long a kept connection may take to say that it lives.
const PULSE: Duration = Duration::from_secs(5);

/// One relay and the connections to it; a clone uses the same.
#[derive(Clone)]
pub struct SmtpRelay {
    shared: Arc<Shared>,
}

struct Shared {
    target: Arc<Target>,
    clock: Clock,
    kept: Mutex<Vec<Kept>>,
    /// Whether a task looks after connections that nobody uses any more.
    watched: AtomicBool,
}

/// A connection between two mails.
struct Kept {
    dialogue: Dialogue,
    mails: u32,
    since: Instant,
}

impl SmtpRelay {
    /// The relay of the settings.
    ///
    /// # Errors
    /// When mail would leave this machine unprotected, or a certificate file cannot be read.
    pub fn from_config(config: &Config, clock: Clock) -> Result<Self, TargetError> {
        Ok(Self::new(Arc::new(Target::from_config(config)?), clock))
    }

    /// That relay.
    pub fn new(target: Arc<Target>, clock: Clock) -> Self {
        let shared = Arc::new(Shared {
            target,
            clock,
            kept: Mutex::default(),
            watched: AtomicBool::new(false),
        });
        Self { shared }
    }

    /// Says goodbye on every connection that is kept.
    pub async fn close(&self) {
        for kept in self.shared.take(|_| true) {
            kept.dialogue.quit().await;
        }
    }
}

impl Shared {
    fn kept<T>(&self, work: impl FnOnce(&mut Vec<Kept>) -> T) -> T {
        work(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take(&self, which: impl Fn(&Kept) -> bool) -> Vec<Kept> {
        self.kept(|kept| kept.extract_if(.., |one| which(one)).collect())
    }

    /// The connection that was used last, where it is young enough.
    fn pick(&self) -> Option<Kept> {
        self.kept(Vec::pop)
            .filter(|kept| kept.since.elapsed() < IDLE)
    }

    fn put_back(self: &Arc<Self>, dialogue: Dialogue, mails: u32) {
        if mails >= MAX_MAILS || !dialogue.is_usable() {
            return;
        }
        let since = Instant::now();
        self.kept(|kept| {
            if kept.len() < MAX_KEPT {
                kept.push(Kept {
                    dialogue,
                    mails,
                    since,
                });
            }
        });
        if !self.watched.swap(true, Ordering::AcqRel) {
            tokio::spawn(watch(Arc::downgrade(self)));
        }
    }

    /// As far as the accepted recipient. A kept connection that turns out to be over is no failure of this mail.
    async fn reach(
        &self,
        envelope: &RelayEnvelope,
        recorder: &Recorder,
    ) -> Result<(Dialogue, u32), Evidence> {
        if let Some(mut kept) = self.pick() {
            recorder.reused(true);
            match reuse(&mut kept.dialogue, envelope, recorder).await {
                Ok(()) => return Ok((kept.dialogue, kept.mails)),
                Err(evidence) if is_stale(&evidence) => {
                    recorder.note("the kept connection is over; a new one is opened");
                    recorder.reused(false);
                }
                Err(evidence) => {
                    return Err(self.refused(kept.dialogue, evidence));
                }
            }
        }
        let opened = Dialogue::open(self.target.clone(), recorder.clone(), StopAfter::Auth);
        let mut dialogue = opened.await?;
        match hand_in(&mut dialogue, envelope).await {
            Ok(()) => Ok((dialogue, 0)),
            Err(evidence) => Err(self.refused(dialogue, evidence)),
        }
    }

    /// A refused recipient says nothing against the connection, but it is not worth a task of its own: it ends here.
    fn refused(&self, dialogue: Dialogue, evidence: Evidence) -> Evidence {
        tokio::spawn(dialogue.quit());
        evidence
    }
}

async fn reuse(
    dialogue: &mut Dialogue,
    envelope: &RelayEnvelope,
    recorder: &Recorder,
) -> Result<(), Evidence> {
    dialogue.renew(recorder.clone(), PULSE).await?;
    hand_in(dialogue, envelope).await
}

async fn hand_in(dialogue: &mut Dialogue, envelope: &RelayEnvelope) -> Result<(), Evidence> {
    dialogue.deliver_within(envelope.deliver_within);
    dialogue
        .envelope(envelope.from.as_str(), envelope.to.as_str())
        .await
}

/// Whether a kept connection ended as they do: closed, reset, silent, 421, or no wish to begin again.
fn is_stale(evidence: &Evidence) -> bool {
    match (&evidence.step, &evidence.what) {
        (Step::Rset, _) => true,
        (Step::Mail, What::Reply(reply)) => reply.code == 421,
        (Step::Mail, What::Fault(fault)) => {
            matches!(fault, Fault::Closed | Fault::Io(_) | Fault::Tls(_))
        }
        _ => false,
    }
}

/// Ends connections that nobody used for a while; ends itself with the last of them.
async fn watch(shared: Weak<Shared>) {
    loop {
        tokio::time::sleep(IDLE).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        for old in shared.take(|kept| kept.since.elapsed() >= IDLE) {
            old.dialogue.quit().await;
        }
        let done = shared.kept(|kept| {
            let done = kept.is_empty();
            if done {
                shared.watched.store(false, Ordering::Release);
            }
            done
        });
        if done {
            return;
        }
    }
}

#[async_trait]
impl Relay for SmtpRelay {
    async fn begin(&self, envelope: &RelayEnvelope) -> Result<Box<dyn Handover>, Box<Attempt>> {
        let shared = &self.shared;
        let transcript = Transcript::new(shared.clock.now(), shared.target.name());
        let recorder = Recorder::new(transcript);
        recorder.mask(envelope.to.as_str(), &envelope.to.masked());
        recorder.spare(envelope.from.as_str());
        match shared.reach(envelope, &recorder).await {
            Ok((dialogue, mails)) => Ok(Box::new(Accepted {
                shared: shared.clone(),
                dialogue,
                mails,
            })),
            Err(evidence) => Err(Box::new(over(&recorder, Err(evidence)))),
        }
    }
}

/// A recipient that the relay has taken.
struct Accepted {
    shared: Arc<Shared>,
    dialogue: Dialogue,
    mails: u32,
}

#[async_trait]
impl Handover for Accepted {
    async fn finish(mut self: Box<Self>, message: &OutgoingMessage) -> Attempt {
        self.dialogue.recorder().spare(message.message_id());
        let outcome = self.dialogue.message(message).await;
        let attempt = over(self.dialogue.recorder(), outcome);
        self.shared.put_back(self.dialogue, self.mails + 1);
        attempt
    }

    async fn abandon(self: Box<Self>) {
        // RSET comes before the next mail.
        self.shared.put_back(self.dialogue, self.mails);
    }
}

fn over(recorder: &Recorder, outcome: Result<Reply, Evidence>) -> Attempt {
    let end = match outcome {
        Ok(reply) => End::Accepted(reply),
        Err(evidence) => End::Failed {
            diagnosis: diagnose(&evidence),
            evidence,
        },
    };
    Attempt {
        end,
        transcript: recorder.transcript(),
    }
}
