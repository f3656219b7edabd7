//! The only place with SQL: one [`Store`], transactions with a method for each thing the use cases need.
//!
//! The statements keep to what SQLite and PostgreSQL both understand (`$1`, `RETURNING`, `ON CONFLICT`, bound times);
//! what differs stands in this file.

mod accounts;
mod admin;
mod attempts;
mod audit;
mod mails;
mod outbox;
mod presence;
mod probes;
mod requests;
mod reset_sessions;
mod sign_in_sessions;
mod tokens;

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{SqlSafeStr, Transaction};

use crate::server::config;

pub use accounts::{Account, NewAccount};
pub use attempts::{Arrival, AttemptEnd, AttemptOutcome, AttemptRow};
pub use audit::{AuditEvent, AuditFilter, AuditRow, Outcome};
pub use mails::{MailCounts, MailFilter, MailRow, MailState};
pub use outbox::{Due, MailEnd, NewMail, QueuedMail};
pub use presence::Presence;
pub use probes::{NewProbe, ProbeFailure, ProbeRow, StoredProbe};
pub use requests::{NewRequest, RequestState, ResetRequest, StartedBy};
pub use reset_sessions::StoredResetSession;
pub use sign_in_sessions::SignInSession;
pub use tokens::{NewToken, Replaced, StoredToken, TokenPurpose};

type Db = sqlx::Sqlite;
type Pool = sqlx::SqlitePool;

/// Takes the write lock at once: a transaction that reads first and writes later would meet SQLITE_BUSY without waiting.
const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

/// The migrations, in order: version, name, text.
const MIGRATIONS: [(i64, &str, &str); 2] = [
    (
        1,
        "initial",
        include_str!("../../../migrations/sqlite/0001_initial.sql"),
    ),
    (
        2,
        "delivery",
        include_str!("../../../migrations/sqlite/0002_delivery.sql"),
    ),
];

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Locked for longer than the busy timeout, or no connection free: worth another try.
    #[error("the database is busy: {0}")]
    Busy(#[source] sqlx::Error),
    /// A username or an address is taken.
    #[error("taken: {0}")]
    Taken(Unique),
    /// Anything else.
    #[error("the database failed: {0}")]
    Fault(#[source] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the migration failed: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// Which unique value is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    Username,
    Email,
}

impl std::fmt::Display for Unique {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Username => "username",
            Self::Email => "email",
        })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let text = match &error {
            sqlx::Error::PoolTimedOut => return Self::Busy(error),
            sqlx::Error::Database(db) if db.is_unique_violation() => db.message(),
            // SQLITE_BUSY and SQLITE_LOCKED, with their extended codes (the low byte tells).
            sqlx::Error::Database(db) => {
                let code = db
                    .code()
                    .and_then(|code| code.parse::<i64>().ok())
                    .unwrap_or(0);
                return if matches!(code & 0xff, 5 | 6) {
                    Self::Busy(error)
                } else {
                    Self::Fault(error)
                };
            }
            _ => return Self::Fault(error),
        };
        match text {
            text if text.contains("account.username") => Self::Taken(Unique::Username),
            text if text.contains("account.email_key") => Self::Taken(Unique::Email),
            _ => Self::Fault(error),
        }
    }
}

/// What every store method answers.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The database, cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    /// One connection: SQLite has one writer, and queueing here is fair where its busy handler is not.
    writer: Pool,
    readers: Pool,
}

impl Store {
    /// Opens the database, creating the file and its folder where they are missing; does not migrate.
    ///
    /// # Errors
    /// When the URL cannot be read or the file cannot be opened.
    pub async fn open(settings: &config::Database) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(&settings.url)
            .map_err(StoreError::from)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An acknowledged request must outlive a power cut.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(settings.busy_timeout);
        let folder = options
            .get_filename()
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder).map_err(|e| StoreError::Fault(sqlx::Error::Io(e)))?;
        }
        private(options.get_filename())?;
        let pool = |size| {
            SqlitePoolOptions::new()
                .max_connections(size)
                .acquire_timeout(settings.busy_timeout + Duration::from_secs(1))
        };
        let writer = pool(1).connect_with(options.clone()).await?;
        let readers = pool(4).connect_lazy_with(options);
        Ok(Self { writer, readers })
    }

    /// Brings the schema up to date; tells how many migrations were applied.
    ///
    /// # Errors
    /// When the schema is newer than this program, was changed, or the database fails.
    pub async fn migrate(&self) -> Result<usize> {
        let before = self.applied().await?;
        migrator().run(&self.writer).await?;
        Ok(self.applied().await?.saturating_sub(before))
    }

    async fn applied(&self) -> Result<usize> {
        let table = sqlx::query("SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations'")
            .fetch_optional(&self.writer)
            .await?;
        if table.is_none() {
            return Ok(0);
        }
        let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM _sqlx_migrations")
            .fetch_one(&self.writer)
            .await?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// Begins a transaction that may write. Dropping it undoes everything.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the lock was not had in time.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(Tx {
            inner: self.writer.begin_with(BEGIN_WRITE).await?,
        })
    }

    /// Begins a transaction that only reads: one consistent view.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn read(&self) -> Result<Tx> {
        Ok(Tx {
            inner: self.readers.begin().await?,
        })
    }

    /// Whether a write transaction can be had: for `/health/ready`.
    ///
    /// # Errors
    /// What stands in the way.
    pub async fn ping(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("SELECT 1 FROM account LIMIT 1")
            .fetch_optional(&mut *tx.inner)
            .await?;
        Ok(())
    }

    /// Closes all connections, after what is running has ended.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Makes the file readable by its owner alone, before SQLite would make it for everybody; one that is there is left as it is.
fn private(file: &Path) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    // What SQLite keeps in memory has a name like a URI.
    if file.to_string_lossy().starts_with("file:") {
        return Ok(());
    }
    let new = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file);
    match new {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(StoreError::Fault(sqlx::Error::Io(e)))
        }
        _ => Ok(()),
    }
}

fn migrator() -> Migrator {
    let migrations = MIGRATIONS.map(|(version, name, text)| {
        let sql = text.into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    });
    Migrator {
        migrations: migrations.to_vec().into(),
        ..Migrator::DEFAULT
    }
}

/// One transaction. Its methods stand in the file of the table they are about.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Db>,
}

impl Tx {
    /// Makes everything count.
    ///
    /// # Errors
    /// When the database cannot promise it; then nothing counts.
    pub async fn commit(self) -> Result<()> {
        Ok(self.inner.commit().await?)
    }
}

/// Counts are small and never negative; the columns are BIGINT on both databases.
fn count(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}
