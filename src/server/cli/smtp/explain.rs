//! `postern smtp explain`: what a mail server's reply means, for one that stands in a log or a bounce.

use std::io::Read as _;

use clap::Args;
use serde::Serialize;

use super::verdict::Verdict;
use crate::domain::smtp::diagnosis::{diagnose, likely_step, wait_hint};
use crate::domain::smtp::evidence::Evidence;
use crate::domain::smtp::reply::Reply;
use crate::domain::smtp::step::Step;
use crate::domain::smtp::{codes, reply::Enhanced};
use crate::server::cli::exit::CliError;
use crate::server::cli::output::{hanging, print, print_json};
use crate::server::cli::transcript::{Paint, printable};

/// Octets that are read from standard input.
const MOST_INPUT: u64 = 16 * 1024;

/// Say what a mail server's reply means and what to do about it.
///
/// A reply of one or several lines, or a line of a mail log with one in it. Nothing is sent and nothing is asked.
///
/// Examples:
///   postern smtp explain "535 5.7.8 Authentication failed"
///   postern smtp explain --step rcpt 554 5.7.1 Relay access denied
///   grep status=bounced /var/log/mail.log | tail -1 | postern smtp explain
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Explain {
    /// The reply; without it, or with "-": standard input
    #[arg(value_name = "REPLY")]
    reply: Vec<String>,
    /// Where it was said: banner, ehlo, starttls, auth, mail, rcpt, data, message, other [default: the likely one]
    #[arg(long, value_name = "STEP", value_parser = step, hide_possible_values = true)]
    step: Option<Step>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is known about it.
#[derive(Debug, Serialize)]
struct Explained {
    reply: Reply,
    /// As `--step` names it.
    step: Step,
    /// Whether the step was guessed.
    step_assumed: bool,
    basic_meaning: &'static str,
    enhanced_meaning: Option<&'static str>,
    /// The server asks to wait so long.
    wait_seconds: Option<u64>,
    /// None for a reply that is no failure.
    verdict: Option<Verdict>,
}

impl Explain {
    pub fn run(self) -> Result<(), CliError> {
        let text = match self.reply.as_slice() {
            [] => pasted()?,
            [dash] if dash == "-" => pasted()?,
            words => words.join(" "),
        };
        let reply = Reply::parse(&text).ok_or_else(|| {
            let words = "there is no reply of a mail server in this: it begins with three digits, as in \"550 5.1.1 no such user\"";
            CliError::Usage(words.to_owned())
        })?;
        let explained = Explained::new(reply, self.step);
        if self.json {
            print_json(&explained)
        } else {
            print(&explained.text(Paint::of_stdout()))
        }
    }
}

impl Explained {
    fn new(reply: Reply, step: Option<Step>) -> Self {
        let step_assumed = step.is_none();
        let step = step.unwrap_or_else(|| likely_step(&reply));
        let evidence = Evidence::reply(step, reply.clone());
        let diagnosis = diagnose(&evidence);
        // A yes is a failure only where XOAUTH2 hides a refusal in it.
        let failed = !reply.is_positive() || diagnosis.id() == "auth.oauth";
        Self {
            step,
            step_assumed,
            basic_meaning: codes::basic(reply.code),
            enhanced_meaning: reply.enhanced.map(codes::enhanced),
            wait_seconds: wait_hint(&reply).map(|wait| wait.as_secs()),
            verdict: failed.then(|| Verdict::new(&evidence, diagnosis)),
            reply,
        }
    }

    /// The verdict, then the codes one by one.
    fn text(&self, paint: Paint) -> String {
        let mut text = match &self.verdict {
            Some(verdict) => verdict.text(paint),
            None => format!(
                "{} {}\n",
                paint.good("no failure:"),
                printable(&self.reply.to_string())
            ),
        };
        let line = |name: &str, words: &str| hanging(&format!("  {name:<7}"), words);
        if let Some(seconds) = self.wait_seconds {
            text.push_str(&line(
                "wait",
                &format!("The server asks to wait {seconds} s."),
            ));
        }
        text.push_str(&line(&self.reply.code.to_string(), self.basic_meaning));
        if let (Some(code), Some(meaning)) = (self.reply.enhanced, self.enhanced_meaning) {
            text.push_str(&line(&code.to_string(), meaning));
            text.push_str(
                &disagreement(self.reply.code, code)
                    .map_or_else(String::new, |words| line("", words)),
            );
        }
        if self.step_assumed {
            let words = format!(
                "{}, assumed from the reply; --step says otherwise",
                self.step
            );
            text.push_str(&line("step", &words));
        }
        text
    }
}

/// What counts where the two codes say different things.
fn disagreement(basic: u16, enhanced: Enhanced) -> Option<&'static str> {
    (basic / 100 != u16::from(enhanced.class))
        .then_some("The two codes disagree; whether to try again, the first one decides.")
}

fn pasted() -> Result<String, CliError> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MOST_INPUT)
        .read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn step(name: &str) -> Result<Step, String> {
    let wanted = name.to_ascii_lowercase();
    let names = |step: &Step| step.name().to_ascii_lowercase() == wanted;
    Step::ALL.into_iter().find(names).ok_or_else(|| {
        let names = Step::ALL.map(|step| step.name().to_ascii_lowercase());
        format!("one of {}", names.join(", "))
    })
}
