//! Sign-in sessions: hashed ids, with what their owner sees of them on the account page.

use super::{Result, Row, Tx};
use crate::domain::time::Timestamp;
use crate::server::caller::Caller;
use crate::server::secrets::TokenHash;

/// A sign-in session as it is stored.
#[derive(Debug, Clone)]
pub struct SignInSession {
    pub hash: Vec<u8>,
    pub account_id: String,
    pub client: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
}

const COLUMNS: &str = "hash, account_id, client, user_agent, created_at, last_used_at, expires_at";

fn session(row: &Row) -> sqlx::Result<SignInSession> {
    let time = |name: &str| row.try_get(name).map(Timestamp::from_millis);
    Ok(SignInSession {
        hash: row.try_get("hash")?,
        account_id: row.try_get("account_id")?,
        client: row.try_get("client")?,
        user_agent: row.try_get("user_agent")?,
        created_at: time("created_at")?,
        last_used_at: time("last_used_at")?,
        expires_at: time("expires_at")?,
    })
}

impl Tx {
    /// Opens a session.
    pub async fn add_sign_in_session(
        &mut self,
        hash: TokenHash,
        account_id: &str,
        caller: &Caller,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        self.query(
            "INSERT INTO sign_in_session (hash, account_id, client, user_agent, created_at, last_used_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $5, $6)",
        )
        .bind(hash.as_bytes().to_vec())
        .bind(account_id.to_owned())
        .bind(caller.client.map(|ip| ip.to_string()))
        .bind(caller.user_agent.clone())
        .bind(now.millis())
        .bind(expires_at.millis())
        .execute()
        .await?;
        Ok(())
    }

    /// The session of that cookie, dead or alive.
    pub async fn sign_in_session(&mut self, hash: TokenHash) -> Result<Option<SignInSession>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM sign_in_session WHERE hash = $1"
        ));
        let row = self
            .query(sql)
            .bind(hash.as_bytes().to_vec())
            .fetch_optional()
            .await?;
        Ok(row.as_ref().map(session).transpose()?)
    }

    /// The account's sessions, last used first.
    pub async fn sign_in_sessions(&mut self, account_id: &str) -> Result<Vec<SignInSession>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM sign_in_session WHERE account_id = $1 ORDER BY last_used_at DESC LIMIT 50"
        ));
        let rows = self
            .query(sql)
            .bind(account_id.to_owned())
            .fetch_all()
            .await?;
        Ok(rows.iter().map(session).collect::<sqlx::Result<_>>()?)
    }

    /// Notes that a session was used, and until when it lives on.
    pub async fn touch_sign_in_session(&mut self, hash: TokenHash, now: Timestamp) -> Result<()> {
        self.query("UPDATE sign_in_session SET last_used_at = $2 WHERE hash = $1")
            .bind(hash.as_bytes().to_vec())
            .bind(now.millis())
            .execute()
            .await?;
        Ok(())
    }

    /// Ends one session; tells whether it was there.
    pub async fn end_sign_in_session(&mut self, hash: TokenHash) -> Result<bool> {
        let done = self
            .query("DELETE FROM sign_in_session WHERE hash = $1")
            .bind(hash.as_bytes().to_vec())
            .execute()
            .await?;
        Ok(done == 1)
    }

    /// Ends all sessions of the account but one; tells how many.
    pub async fn end_other_sessions(&mut self, account_id: &str, keep: TokenHash) -> Result<u64> {
        let done = self
            .query("DELETE FROM sign_in_session WHERE account_id = $1 AND hash <> $2")
            .bind(account_id.to_owned())
            .bind(keep.as_bytes().to_vec())
            .execute()
            .await?;
        Ok(done)
    }
}
