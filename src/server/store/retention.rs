//! What is over or old is deleted, a bounded number of rows at a time; never what is still to be done.

use super::{Result, Tx};
use crate::domain::time::Timestamp;

/// Most rows of one batch: short enough that nobody waits for it.
const BATCH: u32 = 500;

/// What can be deleted, in the order in which it may be: nothing goes before what refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Old {
    /// Reset sessions that ended.
    ResetSessions,
    /// Sign-in sessions that ended.
    SignInSessions,
    /// Tokens that ended.
    Tokens,
    /// Limits that owe nothing.
    Limits,
    /// Attempts with their transcripts, but for those at mail that waits.
    Attempts,
    /// Mails that wait for nothing and have no attempts left.
    Mails,
    /// Requests without a mail, a token or a session.
    Requests,
    /// Audit events.
    Events,
}

impl Old {
    /// Table, its key, the column of its time, and what else must be true. That nothing refers to a row is asked row by row, by an
    /// index: of NOT EXISTS, PostgreSQL makes a look at all of the other table.
    const fn rule(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::ResetSessions => ("reset_session", "hash", "expires_at", ""),
            Self::SignInSessions => ("sign_in_session", "hash", "expires_at", ""),
            Self::Tokens => ("token", "hash", "expires_at", ""),
            Self::Limits => ("rate_limit", "key", "full_at", ""),
            Self::Attempts => (
                "delivery_attempt",
                "id",
                "started_at",
                " AND (SELECT 1 FROM outbox WHERE outbox.id = delivery_attempt.outbox_id AND outbox.state = 'queued') IS NULL",
            ),
            Self::Mails => (
                "outbox",
                "id",
                "created_at",
                " AND state <> 'queued' AND COALESCE(sent_at, 0) <= $1 AND COALESCE(resent_at, 0) <= $1 \
                 AND (SELECT 1 FROM delivery_attempt WHERE delivery_attempt.outbox_id = outbox.id LIMIT 1) IS NULL",
            ),
            Self::Requests => (
                "reset_request",
                "id",
                "created_at",
                " AND (SELECT 1 FROM outbox WHERE outbox.request_id = reset_request.id LIMIT 1) IS NULL \
                 AND (SELECT 1 FROM token WHERE token.request_id = reset_request.id LIMIT 1) IS NULL \
                 AND (SELECT 1 FROM reset_session WHERE reset_session.request_id = reset_request.id LIMIT 1) IS NULL",
            ),
            Self::Events => ("audit_event", "id", "at", ""),
        }
    }
}

impl Tx {
    /// Deletes one batch of what is from `until` or before, oldest first: at most 500 rows; tells how many, and whether that was as
    /// many as may be. What somebody else is just changing is left to them.
    pub async fn forget(&mut self, what: Old, until: Timestamp) -> Result<(u64, bool)> {
        let (table, key, time, condition) = what.rule();
        let free = self.skip_locked();
        // Picked first, all of them, once: within the DELETE a planner may pick again for each row, and so more than a batch.
        let sql = sqlx::AssertSqlSafe(format!(
            "WITH old AS MATERIALIZED (SELECT {key} FROM {table} WHERE {time} <= $1{condition} ORDER BY {time} LIMIT {BATCH}{free}) \
             DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM old)"
        ));
        let gone = self.query(sql).bind(until.millis()).execute().await?;
        Ok((gone, gone >= u64::from(BATCH)))
    }
}
