//! `postern smtp probe --real-mail`: a test mail through the real queue, worker and conversation, followed until it is known how it ended.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::probe::user;
use super::verdict::Verdict;
use crate::domain::identifier::EmailAddress;
use crate::domain::smtp::diagnosis::{Diagnosis, Next, by_id};
use crate::domain::smtp::transcript::Transcript;
use crate::server::caller::Caller;
use crate::server::cli::context::Context;
use crate::server::cli::exit::{CliError, Exit};
use crate::server::cli::output;
use crate::server::cli::transcript::{Paint, printable, render};
use crate::server::mail::test_mail;
use crate::server::mail::worker::Worker;
use crate::server::service::Service;
use crate::server::smtp::relay::SmtpRelay;
use crate::server::store::{AttemptOutcome, AttemptRow, MailRow, MailState};

/// How long a running server has to take the mail up; its worker looks four times a second.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the mail is followed, unless it is said how long.
const BOUND: Duration = Duration::from_secs(120);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(150);

/// A test mail as `--json` shows it.
#[derive(Debug, Serialize)]
struct Shown {
    mail: String,
    /// "sent", "held", "queued", "failed", "expired" or "discarded".
    state: &'static str,
    /// Why, where there was no attempt.
    reason: Option<String>,
    /// "server", or "command" where no server took it.
    sent_by: &'static str,
    attempts: Vec<Attempt>,
}

/// One attempt that is over.
#[derive(Debug, Serialize)]
struct Attempt {
    number: u32,
    outcome: &'static str,
    message_id: Option<String>,
    verdict: Option<Verdict>,
    transcript: Option<Transcript>,
    #[serde(skip)]
    exit: Exit,
}

/// Queues the mail and follows it.
pub async fn run(
    context: &Context,
    to: Option<EmailAddress>,
    bound: Option<Duration>,
    json: bool,
) -> Result<(), CliError> {
    let service = context.service().await?;
    let to = match to {
        Some(to) => to,
        None => support(context)?,
    };
    let caller = Caller::internal("smtp probe");
    let id = test_mail::queue(&service, &caller, &to, &user()).await?;
    let follower = Follower {
        service: &service,
        id: &id,
        say: !json,
        paint: Paint::of_stdout(),
    };
    follower.say(&format!("Queued as mail {id} to {to}\n", to = to.as_str()))?;
    let ends = Instant::now() + bound.unwrap_or(BOUND);
    let mut own = None;
    let followed = follower.follow(ends, &mut own).await;
    let sent_by = if own.is_some() { "command" } else { "server" };
    if let Some(worker) = own {
        worker.stop().await;
    }
    let (mail, attempts) = followed?;
    service.store.close().await;
    let last = attempts.last().map(|attempt| attempt.exit);
    let state = state(&mail);
    if json {
        output::print_json(&Shown {
            mail: id.clone(),
            state,
            reason: attempts.is_empty().then(|| mail.reason.clone()).flatten(),
            sent_by,
            attempts,
        })?;
    } else {
        follower.say(&ending(&mail, &id, follower.paint))?;
    }
    match (mail.state, last) {
        (MailState::Sent, _) => Ok(()),
        (_, Some(exit)) => Err(CliError::Said(exit)),
        (_, None) => Err(CliError::Said(Exit::Failed)),
    }
}

/// Who gets it, where nobody is named.
fn support(context: &Context) -> Result<EmailAddress, CliError> {
    EmailAddress::parse(&context.config.site.support).map_err(|_| {
        CliError::Usage("say who gets it: --to ADDRESS (site.support is no address)".to_owned())
    })
}

/// Who looks at the mail.
struct Follower<'a> {
    service: &'a Service,
    id: &'a str,
    say: bool,
    paint: Paint,
}

