//! `postern smtp session`: SMTP typed by hand, over TLS too, with every reply explained as it comes.

mod auth;
mod input;
mod typed;
mod words;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use self::input::Input;
use self::typed::Typist;
use super::reach::Reach;
use super::verdict::Verdict;
use super::waterfall::Waterfall;
use crate::domain::smtp::diagnosis::diagnose;
use crate::domain::smtp::evidence::Evidence;
use crate::server::cli::context::Context;
use crate::server::cli::exit::{CliError, Exit};
use crate::server::cli::output::print;
use crate::server::cli::transcript::Paint;
use crate::server::config::TlsMode;
use crate::server::probe;
use crate::server::smtp::client::{Dialogue, Recorder, StopAfter, Target};

/// How long a session may last: longer than any server waits for a person.
const SITTING: Duration = Duration::from_secs(4 * 3600);

const AFTER_HELP: &str = "\
Examples:
  postern smtp session                               the saved settings
  postern smtp session --host mail.example.org       plain on port 25, as telnet does
  postern smtp session --host mail.example.org --tls starttls
  postern smtp session --host mail.example.org --tls implicit
  printf 'EHLO me\\nQUIT\\n' | postern smtp session --host 127.0.0.1 --port 1025

Type SMTP commands. STARTTLS typed by hand begins TLS. AUTH PLAIN, AUTH LOGIN and AUTH XOAUTH2 alone ask
for name and password (in a script these are the next two lines), or take them from --user and
--password-file or the saved settings; they are sent encoded and shown as [secret]. After DATA, lines are
taken until one that is a dot. Also: /help /caps /cert /transcript /quit

Exit codes: 0 at a clean end; where the connection could not be made, or was lost, by the class of the
failure: 10 connection, 11 TLS, 20 authentication, 30 blocking, 40 or 41 delivery, 50 protocol, 60 local.";

/// Type SMTP commands to a mail server, and read what its replies mean.
#[derive(Debug, Args)]
#[command(
    after_help = AFTER_HELP,
    mut_arg("tls", |tls| tls.help("[default: implicit on port 465, none for another --host, else smtp.tls]")),
    mut_arg("port", |port| port.help("[default: 25 for none, 587 for starttls, 465 for implicit]"))
)]
pub struct Session {
    #[command(flatten)]
    reach: Reach,
}

impl Session {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let mut target = self.reach.for_typing(context)?;
        // What is typed decides when to sign in.
        let credentials = target.credentials.take();
        target.limits.whole = SITTING;
        let target = Arc::new(target);
        let recorder = probe::begin(&target, context.clock.now());
        let paint = Paint::of_stdout();
        match open(Arc::clone(&target), &recorder, paint).await? {
            Ok(dialogue) => {
                let input = Input::new()?;
                Typist::new(dialogue, input, paint, credentials, &target)
                    .run()
                    .await
            }
            Err(evidence) => Err(ended(&evidence, paint)?),
        }
    }
}

/// Connects, showing how that goes.
async fn open(
    target: Arc<Target>,
    recorder: &Recorder,
    paint: Paint,
) -> Result<Result<Dialogue, Evidence>, CliError> {
    let mut progress = recorder.watch();
    let mut waterfall = Waterfall::new(paint);
    let opening = async {
        if target.protection == TlsMode::StartTls {
            Dialogue::open(target, recorder.clone(), StopAfter::Tls).await
        } else {
            Dialogue::open_bare(target, recorder.clone()).await
        }
    };
    let mut opening = pin!(opening);
    let opened = loop {
        tokio::select! {
            opened = &mut opening => break opened,
            _ = progress.changed() => print(&waterfall.grow(&progress.borrow_and_update()))?,
        }
    };
    print(&waterfall.finish(&recorder.transcript()))?;
    Ok(opened)
}

/// Says why the conversation is over, and with which code that ends.
fn ended(evidence: &Evidence, paint: Paint) -> Result<CliError, CliError> {
    let diagnosis = diagnose(evidence);
    let verdict = Verdict::new(evidence, diagnosis);
    print(&format!("\n{}", verdict.text(paint)))?;
    Ok(CliError::Said(Exit::of(diagnosis)))
}
