//! Reset sessions: one browser's way from the burnt token to the new password.

use super::{Result, Row, Tx};
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
        self.query(
            "INSERT INTO reset_session (hash, token_hash, account_id, request_id, state, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, 'awaiting_username', $5, $6)",
        )
        .bind(hash.as_bytes().to_vec())
        .bind(token.as_bytes().to_vec())
        .bind(account_id.to_owned())
        .bind(request_id.map(str::to_owned))
        .bind(now.millis())
        .bind(expires_at.millis())
        .execute()
        .await?;
        Ok(())
    }

    /// The session of that cookie, dead or alive.
    pub async fn reset_session(&mut self, hash: TokenHash) -> Result<Option<StoredResetSession>> {
        let row = self.query(
            "SELECT token_hash, account_id, request_id, state, expires_at FROM reset_session WHERE hash = $1",
        )
        .bind(hash.as_bytes().to_vec())
        .fetch_optional()
        .await?;
        let read = |row: Row| -> sqlx::Result<StoredResetSession> {
            Ok(StoredResetSession {
                account_id: row.try_get("account_id")?,
                request_id: row.try_get("request_id")?,
                state: ResetSession::from_name(&row.try_get::<String>("state")?),
                expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
                token_hash: row.try_get("token_hash")?,
            })
        };
        Ok(row.map(read).transpose()?)
    }

    /// The username was right.
    pub async fn verify_reset_session(&mut self, hash: TokenHash) -> Result<()> {
        self.query("UPDATE reset_session SET state = 'verified' WHERE hash = $1")
            .bind(hash.as_bytes().to_vec())
            .execute()
            .await?;
        Ok(())
    }

    /// Ends a session; tells whether it was there. The conditional write that lets one commit through.
    pub async fn end_reset_session(&mut self, hash: TokenHash) -> Result<bool> {
        let done = self
            .query("DELETE FROM reset_session WHERE hash = $1")
            .bind(hash.as_bytes().to_vec())
            .execute()
            .await?;
        Ok(done == 1)
    }

    /// Ends every reset session of an account.
    pub async fn end_reset_sessions_of(&mut self, account_id: &str) -> Result<()> {
        self.query("DELETE FROM reset_session WHERE account_id = $1")
            .bind(account_id.to_owned())
            .execute()
            .await?;
        Ok(())
    }
}
