//! The end of a transaction: it counts, or it does not, or the answer was lost on the way and the outcome is found out.

use std::time::Duration;

use sqlx::postgres::PgPool;
use tokio::time::{Instant, sleep, timeout_at};

use super::driver::Inner;
use super::error::StoreError;
use super::{Result, Tx};

/// How long between two looks for what became of a commit.
const PAUSE: Duration = Duration::from_millis(100);

impl Tx {
    /// Makes everything count.
    ///
    /// # Errors
    /// When the database cannot promise it; then nothing counts. With [`StoreError::Unknown`] alone it may count all the same: the
    /// connection broke before the answer came, and the outcome could not be found out in time.
    pub async fn commit(self) -> Result<()> {
        let mut tx = match self.inner {
            Inner::Sqlite(tx) => return tx.commit().await.map_err(StoreError::of_commit),
            Inner::Postgres(tx) => tx,
        };
        let Some(pool) = self.pool else {
            return Ok(tx.commit().await?);
        };
        // An earlier statement that failed shows here at the latest: COMMIT itself would answer ROLLBACK, and no error.
        let id: Option<String> =
            sqlx::query_scalar("SELECT pg_current_xact_id_if_assigned()::text")
                .fetch_one(&mut *tx)
                .await?;
        let patience = pool.options().get_acquire_timeout();
        let lost = match timeout_at(Instant::now() + patience, tx.commit()).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()),
        };
        match (id, StoreError::of_commit(lost)) {
            // Nothing was written, so nothing can have been lost.
            (None, StoreError::Unknown(_)) => Ok(()),
            (Some(id), StoreError::Unknown(lost)) => find_out(&pool, &id, lost).await,
            (_, answered) => Err(answered),
        }
    }
}

/// What became of a transaction whose COMMIT was not answered, asked over a fresh connection: PostgreSQL remembers (its manual, 9.27.7
/// `pg_xact_status`). What ran when it died counts as aborted.
async fn find_out(pool: &PgPool, id: &str, lost: sqlx::Error) -> Result<()> {
    let until = Instant::now() + pool.options().get_acquire_timeout();
    loop {
        match timeout_at(until, status(pool, id)).await {
            Ok(Ok(Some(found))) if found == "committed" => {
                tracing::warn!(error = %lost, "a commit was not answered; it counts");
                return Ok(());
            }
            Ok(Ok(Some(found))) if found == "aborted" => {
                tracing::warn!("a commit was not answered; it does not count");
                return Err(StoreError::Busy(lost));
            }
            Err(_) => {
                tracing::error!(error = %lost, "a commit was not answered, and whether it counts is not known");
                return Err(StoreError::Unknown(lost));
            }
            // It still ends, or the database still starts: once more.
            Ok(_) => sleep(PAUSE).await,
        }
    }
}

async fn status(pool: &PgPool, id: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT pg_xact_status($1::text::xid8)")
        .bind(id)
        .fetch_one(pool)
        .await
}
