//! Mailed tokens: kept as hashes, one for each purpose and subject, burnt by deleting.

use super::{Result, Row, Tx, count};
use crate::domain::time::Timestamp;
use crate::server::secrets::TokenHash;

/// What a token opens; one never opens what another is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenPurpose {
    /// A reset; the subject is the account.
    Reset,
    /// Sign-up; the subject is the address's key.
    SignUp,
    /// A new address of an account; the subject is the account.
    VerifyAddress,
    /// "This was not me"; the subject is the notice, so that several live side by side.
    NotMe,
}

impl TokenPurpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::SignUp => "sign_up",
            Self::VerifyAddress => "verify_address",
            Self::NotMe => "not_me",
        }
    }
}

/// A token to be stored, before the first byte of its mail goes out.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    pub hash: TokenHash,
    pub purpose: TokenPurpose,
    pub subject: &'a str,
    pub account_id: Option<&'a str>,
    pub request_id: Option<&'a str>,
    /// The address that it proves, where it proves one.
    pub address: Option<&'a str>,
    pub minted_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A token that stood where another was minted: what it was, and by which one it was replaced.
#[derive(Debug, Clone)]
pub struct Replaced {
    hash: Vec<u8>,
    request_id: Option<String>,
    minted_at: i64,
    expires_at: i64,
    by: TokenHash,
}

/// A token as it is read back.
#[derive(Debug, Clone)]
pub struct StoredToken {
    pub account_id: Option<String>,
    pub request_id: Option<String>,
    pub address: Option<String>,
    /// Wrong usernames typed with it, where it survives them.
    pub wrong: u32,
    pub expires_at: Timestamp,
}

fn stored(row: Row) -> sqlx::Result<StoredToken> {
    Ok(StoredToken {
        account_id: row.try_get("account_id")?,
        request_id: row.try_get("request_id")?,
        address: row.try_get("address")?,
        wrong: count(row.try_get("wrong")?),
        expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
    })
}

impl Tx {
    /// Stores a token in the place of the one before it with the same purpose and subject.
    pub async fn mint(&mut self, new: NewToken<'_>) -> Result<()> {
        self.query(
            "INSERT INTO token (hash, purpose, subject, account_id, request_id, address, minted_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (purpose, subject) DO UPDATE SET \
             hash = excluded.hash, account_id = excluded.account_id, request_id = excluded.request_id, \
             address = excluded.address, wrong = 0, minted_at = excluded.minted_at, expires_at = excluded.expires_at",
        )
        .bind(new.hash.as_bytes().to_vec())
        .bind(new.purpose.name())
        .bind(new.subject.to_owned())
        .bind(new.account_id.map(str::to_owned))
        .bind(new.request_id.map(str::to_owned))
        .bind(new.address.map(str::to_owned))
        .bind(new.minted_at.millis())
        .bind(new.expires_at.millis())
        .execute()
        .await?;
        Ok(())
    }

    /// What a token that is to be minted takes the place of; to be asked in the transaction that mints it.
    pub async fn to_be_replaced(
        &mut self,
        purpose: TokenPurpose,
        subject: &str,
        by: TokenHash,
    ) -> Result<Option<Replaced>> {
        let row = self.query(
            "SELECT hash, request_id, minted_at, expires_at FROM token WHERE purpose = $1 AND subject = $2",
        )
        .bind(purpose.name())
        .bind(subject.to_owned())
        .fetch_optional()
        .await?;
        let read = |row: Row| -> sqlx::Result<Replaced> {
            Ok(Replaced {
                hash: row.try_get("hash")?,
                request_id: row.try_get("request_id")?,
                minted_at: row.try_get("minted_at")?,
                expires_at: row.try_get("expires_at")?,
                by,
            })
        };
        Ok(row.map(read).transpose()?)
    }

    /// Puts a token back, where the one that replaced it is still there: its mail was refused, so that it is in nobody's mailbox.
    pub async fn put_token_back(&mut self, old: &Replaced, now: Timestamp) -> Result<()> {
        self.query(
            "UPDATE token SET hash = $2, request_id = $3, minted_at = $4, expires_at = $5, wrong = 0 \
             WHERE hash = $1 AND $5 > $6",
        )
        .bind(old.by.as_bytes().to_vec())
        .bind(old.hash.clone())
        .bind(old.request_id.clone())
        .bind(old.minted_at)
        .bind(old.expires_at)
        .bind(now.millis())
        .execute()
        .await?;
        Ok(())
    }

    /// Burns a token: whoever deletes the row has it, and nobody else will.
    pub async fn burn(
        &mut self,
        hash: TokenHash,
        purpose: TokenPurpose,
    ) -> Result<Option<StoredToken>> {
        let row = self
            .query(
                "DELETE FROM token WHERE hash = $1 AND purpose = $2 \
             RETURNING account_id, request_id, address, wrong, expires_at",
            )
            .bind(hash.as_bytes().to_vec())
            .bind(purpose.name())
            .fetch_optional()
            .await?;
        Ok(row.map(stored).transpose()?)
    }

    /// Burns the token of a request: its mail was refused for good, or given up.
    pub async fn burn_of_request(&mut self, request_id: &str) -> Result<()> {
        self.query("DELETE FROM token WHERE request_id = $1")
            .bind(request_id.to_owned())
            .execute()
            .await?;
        Ok(())
    }

    /// Burns the token of a subject, whatever it is.
    pub async fn burn_of(&mut self, purpose: TokenPurpose, subject: &str) -> Result<()> {
        self.query("DELETE FROM token WHERE purpose = $1 AND subject = $2")
            .bind(purpose.name())
            .bind(subject.to_owned())
            .execute()
            .await?;
        Ok(())
    }

    /// Looks at a token that a slip of the pen does not spend (sign-up, address, "not me").
    pub async fn token(
        &mut self,
        hash: TokenHash,
        purpose: TokenPurpose,
    ) -> Result<Option<StoredToken>> {
        let row = self.query(
            "SELECT account_id, request_id, address, wrong, expires_at FROM token WHERE hash = $1 AND purpose = $2",
        )
        .bind(hash.as_bytes().to_vec())
        .bind(purpose.name())
        .fetch_optional()
        .await?;
        Ok(row.map(stored).transpose()?)
    }

    /// Counts a wrong username typed with a token.
    pub async fn count_wrong(&mut self, hash: TokenHash) -> Result<()> {
        self.query("UPDATE token SET wrong = wrong + 1 WHERE hash = $1")
            .bind(hash.as_bytes().to_vec())
            .execute()
            .await?;
        Ok(())
    }
}
