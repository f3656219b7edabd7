//! Attempts at a mail: one row each, from the moment the relay is asked until it is known how that ended, with the transcript.

use super::{Result, Row, Tx, count};
use crate::domain::smtp::transcript::Transcript;
use crate::domain::time::Timestamp;

/// Most octets of a stored transcript.
const MAX_TRANSCRIPT: usize = 64 * 1024;
/// Longest evidence in characters.
const MAX_EVIDENCE: usize = 600;
/// Said of an attempt whose worker is gone.
const WORKER_GONE: &str = "the worker ended before the attempt did";

/// How an attempt ended; the names are the database's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Under way.
    Running,
    /// The relay took the mail.
    Accepted,
    /// It is tried again.
    Deferred,
    /// It waits until settings change or a probe passes.
    Held,
    /// For good.
    Failed,
    /// Nobody knows: the worker died, or the connection did after the final dot.
    Lost,
    /// While the relay was asked, the mail stopped being wanted, or had to wait.
    Abandoned,
}

impl AttemptOutcome {
    /// Every outcome.
    pub const ALL: [Self; 7] = [
        Self::Running,
        Self::Accepted,
        Self::Deferred,
        Self::Held,
        Self::Failed,
        Self::Lost,
        Self::Abandoned,
    ];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Lost => "lost",
            Self::Abandoned => "abandoned",
        }
    }

    /// The outcome of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// What is written down when an attempt is over.
#[derive(Debug, Clone, Copy)]
pub struct AttemptEnd<'a> {
    pub outcome: AttemptOutcome,
    pub class: Option<&'a str>,
    /// The id of the diagnosis.
    pub diagnosis: Option<&'a str>,
    /// The reply or the fault, on one line.
    pub evidence: Option<&'a str>,
    /// Of the message, where it came that far.
    pub message_id: Option<&'a str>,
    pub transcript: Option<&'a Transcript>,
}

/// One attempt as it is read back, without its transcript.
#[derive(Debug, Clone)]
pub struct AttemptRow {
    pub id: String,
    pub mail_id: String,
    /// From one, in the order of the attempts at this mail.
    pub number: u32,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub outcome: AttemptOutcome,
    /// Whether the token was drawn and the message was about to go out.
    pub handing_over: bool,
    pub class: Option<String>,
    pub diagnosis: Option<String>,
    pub evidence: Option<String>,
    pub message_id: Option<String>,
}

const COLUMNS: &str = "id, outbox_id, number, started_at, ended_at, outcome, handing_over, class, diagnosis, evidence, message_id";

fn read(row: &Row) -> sqlx::Result<AttemptRow> {
    let outcome: String = row.try_get("outcome")?;
    Ok(AttemptRow {
        id: row.try_get("id")?,
        mail_id: row.try_get("outbox_id")?,
        number: count(row.try_get("number")?),
        started_at: Timestamp::from_millis(row.try_get("started_at")?),
        ended_at: row
            .try_get::<Option<i64>>("ended_at")?
            .map(Timestamp::from_millis),
        outcome: AttemptOutcome::from_name(&outcome).unwrap_or(AttemptOutcome::Lost),
        handing_over: row.try_get("handing_over")?,
        class: row.try_get("class")?,
        diagnosis: row.try_get("diagnosis")?,
        evidence: row.try_get("evidence")?,
        message_id: row.try_get("message_id")?,
    })
}

/// Whether a mail came to its recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    Never,
    /// An attempt was lost while it was handed over, or is just being handed over.
    Perhaps,
    /// The relay took it at least once.
    Accepted,
}

impl Tx {
    /// Writes down that an attempt begins; tells its number.
    pub async fn begin_attempt(&mut self, id: &str, mail_id: &str, now: Timestamp) -> Result<u32> {
        let (number,): (i64,) = self.query(
            "INSERT INTO delivery_attempt (id, outbox_id, number, started_at, outcome) \
             SELECT $1, $2, COALESCE(MAX(number), 0) + 1, $3, 'running' FROM delivery_attempt WHERE outbox_id = $2 \
             RETURNING number",
        )
        .bind(id.to_owned())
        .bind(mail_id.to_owned())
        .bind(now.millis())
        .fetch_one_as()
        .await?;
        Ok(count(number))
    }

