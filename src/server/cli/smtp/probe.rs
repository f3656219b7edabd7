//! `postern smtp probe`: one recorded conversation with a mail server, as far as it is wanted, and what it means.

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio::sync::watch;

use super::reach::Reach;
use super::real_mail;
use super::verdict::Verdict;
use super::waterfall::Waterfall;
use crate::domain::identifier::EmailAddress;
use crate::domain::smtp::diagnosis::{Diagnosis, diagnose};
use crate::domain::smtp::evidence::{Evidence, Fault};
use crate::domain::smtp::step::Step;
use crate::domain::smtp::transcript::Transcript;
use crate::server::caller::Caller;
use crate::server::cli::context::Context;
use crate::server::cli::exit::{CliError, Exit};
use crate::server::cli::output;
use crate::server::cli::transcript::Paint;
use crate::server::config::TlsMode;
use crate::server::probe::{self, Asked};
use crate::server::service::Service;
use crate::server::smtp::client::{StopAfter, Target};
use crate::server::smtp::dns;

const AFTER_HELP: &str = "\
Examples:
  postern smtp probe                                  the saved settings, up to the sign-in
  postern smtp probe --to me@example.org              up to the recipient, without sending
  postern smtp probe --to me@example.org --stop-after data
  postern smtp probe --host mail.example.org --user relay --password-file pw
  postern smtp probe --mx --to me@example.org         the recipient's own mail server
  postern smtp probe --real-mail --to me@example.org  a mail through queue and worker

A probe of the saved settings, unchanged, that passes the sign-in releases mail that is held.

With --json, one object: id (none where there is no database to store it in), saved, target, protection,
stop_after, passed, took_ms, verdict (none where it passed: class, id, exit_code, step, evidence, title,
cause, fix, next), transcript (steps with their lines and milliseconds, capabilities before and within
TLS, the certificates).

Exit codes: 0 it passed, 2 usage, 10 connection, 11 TLS, 20 authentication, 30 blocking, 40 refused for
good, 41 refused for now, 50 protocol, 60 our own side.";

/// Talk to a mail server, step by step, and say what stands in the way.
///
/// Without --host the saved settings are tried. Passwords and what is in a mail are never shown or stored.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Probe {
    #[command(flatten)]
    reach: Reach,
    /// Ask the name server for the mail server of the recipient's domain, and go there
    #[arg(long, requires = "to", conflicts_with = "host")]
    mx: bool,
    /// The sender [default: mail.from]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    from: Option<EmailAddress>,
    /// The recipient
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    to: Option<EmailAddress>,
    /// How far to go; data sends a test mail [default: rcpt with --to, else auth]
    #[arg(long, value_enum, value_name = "STEP")]
    stop_after: Option<Stop>,
    /// For the whole, such as 20s [default: smtp.timeout]
    #[arg(long, value_name = "DURATION", value_parser = timeout)]
    timeout: Option<Duration>,
    /// Queue a test mail as a real one and follow it through worker and mail server for --timeout [default: 2m, to
    /// site.support]
    #[arg(long, conflicts_with_all = ["mx", "from", "stop_after"])]
    real_mail: bool,
    /// As one JSON object, when it is over
    #[arg(long)]
    json: bool,
}

/// `--stop-after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Stop {
    Connect,
    Tls,
    Auth,
    Rcpt,
    Data,
}

/// A probe as `--json` shows it.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    /// None where it was not stored.
    id: Option<&'a str>,
    saved: bool,
    target: &'a str,
    protection: &'a str,
    stop_after: &'a str,
    passed: bool,
    took_ms: u64,
    verdict: Option<Verdict>,
    transcript: &'a Transcript,
}

/// How it went.
struct Ended {
    id: Option<String>,
    failure: Option<(Evidence, Diagnosis)>,
    transcript: Transcript,
}