impl Follower<'_> {
    fn say(&self, words: &str) -> Result<(), CliError> {
        if self.say {
            output::print(words)
        } else {
            Ok(())
        }
    }

    /// Until it has ended, is held, or time is up. Where nobody takes it and no worker lives on the database, `own` is a worker of this
    /// process: beside a server whose way is shut, or that is busy, a second one would try what the first one spares the relay.
    async fn follow(
        &self,
        ends: Instant,
        own: &mut Option<OwnWorker>,
    ) -> Result<(MailRow, Vec<Attempt>), CliError> {
        let alone = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        let mut told = false;
        loop {
            let mut tx = self.service.store.read().await?;
            let mail = tx.mail_row(self.id).await?;
            let mail = mail.context("the test mail is gone from the outbox")?;
            let rows = tx.attempts_at(self.id).await?;
            for row in rows.iter().skip(seen.len()) {
                if row.outcome == AttemptOutcome::Running {
                    break;
                }
                let attempt = Attempt::new(row, tx.transcript(&row.id).await?);
                self.say(&attempt.text(self.paint))?;
                seen.push(attempt);
            }
            drop(tx);
            let over = mail.state != MailState::Queued || mail.held;
            if (over && seen.len() == rows.len()) || Instant::now() >= ends {
                return Ok((mail, seen));
            }
            let taken = !rows.is_empty() || mail.is_being_sent(self.service.now());
            if own.is_none() && !taken && Instant::now() >= alone {
                let database = &self.service.config.database;
                let now = self.service.now();
                if !self.service.store.is_worked_on(database, now).await? {
                    self.say("No server takes it, so this command works on the outbox itself.\n")?;
                    *own = Some(OwnWorker::start(self.service)?);
                } else if !told {
                    told = true;
                    self.say(
                        "A running server has it in its outbox, but is busy or waits for the mail server: see `postern outbox list`.\n",
                    )?;
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// What a server would do with the outbox, in this process.
struct OwnWorker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    relay: SmtpRelay,
    /// The longest that an attempt may take.
    longest: Duration,
}

impl OwnWorker {
    fn start(service: &Service) -> Result<Self, CliError> {
        let wrong = |error: String| CliError::Refused(error);
        let relay = SmtpRelay::from_config(&service.config, service.clock.clone())
            .map_err(|error| wrong(error.to_string()))?;
        let worker = Worker::new(service.clone(), Arc::new(relay.clone()))
            .map_err(|error| wrong(error.to_string()))?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move { worker.run(stopped).await });
        Ok(Self {
            stop,
            task,
            relay,
            longest: service.config.smtp.timeout + PATIENCE,
        })
    }

    /// What it holds, it finishes.
    async fn stop(self) {
        let _ = self.stop.send(true);
        if tokio::time::timeout(self.longest, self.task).await.is_err() {
            tracing::warn!("a mail is still being sent: the next worker takes it up");
        }
        self.relay.close().await;
    }
}

impl Attempt {
    fn new(row: &AttemptRow, transcript: Option<Transcript>) -> Self {
        let next = match row.outcome {
            AttemptOutcome::Held => Some(Next::Hold),
            AttemptOutcome::Failed => Some(Next::Never),
            AttemptOutcome::Deferred | AttemptOutcome::Lost => None,
            AttemptOutcome::Running | AttemptOutcome::Accepted | AttemptOutcome::Abandoned => None,
        };
        let found = row.diagnosis.as_deref().and_then(by_id);
        let diagnosis = found.map(|row| Diagnosis {
            row,
            next: next.unwrap_or(match row.next {
                Next::Greylist => Next::Greylist,
                _ => Next::Quick,
            }),
        });
        let evidence = row.evidence.clone().unwrap_or_default();
        Self {
            number: row.number,
            outcome: row.outcome.name(),
            message_id: row.message_id.clone(),
            verdict: diagnosis.map(|diagnosis| Verdict::stored(&evidence, diagnosis)),
            transcript,
            exit: diagnosis.map_or(Exit::Failed, Exit::of),
        }
    }

    fn text(&self, paint: Paint) -> String {
        let mut text = format!("\nAttempt {} ({}): ", self.number, self.outcome);
        match &self.transcript {
            Some(transcript) => text.push_str(&render(transcript, paint)),
            None => text.push_str("no transcript was kept\n"),
        }
        if let Some(verdict) = &self.verdict {
            text.push('\n');
            text.push_str(&verdict.text(paint));
        }
        text
    }
}

/// The state in one word; what is held is queued as well.
const fn state(mail: &MailRow) -> &'static str {
    match mail.state {
        MailState::Queued if mail.held => "held",
        state => state.name(),
    }
}

fn ending(mail: &MailRow, id: &str, paint: Paint) -> String {
    let reason = printable(mail.reason.as_deref().unwrap_or("nobody knows why"));
    match mail.state {
        MailState::Sent => format!(
            "\n{} the mail server accepted it, which is not yet delivered\n",
            paint.good("sent:")
        ),
        MailState::Queued if mail.held => format!(
            "\n{} it waits until the settings change or a probe passes; `postern outbox show {}`\n",
            paint.bad("held:"),
            short(id)
        ),
        MailState::Queued => format!(
            "\n{} it is tried again at {}; `postern outbox show {}`\n",
            paint.bad("still queued:"),
            output::time(mail.not_before),
            short(id)
        ),
        state => format!("\n{} {reason}\n", paint.bad(&format!("{}:", state.name()))),
    }
}

/// As much of an id as names it.
fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}
