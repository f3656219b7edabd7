//! Audit events: append-only, one for each step, allowed or refused (the third seed's rule 11).

use super::{Result, Row, Tx};
use crate::domain::time::Timestamp;
use crate::server::caller::Caller;
use crate::server::secrets;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Allowed,
    /// It was asked for and not done, by a rule.
    Refused,
    /// It was to be done and could not.
    Failed,
}

impl Outcome {
    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// One step. Names follow OWASP's logging vocabulary where it has one.
#[derive(Debug, Clone, Copy)]
pub struct AuditEvent<'a> {
    pub event: &'static str,
    pub outcome: Outcome,
    /// A fixed word or two; never something a person typed.
    pub reason: Option<&'a str>,
    pub account_id: Option<&'a str>,
}

impl<'a> AuditEvent<'a> {
    /// A step that was done.
    pub const fn allowed(event: &'static str) -> Self {
        Self {
            event,
            outcome: Outcome::Allowed,
            reason: None,
            account_id: None,
        }
    }

    /// A step that was not done, by a rule.
    pub const fn refused(event: &'static str, reason: &'a str) -> Self {
        Self {
            event,
            outcome: Outcome::Refused,
            reason: Some(reason),
            account_id: None,
        }
    }

    /// With what more is to be said.
    pub const fn because(self, reason: &'a str) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }

    /// With the account that it is about.
    pub const fn of(self, account_id: &'a str) -> Self {
        Self {
            account_id: Some(account_id),
            ..self
        }
    }
}

/// One row as it is read back.
#[derive(Debug, Clone)]
pub struct AuditRow {
    pub id: String,
    pub at: Timestamp,
    pub request_id: Option<String>,
    pub event: String,
    pub outcome: String,
    pub reason: Option<String>,
    pub account_id: Option<String>,
    pub client: Option<String>,
    pub user_agent: Option<String>,
}

/// Which rows to read; newest first.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub account_id: Option<String>,
    pub event: Option<String>,
    pub since: Option<Timestamp>,
    pub limit: u32,
}

impl Tx {
    /// Appends an event.
    pub async fn audit(
        &mut self,
        caller: &Caller,
        now: Timestamp,
        event: AuditEvent<'_>,
    ) -> Result<()> {
        let id = secrets::random_id().map_err(|e| sqlx::Error::Io(std::io::Error::other(e)))?;
        self.query(
            "INSERT INTO audit_event (id, at, request_id, event, outcome, reason, account_id, client, user_agent) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(id.clone())
        .bind(now.millis())
        .bind(caller.request_id.clone())
        .bind(event.event)
        .bind(event.outcome.name())
        .bind(event.reason.map(str::to_owned))
        .bind(event.account_id.map(str::to_owned))
        .bind(caller.client.map(|ip| ip.to_string()))
        .bind(caller.user_agent.clone())
        .execute()
        .await?;
        self.last_audit = Some(id);
        Ok(())
    }

    /// Reads events back, newest first.
    pub async fn audit_events(&mut self, filter: &AuditFilter) -> Result<Vec<AuditRow>> {
        // Only the conditions that are asked for: each has an index, and "all of them, perhaps" has none.
        let asked = [("account_id", &filter.account_id), ("event", &filter.event)];
        let asked = asked.map(|(column, value)| value.as_ref().map(|value| (column, value)));
        let mut conditions = String::new();
        for (n, (column, _)) in asked.iter().flatten().enumerate() {
            conditions.push_str(&format!(" AND {column} = ${}", n + 3));
        }
        let mut query = self
            .query(sqlx::AssertSqlSafe(format!(
                "SELECT id, at, request_id, event, outcome, reason, account_id, client, user_agent FROM audit_event \
                 WHERE at >= $1{conditions} ORDER BY at DESC, id LIMIT $2"
            )))
            .bind(filter.since.map_or(0, Timestamp::millis))
            .bind(i64::from(filter.limit));
        for (_, value) in asked.into_iter().flatten() {
            query = query.bind(value.clone());
        }
        let rows = query.fetch_all().await?;
        let read = |row: &Row| -> sqlx::Result<AuditRow> {
            Ok(AuditRow {
                id: row.try_get("id")?,
                at: Timestamp::from_millis(row.try_get("at")?),
                request_id: row.try_get("request_id")?,
                event: row.try_get("event")?,
                outcome: row.try_get("outcome")?,
                reason: row.try_get("reason")?,
                account_id: row.try_get("account_id")?,
                client: row.try_get("client")?,
                user_agent: row.try_get("user_agent")?,
            })
        };
        Ok(rows.iter().map(read).collect::<sqlx::Result<_>>()?)
    }
}