impl Probe {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        if self.real_mail {
            if !self.reach.is_saved() {
                let words =
                    "--real-mail goes the way of the saved settings: leave the server's flags out";
                return Err(CliError::Usage(words.to_owned()));
            }
            return real_mail::run(context, self.to, self.timeout, self.json).await;
        }
        let stop_after = self.stop()?;
        let mut target = self.reach.target(context, self.timeout, self.mx)?;
        let saved = self.reach.is_saved() && !self.mx && self.timeout.is_none();
        let service = match context.service().await {
            Ok(service) => Some(service),
            Err(why @ (CliError::NotFound(_) | CliError::Refused(_))) => {
                eprintln!("postern: nothing is stored: {why}");
                None
            }
            Err(error) => return Err(error),
        };
        let asked = |target: &Arc<Target>| Asked {
            target: (!saved).then(|| Arc::clone(target)),
            from: self.from.clone(),
            to: self.to.clone(),
            stop_after,
            started_by: None,
            asked_by: user(),
            caller: Caller::internal("smtp probe"),
        };
        let found = if self.mx {
            self.to_its_mx(&mut target).await
        } else {
            Ok(())
        };
        let target = Arc::new(target);
        let ended = match found {
            Ok(()) => {
                self.converse(context, service, &target, asked(&target))
                    .await?
            }
            Err(evidence) => Ended {
                id: None,
                failure: Some((evidence.clone(), diagnose(&evidence))),
                transcript: Transcript::new(context.clock.now(), target.name()),
            },
        };
        self.show(&ended, &target, saved, stop_after)
    }

    fn stop(&self) -> Result<StopAfter, CliError> {
        let stop = match (self.stop_after, &self.to) {
            (Some(Stop::Connect), _) => StopAfter::Connect,
            (Some(Stop::Tls), _) => StopAfter::Tls,
            (Some(Stop::Auth), _) | (None, None) => StopAfter::Auth,
            (Some(Stop::Rcpt), _) | (None, Some(_)) => StopAfter::Rcpt,
            (Some(Stop::Data), _) => StopAfter::Data,
        };
        if stop >= StopAfter::Rcpt && self.to.is_none() {
            let words = format!("--stop-after {} needs a recipient: --to", stop.name());
            return Err(CliError::Usage(words));
        }
        Ok(stop)
    }

    /// The preferred mail server of the recipient's domain (RFC 5321 5.1), on the port of mail between servers.
    async fn to_its_mx(&self, target: &mut Target) -> Result<(), Evidence> {
        let to = self.to.as_ref().map_or("", EmailAddress::as_str);
        let domain = to.rsplit('@').next().unwrap_or_default();
        // What is named where there is no such host.
        self.reach.towards_mx(target, domain.to_owned());
        let found = dns::mail_hosts(domain, target.resolver, target.limits.connect).await;
        let hosts = found.map_err(|fault| Evidence::fault(Step::Dns, Fault::Dns(fault)))?;
        if !self.json {
            let words = hosts.join(", ");
            let _ = output::print(&format!("Mail for {domain} goes to {words}\n"));
        }
        if let Some(host) = hosts.into_iter().next() {
            self.reach.towards_mx(target, host);
        }
        Ok(())
    }

    /// Holds the conversation, showing it as it goes.
    async fn converse(
        &self,
        context: &Context,
        service: Option<Service>,
        target: &Arc<Target>,
        asked: Asked,
    ) -> Result<Ended, CliError> {
        let over = |error: tokio::task::JoinError| CliError::Failed(error.into());
        match service {
            Some(service) => {
                let probe = probe::start(&service, asked)?;
                self.watch(probe.progress).await?;
                let finished = probe.end.await.map_err(over)?;
                Ok(Ended {
                    id: finished.stored.then_some(finished.id),
                    failure: finished.failure,
                    transcript: finished.transcript,
                })
            }
            None => {
                let recorder = probe::begin(target, context.clock.now());
                let progress = recorder.watch();
                let (config, target) = (Arc::clone(&context.config), Arc::clone(target));
                let end = tokio::spawn(async move {
                    let failure = probe::converse(&config, &target, &asked, &recorder).await;
                    (failure, recorder.transcript())
                });
                self.watch(progress).await?;
                let (failure, transcript) = end.await.map_err(over)?;
                Ok(Ended {
                    id: None,
                    failure,
                    transcript,
                })
            }
        }
    }

    /// Shows the steps as they end, until nobody writes any more.
    async fn watch(&self, mut progress: watch::Receiver<Transcript>) -> Result<(), CliError> {
        if self.json {
            return Ok(());
        }
        let mut waterfall = Waterfall::new(Paint::of_stdout());
        loop {
            let new = waterfall.grow(&progress.borrow_and_update());
            output::print(&new)?;
            if progress.changed().await.is_err() {
                let rest = waterfall.finish(&progress.borrow());
                return output::print(&rest);
            }
        }
    }

    fn show(
        &self,
        ended: &Ended,
        target: &Target,
        saved: bool,
        stop_after: StopAfter,
    ) -> Result<(), CliError> {
        let failure = ended.failure.as_ref();
        let verdict = failure.map(|(evidence, diagnosis)| Verdict::new(evidence, *diagnosis));
        if self.json {
            output::print_json(&Shown {
                id: ended.id.as_deref(),
                saved,
                target: &ended.transcript.target,
                protection: target.protection.name(),
                stop_after: stop_after.name(),
                passed: failure.is_none(),
                took_ms: ended.transcript.took_ms(),
                verdict,
                transcript: &ended.transcript,
            })?;
        } else {
            let paint = Paint::of_stdout();
            let words = match &verdict {
                Some(verdict) => verdict.text(paint),
                None => passed(paint, stop_after, target, ended.transcript.took_ms()),
            };
            output::print(&format!("\n{words}"))?;
        }
        match failure {
            None => Ok(()),
            Some((_, diagnosis)) => Err(CliError::Said(Exit::of(*diagnosis))),
        }
    }
}

fn passed(paint: Paint, stop_after: StopAfter, target: &Target, took_ms: u64) -> String {
    let what = match stop_after {
        StopAfter::Connect => "the server answers",
        StopAfter::Tls if target.protection == TlsMode::None => "the server greets us, without TLS",
        StopAfter::Tls => "the connection is encrypted, the certificate is trusted",
        StopAfter::Auth if target.credentials.is_none() => "the server greets us; nobody signed in",
        StopAfter::Auth => "the server lets us sign in",
        StopAfter::Rcpt => "the server takes mail for this recipient",
        StopAfter::Data => "the server accepted the test mail, which is not yet delivered",
    };
    format!("{} {what} ({took_ms} ms)\n", paint.good("passed:"))
}

/// Who is written into a test mail: the user of this machine.
pub fn user() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    let name = name.unwrap_or_default();
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_graphic())
        .take(64)
        .collect();
    if name.is_empty() {
        "the command line".to_owned()
    } else {
        format!("{name}, at the command line")
    }
}

/// An address to write to or from.
pub fn address(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text)
        .map_err(|_| "write a mail address in ASCII, such as me@example.org".to_owned())
}

fn timeout(text: &str) -> Result<Duration, String> {
    let bounds = Duration::from_secs(1)..=Duration::from_secs(600);
    let parsed = humantime::parse_duration(text).ok();
    parsed
        .filter(|duration| bounds.contains(duration))
        .ok_or_else(|| "write a duration from 1s to 10m, such as 20s".to_owned())
}
