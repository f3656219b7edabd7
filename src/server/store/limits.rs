//! Limits: how much each key owes, shared by all instances. Taking one is one conditional statement.

use std::time::Duration;

use super::{Result, Tx};
use crate::domain::rate_limit::Terms;
use crate::domain::time::Timestamp;

impl Tx {
    /// Lets one transaction at a time judge a sign-in by what was typed, be it somebody's or nobody's: tries for an account wait for each
    /// other at its row, and tries for nobody must take as long. Asked for before all else.
    pub async fn lock_typed(&mut self, typed: &str) -> Result<()> {
        self.one_at_a_time(&format!("sign-in {typed}")).await
    }

    /// Takes one for a key, or tells how long until there is one. Many at once take no more than there are: the row is the lock.
    /// Undoing the transaction gives it back.
    pub async fn take_limit(
        &mut self,
        key: [u8; 32],
        terms: Terms,
    ) -> Result<std::result::Result<(), Duration>> {
        let taken = self
            .query(
                "INSERT INTO rate_limit (key, full_at) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET full_at = \
                 CASE WHEN rate_limit.full_at > $3 AND rate_limit.full_at <= $6 THEN rate_limit.full_at + $4 \
                 ELSE excluded.full_at END WHERE rate_limit.full_at <= $5 OR rate_limit.full_at > $6 RETURNING full_at",
            )
            .bind(key.to_vec())
            .bind(terms.first.millis())
            .bind(terms.now.millis())
            .bind(terms.price)
            .bind(terms.latest.millis())
            .bind(terms.absurd.millis())
            .fetch_optional()
            .await?;
        if taken.is_some() {
            return Ok(Ok(()));
        }
        // The refusal has locked the row, or nobody else writes: it is still what was refused.
        let wait = self.ask_limit(key, terms).await?;
        Ok(Err(wait.unwrap_or_default()))
    }

    /// Gives back the price of what this transaction took for a key.
    pub async fn give_back_limit(&mut self, key: [u8; 32], price: i64) -> Result<()> {
        self.query("UPDATE rate_limit SET full_at = full_at - $2 WHERE key = $1")
            .bind(key.to_vec())
            .bind(price)
            .execute()
            .await?;
        Ok(())
    }

    /// How long until there is one for a key, without taking it; none where there is one now.
    pub async fn ask_limit(&mut self, key: [u8; 32], terms: Terms) -> Result<Option<Duration>> {
        let row = self
            .query("SELECT full_at FROM rate_limit WHERE key = $1")
            .bind(key.to_vec())
            .fetch_optional()
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(terms.wait(Timestamp::from_millis(row.try_get("full_at")?)))
    }
}
