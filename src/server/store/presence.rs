//! Which workers live on a database file: so that one which finds itself alone knows that whoever held mail is dead, and need not wait
//! for leases to run out.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::Duration;

use super::pools::sqlite_options;
use super::{Result, Store};
use crate::server::config::{self, DatabaseKind};

/// How often a lock is asked for that another worker is just trading in, and how long between.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(10);

/// A worker lives on the database for as long as this does. The system ends the lock with the process, however that ends.
#[derive(Debug)]
pub struct Presence {
    _lock: Option<File>,
}

impl Store {
    /// Says that a worker lives here from now on. If it is the only one, mail that is claimed is claimed by nobody: it is due again.
    /// To be called by the worker before it claims any.
    ///
    /// # Errors
    /// When the database fails. A lock that cannot be had is no failure: then leases run out by themselves.
    pub async fn announce(&self, settings: &config::Database) -> Result<Presence> {
        let Some(file) = lock_file(settings)? else {
            return Ok(Presence { _lock: None });
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
                Ok(()) => return Ok(Presence { _lock: Some(file) }),
                Err(TryLockError::Error(error)) => {
                    tracing::warn!(%error, "the database's folder knows no locks: after a crash, mail waits for its lease");
                    break;
                }
            }
        }
        Ok(Presence { _lock: None })
    }

    /// Whether a worker lives on the database now, in whatever process. Where that cannot be known, none does.
    ///
    /// # Errors
    /// When `database.url` is none.
    pub fn is_worked_on(&self, settings: &config::Database) -> Result<bool> {
        let file = lock_file(settings)?;
        // A lock that is had by this goes with the file, at once.
        Ok(file.is_some_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock))))
    }
}

/// The file that is locked; none where it cannot be had.
fn lock_file(settings: &config::Database) -> Result<Option<File>> {
    // PostgreSQL has no file; there leases run out by themselves.
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
