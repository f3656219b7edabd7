//! The database's own clock, which all instances over one PostgreSQL go by.

use std::time::Instant;

use super::pools::Pools;
use super::{Result, Store};
use crate::domain::time::Timestamp;

/// How often it is asked; the answer that came soonest counts, as it is off by half its way at most.
const QUESTIONS: u32 = 5;

impl Store {
    /// Whether the database has a clock that may be another than this machine's.
    pub const fn has_time(&self) -> bool {
        matches!(self.pools, Pools::Postgres(_))
    }

    /// What the database's clock says, and at which moment it did; none where it is this machine's own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn time(&self) -> Result<Option<(Timestamp, Instant)>> {
        if !self.has_time() {
            return Ok(None);
        }
        let mut tx = self.read().await?;
        let mut best = None;
        for _ in 0..QUESTIONS {
            let asked = Instant::now();
            let (millis,): (i64,) = tx
                .query("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)")
                .fetch_one_as()
                .await?;
            let took = asked.elapsed();
            if best.is_none_or(|(_, _, shortest)| took < shortest) {
                best = Some((Timestamp::from_millis(millis), asked + took / 2, took));
            }
        }
        Ok(best.map(|(time, at, _)| (time, at)))
    }
}
