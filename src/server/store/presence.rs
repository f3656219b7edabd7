//! Which workers live on a database: so that what a dead one held is due again before its lease is over, and so that it can be said
//! whether anybody works on the outbox.
//!
//! On SQLite, which is of one machine, a lock beside the file says it, which ends with the process. On PostgreSQL each worker gives a
//! sign of life every few seconds. One that is silent for longer counts as dead; should it live all the same, nothing comes twice:
//! before a message goes out a worker makes sure that the mail is still its own, and what is already going out is left to its lease.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::Duration;

use super::pools::sqlite_options;
use super::{Result, Store, Tx};
use crate::domain::time::Timestamp;
use crate::server::config::{self, DatabaseKind};
use crate::server::secrets;

/// How often a worker gives a sign of life.
pub const BEAT: Duration = Duration::from_secs(5);
/// A worker that was silent for so long is dead.
const DEAD_AFTER: Duration = Duration::from_secs(30);
/// How often a lock is asked for that another worker is just trading in, and how long between.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(10);

/// A worker lives on the database for as long as this does. The system ends the lock with the process, however that ends.
#[derive(Debug)]
pub struct Presence {
    id: String,
    _lock: Option<File>,
}

impl Presence {
    /// What the worker is called in the outbox.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Store {
    /// Says that a worker lives here from now on. On SQLite, if it is the only one, mail that is claimed is claimed by nobody: it is due
    /// again. To be called by the worker before it claims any.
    ///
    /// # Errors
    /// When the database fails. A lock that cannot be had is no failure: then leases run out by themselves.
    pub async fn announce(&self, settings: &config::Database, now: Timestamp) -> Result<Presence> {
        let id = secrets::random_id().map_err(|e| sqlx::Error::Io(std::io::Error::other(e)))?;
        if self.beats() {
            let mut tx = self.begin().await?;
            tx.query("INSERT INTO worker (id, started_at, seen_at) VALUES ($1, $2, $2)")
                .bind(id.clone())
                .bind(now.millis())
                .execute()
                .await?;
            tx.commit().await?;
            return Ok(Presence { id, _lock: None });
        }
        let _lock = self.lock(settings).await?;
        Ok(Presence { id, _lock })
    }

    /// A sign of life; makes due again what the dead held, and tells how many mails that were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn beat(&self, presence: &Presence, now: Timestamp) -> Result<u64> {
        if !self.beats() {
            return Ok(0);
        }
        let mut tx = self.begin().await?;
        tx.query(
            "INSERT INTO worker (id, started_at, seen_at) VALUES ($1, $2, $2) ON CONFLICT (id) DO UPDATE SET seen_at = $2",
        )
        .bind(presence.id.clone())
        .bind(now.millis())
        .execute()
        .await?;
        tx.commit().await?;
        let mut tx = self.begin().await?;
        let released = tx.release_the_deads(now.minus(DEAD_AFTER), now).await?;
        tx.commit().await?;
        Ok(released)
    }

    /// The worker has ended, and holds nothing any more.
    ///
    /// # Errors
    /// When the database fails; then it is dead after a while.
    pub async fn retire(&self, presence: &Presence) -> Result<()> {
        if self.beats() {
            let mut tx = self.begin().await?;
            tx.query("DELETE FROM worker WHERE id = $1")
                .bind(presence.id.clone())
                .execute()
                .await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Whether a worker lives on the database now, in whatever process. Where that cannot be known, none does.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_worked_on(&self, settings: &config::Database, now: Timestamp) -> Result<bool> {
        if self.beats() {
            let mut tx = self.read().await?;
            let alive = tx
                .query("SELECT 1 FROM worker WHERE seen_at > $1 LIMIT 1")
                .bind(now.minus(DEAD_AFTER).millis())
                .fetch_optional()
                .await?;
            return Ok(alive.is_some());
        }
        let file = lock_file(settings)?;
        // A lock that is had by this goes with the file, at once.
        Ok(file.is_some_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock))))
    }

    /// Whether workers are known by their signs of life, as on a database of many machines.
    const fn beats(&self) -> bool {
        self.has_time()
    }

    async fn lock(&self, settings: &config::Database) -> Result<Option<File>> {
        let Some(file) = lock_file(settings)? else {
            return Ok(None);
        };
        if file.try_lock().is_ok() {
            let mut tx = self.begin().await?;
            let released = tx.release_claims().await?;
            tx.commit().await?;
            if released > 0 {
                tracing::warn!(
                    mails = released,
                    "mail that a worker held when it died is due again"
                );
            }
            // Whoever takes the lock between these two releases nothing: no mail is claimed here yet.
            let _ = file.unlock();
        }
        for _ in 0..TRIES {
            match file.try_lock_shared() {
                Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::Error(error)) => {
                    tracing::warn!(%error, "the database's folder knows no locks: after a crash, mail waits for its lease");
                    break;
                }
            }
        }
        Ok(None)
    }
}

impl Tx {
    /// Makes due again what workers hold that gave no sign since `since`; but not what may be going out just now.
    async fn release_the_deads(&mut self, since: Timestamp, now: Timestamp) -> Result<u64> {
        let free = self.skip_locked();
        let held: Vec<(String,)> = self
            .query(sqlx::AssertSqlSafe(format!(
                // That it is above zero lets the index of what is claimed be used, whatever $1 is.
                "SELECT id FROM outbox WHERE claimed_until > 0 AND claimed_until > $1 AND state = 'queued' AND claimed_by IS NOT NULL \
                 AND claimed_by NOT IN (SELECT id FROM worker WHERE seen_at > $2) ORDER BY id LIMIT 1000{free}"
            )))
            .bind(now.millis())
            .bind(since.millis())
            .fetch_all_as()
            .await?;
        let mut released = 0;
        for (id,) in held {
            // A statement of its own: it sees what the worker wrote before we had the row.
            released += self
                .query(
                    "UPDATE outbox SET claimed_until = 0, claimed_by = NULL WHERE id = $1 AND NOT EXISTS \
                     (SELECT 1 FROM delivery_attempt WHERE outbox_id = $1 AND outcome = 'running' AND handing_over)",
                )
                .bind(id)
                .execute()
                .await?;
        }
        self.query("DELETE FROM worker WHERE seen_at <= $1")
            .bind(since.minus(DEAD_AFTER).millis())
            .execute()
            .await?;
        Ok(released)
    }
}

/// The file that is locked; none where it cannot be had.
fn lock_file(settings: &config::Database) -> Result<Option<File>> {
    if settings.url.kind() == DatabaseKind::Postgres {
        return Ok(None);
    }
    let options = sqlite_options(settings)?;
    let mut name = options.get_filename().as_os_str().to_owned();
    name.push(".worker");
    // What SQLite keeps in memory has no file beside it.
    if options
        .get_filename()
        .to_string_lossy()
        .starts_with("file:")
    {
        return Ok(None);
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(PathBuf::from(name));
    Ok(file.ok())
}
