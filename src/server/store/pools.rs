//! The database as it is opened: SQLite's one writer and its readers, or PostgreSQL's connections.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::dialect::{BEGIN_READ_POSTGRES, BEGIN_WRITE_POSTGRES, BEGIN_WRITE_SQLITE};
use super::driver::Inner;
use super::error::io;
use super::opening::{look, refined, told};
use super::{Result, Tx};
use crate::server::config::{self, DatabaseKind};

/// Readers of SQLite's.
const READERS: u32 = 4;
/// How long a pool waits beyond the busy timeout, so that the database's own words come first.
const MARGIN: Duration = Duration::from_secs(1);

/// The database, cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) pools: Pools,
}

#[derive(Debug, Clone)]
pub(super) enum Pools {
    Sqlite {
        /// One connection: SQLite has one writer, and queueing here is fair where its busy handler is not.
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

impl Store {
    /// Opens the database. SQLite's file and its folder are created where they are missing; does not migrate.
    ///
    /// # Errors
    /// When the URL cannot be read, the file cannot be opened, or nobody answers.
    pub async fn open(settings: &config::Database) -> Result<Self> {
        let pools = match settings.url.kind() {
            DatabaseKind::Sqlite => sqlite(settings).await?,
            DatabaseKind::Postgres => Pools::Postgres(postgres(settings).await?),
        };
        Ok(Self { pools })
    }

    /// Begins a transaction that may write. Dropping it undoes everything.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the lock was not had in time.
    pub async fn begin(&self) -> Result<Tx> {
        let inner = match &self.pools {
            Pools::Sqlite { writer, .. } => {
                Inner::Sqlite(writer.begin_with(BEGIN_WRITE_SQLITE).await?)
            }
            Pools::Postgres(pool) => Inner::Postgres(pool.begin_with(BEGIN_WRITE_POSTGRES).await?),
        };
        let pool = match &self.pools {
            Pools::Sqlite { .. } => None,
            Pools::Postgres(pool) => Some(pool.clone()),
        };
        Ok(Tx {
            inner,
            writes: true,
            pool,
            last_audit: None,
        })
    }

    /// Begins a transaction that only reads: one consistent view.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn read(&self) -> Result<Tx> {
        let inner = match &self.pools {
            Pools::Sqlite { readers, .. } => Inner::Sqlite(readers.begin().await?),
            Pools::Postgres(pool) => Inner::Postgres(pool.begin_with(BEGIN_READ_POSTGRES).await?),
        };
        Ok(Tx {
            inner,
            writes: false,
            pool: None,
            last_audit: None,
        })
    }

    /// Whether it can be written to: for the start and for `/health/ready`. A file that only reads, or a server that has become a
    /// standby, begins transactions all the same; so something is written, to no row.
    ///
    /// # Errors
    /// What stands in the way.
    pub async fn ping(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        let nothing = tx
            .query("DELETE FROM account WHERE id = ''")
            .execute()
            .await;
        nothing.map(drop).map_err(refined)
    }

    /// Closes all connections, after what is running has ended.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// What a SQLite URL says.
pub(super) fn sqlite_options(settings: &config::Database) -> Result<SqliteConnectOptions> {
    SqliteConnectOptions::from_str(settings.url.expose()).map_err(told)
}

async fn sqlite(settings: &config::Database) -> Result<Pools> {
    let options = sqlite_options(settings)?
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
        io(std::fs::create_dir_all(folder))?;
    }
    private(options.get_filename())?;
    let pool = |size| {
        SqlitePoolOptions::new()
            .max_connections(size)
            .acquire_timeout(settings.busy_timeout + MARGIN)
            // A full disk makes SQLite end a transaction by itself. sqlx does not see that, and its connection would begin none any
            // more, for ever: such a one is closed, and another opened.
            .before_acquire(|connection, _| {
                let fit = !connection.is_in_transaction();
                Box::pin(async move { Ok(fit) })
            })
    };
    Ok(Pools::Sqlite {
        writer: pool(1).connect_with(options.clone()).await.map_err(told)?,
        readers: pool(READERS).connect_lazy_with(options),
    })
}

/// What a PostgreSQL URL says, with the password from beside it.
pub(super) fn postgres_options(settings: &config::Database) -> Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(settings.url.expose())
        .map_err(told)?
        .application_name("postern");
    Ok(match &settings.password {
        Some(password) => options.password(password.expose()),
        None => options,
    })
}

async fn postgres(settings: &config::Database) -> Result<PgPool> {
    let options = postgres_options(settings)?;
    look(&options, settings.busy_timeout + MARGIN).await?;
    // Nobody waits for a lock longer than a writer of SQLite's does, and what a dead process began is undone soon.
    let patience = settings.busy_timeout.as_millis();
    let manners = format!(
        "SET lock_timeout = {patience}; SET idle_in_transaction_session_timeout = {}",
        patience.saturating_mul(12)
    );
    let pool = PgPoolOptions::new()
        .max_connections(settings.connections)
        .acquire_timeout(settings.busy_timeout + MARGIN)
        .after_connect(move |connection, _| {
            let manners = sqlx::AssertSqlSafe(manners.clone());
            Box::pin(async move {
                sqlx::raw_sql(manners).execute(connection).await?;
                Ok(())
            })
        });
    Ok(pool.connect_with(options).await?)
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
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => io(Err(e)),
        _ => Ok(()),
    }
}
