//! Probes: who tried which mail server, how that ended, and the whole conversation.

use super::attempts::bounded;
use super::{Result, Row, Tx};
use crate::domain::smtp::transcript::Transcript;
use crate::domain::time::Timestamp;

/// So many are kept.
const KEPT: i64 = 500;

/// A probe that is over.
#[derive(Debug, Clone)]
pub struct NewProbe<'a> {
    pub id: &'a str,
    pub at: Timestamp,
    pub started_by: Option<&'a str>,
    pub target: &'a str,
    pub protection: &'a str,
    pub saved: bool,
    pub stop_after: &'a str,
    /// None where it passed.
    pub failure: Option<ProbeFailure>,
    pub transcript: &'a Transcript,
}

/// What a failed probe ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeFailure {
    /// The name of the class.
    pub class: String,
    /// The id of the diagnosis.
    pub diagnosis: String,
    /// On one line.
    pub evidence: String,
}

/// A probe without its conversation.
#[derive(Debug, Clone)]
pub struct ProbeRow {
    pub id: String,
    pub at: Timestamp,
    /// The account id of the operator; none from the command line.
    pub started_by: Option<String>,
    /// `host:port`
    pub target: String,
    /// `none`, `starttls`, `implicit`
    pub protection: String,
    /// Whether the saved settings were tried, unchanged.
    pub saved: bool,
    /// `connect`, `tls`, `auth`, `rcpt`, `data`
    pub stop_after: String,
    /// None where it passed.
    pub failure: Option<ProbeFailure>,
}

/// A probe with its conversation.
#[derive(Debug, Clone)]
pub struct StoredProbe {
    pub row: ProbeRow,
    /// Shortened where it was long; none where it is of another version.
    pub transcript: Option<Transcript>,
}

impl Tx {
    /// Keeps a probe; the oldest go when there are more than 500.
    pub async fn add_probe(&mut self, new: NewProbe<'_>) -> Result<()> {
        let failure = new.failure.clone();
        self.query(
            "INSERT INTO smtp_probe (id, at, started_by, target, protection, saved, stop_after, passed, class, diagnosis, \
             evidence, transcript) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(new.id.to_owned())
        .bind(new.at.millis())
        .bind(new.started_by.map(str::to_owned))
        .bind(new.target.to_owned())
        .bind(new.protection.to_owned())
        .bind(new.saved)
        .bind(new.stop_after.to_owned())
        .bind(failure.is_none())
        .bind(failure.as_ref().map(|failure| failure.class.clone()))
        .bind(failure.as_ref().map(|failure| failure.diagnosis.clone()))
        .bind(failure.map(|failure| failure.evidence))
        .bind(bounded(new.transcript).unwrap_or_default())
        .execute()
        .await?;
        // What another instance is just deleting is left to it.
        let free = self.skip_locked();
        self.query(sqlx::AssertSqlSafe(format!(
            "DELETE FROM smtp_probe WHERE id IN (SELECT id FROM smtp_probe WHERE id IN \
             (SELECT id FROM smtp_probe ORDER BY at DESC, id LIMIT $2 OFFSET $1){free})"
        )))
        .bind(KEPT)
        .bind(i64::from(u32::MAX))
        .execute()
        .await?;
        Ok(())
    }

    /// The probe of that id.
    pub async fn probe(&mut self, id: &str) -> Result<Option<StoredProbe>> {
        let row = self
            .query("SELECT * FROM smtp_probe WHERE id = $1")
            .bind(id.to_owned())
            .fetch_optional()
            .await?;
        Ok(row.as_ref().map(stored).transpose()?)
    }

    /// The newest first, of one target or of all.
    pub async fn probes(&mut self, target: Option<&str>, limit: u32) -> Result<Vec<ProbeRow>> {
        let of = target.map_or("", |_| "WHERE target = $2 ");
        let query = self
            .query(sqlx::AssertSqlSafe(format!(
                "SELECT id, at, started_by, target, protection, saved, stop_after, class, diagnosis, evidence FROM smtp_probe \
                 {of}ORDER BY at DESC, id LIMIT $1"
            )))
            .bind(i64::from(limit));
        let query = match target {
            Some(target) => query.bind(target),
            None => query,
        };
        let rows = query.fetch_all().await?;
        Ok(rows.iter().map(read).collect::<sqlx::Result<_>>()?)
    }

    /// The last one that passed at that target: what "changed since" compares with.
    pub async fn last_pass(&mut self, target: &str) -> Result<Option<StoredProbe>> {
        let row = self.query(
            "SELECT * FROM smtp_probe WHERE target = $1 AND passed ORDER BY at DESC, id LIMIT 1",
        )
        .bind(target.to_owned())
        .fetch_optional()
        .await?;
        Ok(row.as_ref().map(stored).transpose()?)
    }

    /// The last one that passed with the saved settings, unchanged, and went at least as far as AUTH: it releases mail that was held
    /// before it. One that stopped earlier says nothing about the credentials.
    pub async fn last_saved_pass(&mut self) -> Result<Option<ProbeRow>> {
        let row = self.query(
            "SELECT id, at, started_by, target, protection, saved, stop_after, class, diagnosis, evidence FROM smtp_probe \
             WHERE saved AND passed AND stop_after IN ('auth', 'rcpt', 'data') ORDER BY at DESC, id LIMIT 1",
        )
        .fetch_optional()
        .await?;
        Ok(row.as_ref().map(read).transpose()?)
    }
}

fn stored(row: &Row) -> sqlx::Result<StoredProbe> {
    let transcript: String = row.try_get("transcript")?;
    Ok(StoredProbe {
        row: read(row)?,
        transcript: serde_json::from_str(&transcript).ok(),
    })
}

fn read(row: &Row) -> sqlx::Result<ProbeRow> {
    let failed: (Option<String>, Option<String>, Option<String>) = (
        row.try_get("class")?,
        row.try_get("diagnosis")?,
        row.try_get("evidence")?,
    );
    let failure = match failed {
        (Some(class), Some(diagnosis), Some(evidence)) => Some(ProbeFailure {
            class,
            diagnosis,
            evidence,
        }),
        _ => None,
    };
    Ok(ProbeRow {
        id: row.try_get("id")?,
        at: Timestamp::from_millis(row.try_get("at")?),
        started_by: row.try_get("started_by")?,
        target: row.try_get("target")?,
        protection: row.try_get("protection")?,
        saved: row.try_get("saved")?,
        stop_after: row.try_get("stop_after")?,
        failure,
    })
}