    /// Marks an attempt: from here on, one that ends in silence may have delivered a mail. Belongs into the transaction that stores
    /// the token. False where the attempt was declared lost meanwhile: the mail is another worker's now.
    pub async fn hand_over(&mut self, id: &str) -> Result<bool> {
        let marked = self.query(
            "UPDATE delivery_attempt SET handing_over = TRUE WHERE id = $1 AND outcome = 'running'",
        )
        .bind(id.to_owned())
        .execute()
        .await?;
        Ok(marked == 1)
    }

    /// Whether it is not yet written down how an attempt ended.
    pub async fn attempt_runs(&mut self, id: &str) -> Result<bool> {
        let (running,): (i64,) = self
            .query("SELECT COUNT(*) FROM delivery_attempt WHERE id = $1 AND outcome = 'running'")
            .bind(id.to_owned())
            .fetch_one_as()
            .await?;
        Ok(running > 0)
    }

    /// Writes down how an attempt ended. One that was declared lost meanwhile learns better.
    pub async fn end_attempt(
        &mut self,
        id: &str,
        end: AttemptEnd<'_>,
        now: Timestamp,
    ) -> Result<()> {
        let evidence = end.evidence.map(|text| cut(text, MAX_EVIDENCE));
        self.query(
            "UPDATE delivery_attempt SET ended_at = $2, outcome = $3, class = $4, diagnosis = $5, evidence = $6, \
             message_id = $7, transcript = $8 WHERE id = $1",
        )
        .bind(id.to_owned())
        .bind(now.millis())
        .bind(end.outcome.name())
        .bind(end.class.map(str::to_owned))
        .bind(end.diagnosis.map(str::to_owned))
        .bind(evidence)
        .bind(end.message_id.map(str::to_owned))
        .bind(end.transcript.and_then(bounded))
        .execute()
        .await?;
        Ok(())
    }

    /// Declares the attempts lost that still run for a mail that was just claimed: whoever made them is gone.
    pub async fn lose_attempts(&mut self, mail_id: &str, now: Timestamp) -> Result<u32> {
        let lost = self
            .query(
                "UPDATE delivery_attempt SET outcome = 'lost', ended_at = $2, evidence = $3, \
             class = CASE WHEN handing_over THEN 'delivery' ELSE 'local' END, \
             diagnosis = CASE WHEN handing_over THEN 'data.ambiguous' ELSE NULL END \
             WHERE outbox_id = $1 AND outcome = 'running'",
            )
            .bind(mail_id.to_owned())
            .bind(now.millis())
            .bind(WORKER_GONE)
            .execute()
            .await?;
        Ok(u32::try_from(lost).unwrap_or(u32::MAX))
    }

    /// How often a mail was lost while it was handed over, so that it may have arrived; since it was last queued by hand.
    pub async fn lost_handovers(&mut self, mail_id: &str) -> Result<u32> {
        let (lost,): (i64,) = self.query(
            "SELECT COUNT(*) FROM delivery_attempt JOIN outbox ON outbox.id = delivery_attempt.outbox_id \
             WHERE delivery_attempt.outbox_id = $1 AND delivery_attempt.outcome = 'lost' AND delivery_attempt.handing_over \
             AND delivery_attempt.started_at >= COALESCE(outbox.resent_at, 0)",
        )
        .bind(mail_id.to_owned())
        .fetch_one_as()
        .await?;
        Ok(count(lost))
    }

    /// Whether a mail is in a mailbox, by all attempts since ever: those before it was queued by hand too.
    pub async fn arrival(&mut self, mail_id: &str) -> Result<Arrival> {
        let (accepted, lost): (i64, i64) = self
            .query(
                "SELECT COALESCE(SUM(CASE WHEN outcome = 'accepted' THEN 1 ELSE 0 END), 0), \
             COALESCE(SUM(CASE WHEN outcome IN ('lost', 'running') AND handing_over THEN 1 ELSE 0 END), 0) \
             FROM delivery_attempt WHERE outbox_id = $1",
            )
            .bind(mail_id.to_owned())
            .fetch_one_as()
            .await?;
        Ok(match (accepted, lost) {
            (0, 0) => Arrival::Never,
            (0, _) => Arrival::Perhaps,
            _ => Arrival::Accepted,
        })
    }

    /// When the first attempt began that counts against a mail's ladder: not those that were held or abandoned, nor those before it
    /// was queued by hand.
    pub async fn first_attempt_at(&mut self, mail_id: &str) -> Result<Option<Timestamp>> {
        let (first,): (Option<i64>,) = self.query(
            "SELECT MIN(delivery_attempt.started_at) FROM delivery_attempt JOIN outbox ON outbox.id = delivery_attempt.outbox_id \
             WHERE delivery_attempt.outbox_id = $1 AND delivery_attempt.outcome NOT IN ('held', 'abandoned') \
             AND delivery_attempt.started_at >= COALESCE(outbox.resent_at, 0)",
        )
        .bind(mail_id.to_owned())
        .fetch_one_as()
        .await?;
        Ok(first.map(Timestamp::from_millis))
    }

