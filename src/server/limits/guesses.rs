//! Guessing that no single address's limit shows: wrong links and codes of everybody together, and the alarm about them.

use super::{Bucket, Counted, Limits, key};
use crate::domain::rate_limit::Limit;
use crate::domain::time::Timestamp;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::store::{AuditEvent, Tx};

const ALARM: &str = "wrong_codes_alarm";

impl Limits {
    /// Counts a wrong link or code of anybody's. Where they are more than `limits.wrong_codes_per_hour`, an alarm goes to log and audit,
    /// once an hour, whichever instance notices. Nobody is refused: 32 random bytes are not guessed, and people with good links come
    /// meanwhile. On PostgreSQL this bucket is locked last, as all take the same.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn watch(&self, tx: &mut Tx, caller: &Caller, now: Timestamp) -> Done<()> {
        let all = Bucket {
            key: key(Counted::Token, "everybody", ""),
            limit: self.wrong_codes,
        };
        if self.refusals.wait(&all.key, now).is_some() {
            return Ok(());
        }
        let Err(wait) = tx.take_limit(all.key, all.limit.terms(now)).await? else {
            return Ok(());
        };
        self.refusals.remember(all.key, now.plus(wait), now);
        let alarm = key(Counted::Token, "alarm", "");
        let told = tx.take_limit(alarm, Limit::an_hour(1).terms(now)).await?;
        if told.is_ok() {
            tracing::warn!(client = ?caller.client, "{ALARM}: more wrong links and codes than limits.wrong_codes_per_hour, from all clients together");
            let reason = "more wrong links and codes than limits.wrong_codes_per_hour";
            tx.audit(caller, now, AuditEvent::refused(ALARM, reason))
                .await?;
        }
        Ok(())
    }
}
