//! A probe: one recorded conversation with a relay that somebody asked for, from the console or the command line.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::domain::identifier::EmailAddress;
use crate::domain::mail::Mail;
use crate::domain::smtp::diagnosis::{Diagnosis, diagnose};
use crate::domain::smtp::evidence::{Evidence, Fault};
use crate::domain::smtp::step::Step;
use crate::domain::smtp::transcript::Transcript;
use crate::domain::time::Timestamp;
use crate::server::caller::Caller;
use crate::server::config::Config;
use crate::server::failure::Done;
use crate::server::mail::message::{self, OutgoingMessage};
use crate::server::mail::render::{self, Look};
use crate::server::secrets;
use crate::server::service::Service;
use crate::server::smtp::client::{Dialogue, Recorder, StopAfter, Target};
use crate::server::store::{AuditEvent, NewProbe, Outcome, ProbeFailure};

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// None: the saved settings, unchanged; a pass with them releases mail that is held.
    pub target: Option<Arc<Target>>,
    /// The sender; none takes the settings'.
    pub from: Option<EmailAddress>,
    /// Needed to go as far as RCPT; without it the probe ends after AUTH.
    pub to: Option<EmailAddress>,
    pub stop_after: StopAfter,
    /// The operator's account id; none from the command line.
    pub started_by: Option<String>,
    /// Who is written into the test mail: a username, or a user of this machine.
    pub asked_by: String,
    /// For the audit.
    pub caller: Caller,
}

/// A probe under way.
pub struct Probe {
    /// 32 hexadecimal digits; its row in `smtp_probe` once it is over.
    pub id: String,
    /// The transcript as it grows.
    pub progress: watch::Receiver<Transcript>,
    /// The end.
    pub end: JoinHandle<Finished>,
}

/// A probe that is over.
#[derive(Debug, Clone)]
pub struct Finished {
    pub id: String,
    /// False where the database failed: then there is no such row.
    pub stored: bool,
    /// None where every step passed.
    pub failure: Option<(Evidence, Diagnosis)>,
    pub transcript: Transcript,
}

/// The target that the saved settings describe.
pub fn saved_target(service: &Service) -> Arc<Target> {
    Arc::new(Target::of(&service.config))
}

/// An empty transcript for a conversation with that target.
pub fn begin(target: &Target, now: Timestamp) -> Recorder {
    Recorder::new(Transcript::new(now, target.name()))
}

/// Begins. The probe goes on when nobody watches, bounded by the target's limits; its end is stored and audited.
///
/// # Errors
/// When the machine has no randomness.
pub fn start(service: &Service, asked: Asked) -> Done<Probe> {
    let id = secrets::random_id()?;
    let target = match &asked.target {
        Some(target) => Arc::clone(target),
        None => saved_target(service),
    };
    let recorder = begin(&target, service.now());
    let progress = recorder.watch();
    let end = tokio::spawn({
        let (service, id) = (service.clone(), id.clone());
        async move {
            let failure = converse(&service.config, &target, &asked, &recorder).await;
            let mut finished = Finished {
                id,
                stored: true,
                failure,
                transcript: recorder.transcript(),
            };
            if let Err(error) = keep(&service, &asked, &target, &finished).await {
                tracing::error!(error = format!("{error:#}"), "a probe could not be stored");
                finished.stored = false;
            }
            finished
        }
    });
    Ok(Probe { id, progress, end })
}

/// Holds the conversation, without a database; tells what it failed with.
pub async fn converse(
    config: &Config,
    target: &Arc<Target>,
    asked: &Asked,
    recorder: &Recorder,
) -> Option<(Evidence, Diagnosis)> {
    let ended = talk(config, target, asked, recorder).await;
    ended.err().map(|evidence| {
        let diagnosis = diagnose(&evidence);
        (evidence, diagnosis)
    })
}

async fn talk(
    config: &Config,
    target: &Arc<Target>,
    asked: &Asked,
    recorder: &Recorder,
) -> Result<(), Evidence> {
    let stop = match asked.to {
        Some(_) => asked.stop_after,
        None => asked.stop_after.min(StopAfter::Auth),
    };
    let at = recorder.transcript().started_at;
    // Built first: a template that fails must not leave a conversation half way.
    let message = match &asked.to {
        Some(to) if stop >= StopAfter::Rcpt => {
            Some((to, test_mail(config, target, asked, to, at)?))
        }
        _ => None,
    };
    if let Some(to) = &asked.to {
        // As in every other transcript.
        recorder.mask(to.as_str(), &to.masked());
    }
    let from = crate::server::mail::message::sender(&config.mail);
    recorder.spare(from.as_ref().map_or("", EmailAddress::as_str));
    if let Some((_, message)) = &message {
        recorder.spare(message.message_id());
    }
    let mut dialogue = Dialogue::open(Arc::clone(target), recorder.clone(), stop).await?;
    if let Some((to, message)) = &message {
        let from = message.envelope().from().map(ToString::to_string);
        dialogue
            .envelope(from.as_deref().unwrap_or_default(), to.as_str())
            .await?;
        if stop == StopAfter::Data {
            dialogue.message(message).await?;
        }
    }
    dialogue.quit().await;
    Ok(())
}

/// The mail that a probe sends: by the site's own templates, from its own sender, without a link or a token.
fn test_mail(
    config: &Config,
    target: &Target,
    asked: &Asked,
    to: &EmailAddress,
    at: Timestamp,
) -> Result<OutgoingMessage, Evidence> {
    let unbuildable = |why: String| Evidence::fault(Step::Message, Fault::Unbuildable(why));
    let mail = Mail::Test {
        at,
        asked_by: asked.asked_by.clone(),
        relay: target.name(),
    };
    let mut settings = config.mail.clone();
    if let Some(from) = &asked.from {
        from.as_str().clone_into(&mut settings.from);
    }
    let rendered = render::render(&mail, &Look::from_config(config))
        .map_err(|error| unbuildable(error.to_string()))?;
    message::build(&rendered, to, &settings, at).map_err(|error| unbuildable(error.to_string()))
}

async fn keep(service: &Service, asked: &Asked, target: &Target, finished: &Finished) -> Done<()> {
    let failure = finished.failure.as_ref();
    let mut tx = service.store.begin().await?;
    tx.add_probe(NewProbe {
        id: &finished.id,
        at: finished.transcript.started_at,
        started_by: asked.started_by.as_deref(),
        target: &finished.transcript.target,
        protection: target.protection.name(),
        saved: asked.target.is_none(),
        stop_after: asked.stop_after.name(),
        failure: failure.map(|(evidence, diagnosis)| ProbeFailure {
            class: diagnosis.class().name().to_owned(),
            diagnosis: diagnosis.id().to_owned(),
            evidence: evidence.to_string(),
        }),
        transcript: &finished.transcript,
    })
    .await?;
    let event = AuditEvent {
        event: "smtp_probe_run",
        outcome: if failure.is_none() {
            Outcome::Allowed
        } else {
            Outcome::Failed
        },
        reason: failure.map(|(_, diagnosis)| diagnosis.id()),
        account_id: asked.started_by.as_deref(),
    };
    tx.audit(&asked.caller, service.now(), event).await?;
    Ok(tx.commit().await?)
}