    /// The attempts at a mail, first to last.
    pub async fn attempts_at(&mut self, mail_id: &str) -> Result<Vec<AttemptRow>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM delivery_attempt WHERE outbox_id = $1 ORDER BY number LIMIT 1000"
        ));
        let rows = self.query(sql).bind(mail_id.to_owned()).fetch_all().await?;
        Ok(rows.iter().map(read).collect::<sqlx::Result<_>>()?)
    }

    /// One attempt at a mail, by its number.
    pub async fn attempt(&mut self, mail_id: &str, number: u32) -> Result<Option<AttemptRow>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM delivery_attempt WHERE outbox_id = $1 AND number = $2"
        ));
        let row = self
            .query(sql)
            .bind(mail_id.to_owned())
            .bind(i64::from(number))
            .fetch_optional()
            .await?;
        Ok(row.as_ref().map(read).transpose()?)
    }

    /// The transcript of an attempt, by the attempt's id; none while it runs, or where its worker died.
    pub async fn transcript(&mut self, id: &str) -> Result<Option<Transcript>> {
        let row = self
            .query("SELECT transcript FROM delivery_attempt WHERE id = $1")
            .bind(id.to_owned())
            .fetch_optional()
            .await?;
        let text: Option<String> = match row {
            Some(row) => row.try_get("transcript")?,
            None => None,
        };
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }
}

/// As JSON of at most [`MAX_TRANSCRIPT`] octets: what is too much is cut from the longest part of it, and said to be missing.
pub(super) fn bounded(transcript: &Transcript) -> Option<String> {
    let text = serde_json::to_string(transcript).ok()?;
    if text.len() <= MAX_TRANSCRIPT {
        return Some(text);
    }
    let mut smaller = transcript.clone();
    smaller.truncated = true;
    for lines in [100, 30, 10, 3, 0] {
        for step in &mut smaller.steps {
            step.lines.truncate(lines);
            for line in &mut step.lines {
                line.text = cut(&line.text, 200);
            }
        }
        smaller.steps.truncate(64);
        for offered in [&mut smaller.before_tls, &mut smaller.within_tls] {
            offered.truncate(lines);
            for line in offered {
                *line = cut(line, 200);
            }
        }
        if let Some(tls) = &mut smaller.tls {
            tls.chain.truncate(lines);
            for certificate in &mut tls.chain {
                certificate.names.truncate(lines);
            }
        }
        let text = serde_json::to_string(&smaller).ok()?;
        if text.len() <= MAX_TRANSCRIPT {
            return Some(text);
        }
    }
    // What is left is no conversation.
    let mut empty = Transcript::new(smaller.started_at, cut(&smaller.target, 300));
    empty.truncated = true;
    serde_json::to_string(&empty).ok()
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::smtp::step::Step;
    use crate::domain::smtp::transcript::{Side, StepRecord, StepState, WireLine};

    fn transcript(lines: usize, length: usize) -> Transcript {
        let mut transcript = Transcript::new(Timestamp::from_millis(0), "a.example:25".into());
        let line = |at_ms| WireLine {
            from: Side::Server,
            at_ms,
            text: "ä".repeat(length),
        };
        transcript.steps.push(StepRecord {
            step: Step::Ehlo,
            at_ms: 0,
            took_ms: 1,
            state: StepState::Passed,
            lines: (0..lines as u64).map(line).collect(),
        });
        transcript
    }

    #[test]
    fn a_transcript_that_fits_is_stored_whole() {
        let whole = transcript(20, 100);
        let read: Transcript = serde_json::from_str(&bounded(&whole).unwrap()).unwrap();
        assert_eq!(read, whole);
    }

    #[test]
    fn whatever_a_server_says_64_kib_are_kept() {
        for (lines, length) in [(100_000, 80), (3, 1_000_000), (0, 0)] {
            let mut huge = transcript(lines, length);
            huge.target = "x".repeat(100_000);
            let text = bounded(&huge).unwrap();
            assert!(text.len() <= MAX_TRANSCRIPT, "{}", text.len());
            let read: Transcript = serde_json::from_str(&text).unwrap();
            assert!(read.truncated);
        }
    }
}
