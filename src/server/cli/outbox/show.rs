//! `postern outbox show`: one mail, the attempts at it, and what was said in one of them.

use clap::Args;
use serde::Serialize;

use super::{Seen, or_dash, state};
use crate::domain::smtp::diagnosis;
use crate::domain::smtp::transcript::Transcript;
use crate::server::cli::context::Context;
use crate::server::cli::exit::CliError;
use crate::server::cli::output;
use crate::server::cli::transcript::{Paint, printable, render};
use crate::server::mail::outbox;
use crate::server::store::{AttemptRow, MailRow, MailState};

/// Show one mail, its attempts, and the transcript of the last or of another attempt.
#[derive(Debug, Args)]
pub struct Show {
    /// Its id, the first digits of it, or the reference of a reset request
    #[arg(value_name = "ID")]
    which: String,
    /// The transcript of this attempt instead of the last one's
    #[arg(long, value_name = "NUMBER")]
    attempt: Option<u32>,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// An attempt as `--json` shows it.
#[derive(Debug, Serialize)]
struct Attempt {
    number: u32,
    started_at: String,
    ended_at: Option<String>,
    outcome: &'static str,
    class: Option<String>,
    diagnosis: Option<String>,
    evidence: Option<String>,
    message_id: Option<String>,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    mail: Seen,
    tries: Vec<Attempt>,
    /// Of the attempt that was asked for.
    transcript: Option<Transcript>,
}

impl Attempt {
    fn new(row: &AttemptRow) -> Self {
        Self {
            number: row.number,
            started_at: output::time(row.started_at),
            ended_at: row.ended_at.map(output::time),
            outcome: row.outcome.name(),
            class: row.class.clone(),
            diagnosis: row.diagnosis.clone(),
            evidence: row.evidence.clone(),
            message_id: row.message_id.clone(),
        }
    }
}

impl Show {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let service = context.service().await?;
        let mut tx = service.store.read().await?;
        let mail = outbox::find(&mut tx, &self.which).await?;
        let rows = tx.attempts_at(&mail.id).await?;
        let chosen = match self.attempt {
            None => rows.last(),
            Some(number) => {
                let found = rows.iter().find(|row| row.number == number);
                Some(found.ok_or_else(|| {
                    let words = format!("this mail has no attempt {number}; it has {}", rows.len());
                    CliError::NotFound(words)
                })?)
            }
        };
        let transcript = match chosen {
            Some(row) => tx.transcript(&row.id).await?,
            None => None,
        };
        if self.json {
            return output::print_json(&Shown {
                mail: Seen::new(&mail),
                tries: rows.iter().map(Attempt::new).collect(),
                transcript,
            });
        }
        let paint = Paint::of_stdout();
        let mut text = facts(&mail);
        if !rows.is_empty() {
            text.push('\n');
            text.push_str(&table(&rows));
        }
        if let Some(row) = chosen {
            text.push_str(&format!("\nAttempt {}: ", row.number));
            match &transcript {
                Some(transcript) => text.push_str(&render(transcript, paint)),
                None => text.push_str("no transcript was kept\n"),
            }
        }
        output::print(&text)
    }
}

fn facts(mail: &MailRow) -> String {
    let queued = mail.state == MailState::Queued;
    let mut facts = vec![
        ("id", mail.id.clone()),
        ("kind", mail.kind.clone()),
        ("request", or_dash(mail.reference.as_deref())),
        ("to", or_dash(mail.recipient.as_deref())),
        ("state", state(mail).to_owned()),
        ("attempts", mail.attempts.to_string()),
        ("created", output::time(mail.created_at)),
    ];
    if queued {
        facts.push(("next attempt", output::time(mail.not_before)));
        facts.push(("worth sending until", output::time(mail.give_up_at)));
    }
    if let Some(sent_at) = mail.sent_at {
        facts.push(("accepted by the relay", output::time(sent_at)));
    }
    if let Some(reason) = &mail.reason {
        facts.push(("reason", printable(reason)));
    }
    // What a mail that went out ended with is no failure any more.
    let row = mail.diagnosis.as_deref().and_then(diagnosis::by_id);
    if let Some(row) = row.filter(|_| mail.state != MailState::Sent) {
        facts.push(("diagnosis", format!("{}: {}", row.id, row.title)));
        facts.push(("cause", row.cause.to_owned()));
        facts.push(("what to do", row.fix.to_owned()));
    }
    output::facts(&facts)
}

fn table(attempts: &[AttemptRow]) -> String {
    let rows: Vec<_> = attempts
        .iter()
        .map(|row| {
            let took = row.ended_at.map_or_else(
                || "-".to_owned(),
                |ended| format!("{} ms", ended.since(row.started_at).as_millis()),
            );
            [
                row.number.to_string(),
                output::time(row.started_at),
                took,
                row.outcome.name().to_owned(),
                or_dash(row.diagnosis.as_deref()),
                printable(row.evidence.as_deref().unwrap_or("-")),
            ]
        })
        .collect();
    output::table(
        [
            "ATTEMPT",
            "BEGAN",
            "TOOK",
            "OUTCOME",
            "DIAGNOSIS",
            "EVIDENCE",
        ],
        &rows,
    )
}
