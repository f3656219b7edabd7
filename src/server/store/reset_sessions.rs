//! Reset sessions: one browser's way from the burnt token to the new password.

use sqlx::Row;

use super::{Result, Tx};
use crate::domain::reset::ResetSession;
use crate::domain::time::Timestamp;
use crate::server::secrets::TokenHash;

/// A reset session as it is stored.
#[derive(Debug, Clone)]
pub struct StoredResetSession {
    pub account_id: String,
    pub request_id: Option<String>,
    pub state: ResetSession,
    pub expires_at: Timestamp,
    token_hash: Vec<u8>,
}

impl StoredResetSession {
    /// Whether the session was opened by that token.
    pub fn opened_by(&self, token: TokenHash) -> bool {
        self.token_hash == token.as_bytes()
    }
}

impl Tx {
    /// Opens a session.
    pub async fn add_reset_session(
        &mut self,
        hash: TokenHash,
        token: TokenHash,
        account_id: &str,
        request_id: Option<&str>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO reset_session (hash, token_hash, account_id, request_id, state, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, 'awaiting_username', $5, $6)",
        )
        .bind(hash.as_bytes().to_vec())
        .bind(token.as_bytes().to_vec())
        .bind(account_id.to_owned())
        .bind(request_id.map(str::to_owned))
        .bind(now.millis())
        .bind(expires_at.millis())
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    /// The session of that cookie, dead or alive.
    pub async fn reset_session(&mut self, hash: TokenHash) -> Result<Option<StoredResetSession>> {
        let row = sqlx::query(
            "SELECT token_hash, account_id, request_id, state, expires_at FROM reset_session WHERE hash = $1",
        )
        .bind(hash.as_bytes().to_vec())
        .fetch_optional(&mut *self.inner)
        .await?;
        let read = |row: sqlx::sqlite::SqliteRow| -> sqlx::Result<StoredResetSession> {
            Ok(StoredResetSession {
                account_id: row.try_get("account_id")?,
                request_id: row.try_get("request_id")?,
                state: ResetSession::from_name(row.try_get("state")?),
                expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
                token_hash: row.try_get("token_hash")?,
            })
        };
        Ok(row.map(read).transpose()?)
    }

    /// The username was right.
    pub async fn verify_reset_session(&mut self, hash: TokenHash) -> Result<()> {
        sqlx::query("UPDATE reset_session SET state = 'verified' WHERE hash = $1")
            .bind(hash.as_bytes().to_vec())
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    /// Ends a session; tells whether it was there. The conditional write that lets one commit through.
    pub async fn end_reset_session(&mut self, hash: TokenHash) -> Result<bool> {
        let done = sqlx::query("DELETE FROM reset_session WHERE hash = $1")
            .bind(hash.as_bytes().to_vec())
            .execute(&mut *self.inner)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends every reset session of an account.
    pub async fn end_reset_sessions_of(&mut self, account_id: &str) -> Result<()> {
        sqlx::query("DELETE FROM reset_session WHERE account_id = $1")
            .bind(account_id.to_owned())
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    /// Forgets sessions and tokens that ended before `now`; they count for nothing already.
    pub async fn sweep(&mut self, now: Timestamp) -> Result<u64> {
        let mut swept = 0;
        for sql in [
            "DELETE FROM reset_session WHERE expires_at <= $1",
            "DELETE FROM sign_in_session WHERE expires_at <= $1",
            "DELETE FROM token WHERE expires_at <= $1",
        ] {
            swept += sqlx::query(sql)
                .bind(now.millis())
                .execute(&mut *self.inner)
                .await?
                .rows_affected();
        }
        Ok(swept)
    }
}
