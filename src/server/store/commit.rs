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
        let (id, life): (Option<String>, Option<String>) = sqlx::query_as(sqlx::AssertSqlSafe(
            format!("SELECT pg_current_xact_id_if_assigned()::text, {LIFE}"),
        ))
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
            (Some(id), StoreError::Unknown(lost)) => {
                let own = Own {
                    id,
                    life,
                    audit: self.last_audit,
                };
                find_out(&pool, &own, lost).await
            }
            (_, answered) => Err(answered),
        }
    }
}

/// What tells one life of a PostgreSQL from the next: after a crash, and on a standby that took over, its statistics begin anew; after
/// an orderly restart they go on.
const LIFE: &str = "(SELECT extract(epoch FROM stats_reset)::text FROM pg_stat_bgwriter)";
/// What PostgreSQL says of an id that it has not given out, or not in this life.
const IN_THE_FUTURE: &str = "22023";

/// What a transaction is known by when its COMMIT is not answered.
struct Own {
    id: String,
    /// The life in which the id was given out.
    life: Option<String>,
    /// Its last row of the audit, which nobody else writes.
    audit: Option<String>,
}

/// What a look found.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// It counts.
    Committed,
    /// It does not, and never will.
    Aborted,
    /// A transaction of that id counts. Whether it is ours, nobody can tell.
    Somebodys,
    /// It still ends, or the database still starts.
    Nothing,
}

/// What became of a transaction whose COMMIT was not answered, asked over a fresh connection: PostgreSQL remembers (its manual, 9.27.7
/// `pg_xact_status`). What ran when it died counts as aborted; an id that had left no trace in its log by then is given out again.
async fn find_out(pool: &PgPool, own: &Own, lost: sqlx::Error) -> Result<()> {
    let until = Instant::now() + pool.options().get_acquire_timeout();
    loop {
        match timeout_at(until, look(pool, own)).await {
            Ok(Ok(Found::Committed)) => {
                tracing::warn!(error = %lost, "a commit was not answered; it counts");
                return Ok(());
            }
            Ok(Ok(Found::Aborted)) => {
                tracing::warn!("a commit was not answered; it does not count");
                return Err(StoreError::Busy(lost));
            }
            Err(_) | Ok(Ok(Found::Somebodys)) => {
                tracing::error!(error = %lost, "a commit was not answered, and whether it counts is not known");
                return Err(StoreError::Unknown(lost));
            }
            Ok(_) => sleep(PAUSE).await,
        }
    }
}

async fn look(pool: &PgPool, own: &Own) -> sqlx::Result<Found> {
    // A standby may not have heard of it yet. One statement: what it says is of one life.
    let asked: sqlx::Result<(Option<String>, bool, bool)> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_xact_status($1::text::xid8) END, \
             COALESCE({LIFE} = $2, FALSE), EXISTS (SELECT 1 FROM audit_event WHERE id = $3)"
        )))
        .bind(&own.id)
        .bind(&own.life)
        .bind(&own.audit)
        .fetch_one(pool)
        .await;
    match asked {
        Ok((status, same_life, audited)) => Ok(found(status.as_deref(), same_life || audited)),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(IN_THE_FUTURE) => {
            Ok(Found::Aborted)
        }
        Err(error) => Err(error),
    }
}

/// What `pg_xact_status` means; `ours`: whether it is certain that the id is still ours.
fn found(status: Option<&str>, ours: bool) -> Found {
    match status {
        Some("committed") if ours => Found::Committed,
        Some("committed") => Found::Somebodys,
        // Where another has the id by now, ours was lost.
        Some("aborted") => Found::Aborted,
        _ => Found::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_believed_only_where_the_id_is_ours() {
        assert_eq!(found(Some("committed"), true), Found::Committed);
        assert_eq!(found(Some("committed"), false), Found::Somebodys);
        for ours in [true, false] {
            assert_eq!(found(Some("aborted"), ours), Found::Aborted);
            assert_eq!(found(Some("in progress"), ours), Found::Nothing);
            assert_eq!(found(None, ours), Found::Nothing);
        }
    }
}
