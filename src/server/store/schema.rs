//! The schema's version: which migrations a database has, and the rest of them.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::dialect::{BEGIN_WRITE_SQLITE, MIGRATIONS};
use super::driver::Inner;
use super::opening::told;
use super::pools::Pools;
use super::{Result, Store, StoreError};

/// How long one instance waits for another that migrates the same database.
const PATIENCE: Duration = Duration::from_secs(120);
/// The same, for PostgreSQL, where other statements wait for less.
const PATIENCE_POSTGRES: &str = "SET lock_timeout = '120s'";

/// Why a schema is not one of this program's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongSchema {
    /// A later version of this program has migrated it.
    #[error(
        "the schema is of a newer version of postern (migration {0}); use that version, or restore a copy from before"
    )]
    Newer(i64),
    /// A migration that was applied was another one.
    #[error(
        "migration {0} is not the one that this program knows; was it made by a version in between?"
    )]
    Changed(i64),
    /// One that was begun and not finished; databases with transactional DDL have none.
    #[error("migration {0} was interrupted; restore a copy from before")]
    Interrupted(i64),
}

/// How a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    Applied,
    Pending,
    /// Applied, but not as this program knows it.
    Changed,
    /// Applied by a later version.
    Unknown,
}

impl StepState {
    /// For tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
        }
    }
}

/// One migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaStep {
    pub version: i64,
    pub name: String,
    pub state: StepState,
}

impl Store {
    /// Brings the schema up to date; tells how many migrations were applied. Each is one transaction, so that one which is interrupted
    /// has not happened. Of several instances that start at once one migrates, and the others wait for it: on SQLite for the write lock,
    /// on PostgreSQL for an advisory lock of sqlx's.
    ///
    /// # Errors
    /// When the schema is newer than this program, was changed, or the database fails.
    pub async fn migrate(&self) -> Result<usize> {
        let before = self.applied().await?;
        let migrator = migrator(&self.pools);
        let done = match &self.pools {
            Pools::Sqlite { writer, .. } => {
                // From the first look on: whoever looks before it may write finds less applied than there is.
                let began = Instant::now();
                let mut tx = loop {
                    match writer.begin_with(BEGIN_WRITE_SQLITE).await.map_err(told) {
                        Ok(tx) => break tx,
                        Err(StoreError::Busy(_)) if began.elapsed() < PATIENCE => {}
                        Err(error) => return Err(error),
                    }
                };
                // Not `run`: its future is not Send for every lifetime (sqlx's own words for this way).
                let done = migrator.run_direct(None, &mut *tx, false).await;
                if done.is_ok() {
                    tx.commit().await?;
                }
                done
            }
            Pools::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                let patient = sqlx::query(PATIENCE_POSTGRES);
                patient.execute(&mut *connection).await?;
                let done = migrator.run_direct(None, &mut *connection, false).await;
                // Its session holds the lock, also after a migration that failed.
                connection.close().await?;
                done
            }
        };
        done.map_err(explained)?;
        Ok(self.applied().await?.saturating_sub(before))
    }

    /// Every migration, those of this program and those of the database.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schema_steps(&self) -> Result<Vec<SchemaStep>> {
        let applied = self.applied_steps().await?;
        let known = migrator(&self.pools).migrations;
        let mut steps: Vec<_> = known
            .iter()
            .map(|own| {
                let found = applied.iter().find(|(version, ..)| *version == own.version);
                let state = match found {
                    None => StepState::Pending,
                    Some((_, _, sum)) if *sum == *own.checksum => StepState::Applied,
                    Some(_) => StepState::Changed,
                };
                SchemaStep {
                    version: own.version,
                    name: own.description.to_string(),
                    state,
                }
            })
            .collect();
        for (version, name, _) in applied {
            if !known.iter().any(|own| own.version == version) {
                steps.push(SchemaStep {
                    version,
                    name,
                    state: StepState::Unknown,
                });
            }
        }
        Ok(steps)
    }

    /// How the database's schema compares to this program's: less is older, greater was made by a later version.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schema(&self) -> Result<Ordering> {
        Ok(self.applied().await?.cmp(&MIGRATIONS.len()))
    }

    async fn applied(&self) -> Result<usize> {
        Ok(self.applied_steps().await?.len())
    }

    async fn applied_steps(&self) -> Result<Vec<(i64, String, Vec<u8>)>> {
        let mut tx = self.read().await?;
        let table = match &tx.inner {
            Inner::Sqlite(_) => "SELECT name FROM sqlite_master WHERE name = '_sqlx_migrations'",
            Inner::Postgres(_) => {
                "SELECT 'there' WHERE to_regclass('_sqlx_migrations') IS NOT NULL"
            }
        };
        if tx.query(table).fetch_optional().await?.is_none() {
            return Ok(Vec::new());
        }
        tx.query("SELECT version, description, checksum FROM _sqlx_migrations ORDER BY version")
            .fetch_all_as()
            .await
    }
}

fn explained(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => {
            WrongSchema::Newer(version).into()
        }
        MigrateError::VersionMismatch(version) => WrongSchema::Changed(version).into(),
        MigrateError::Dirty(version) => WrongSchema::Interrupted(version).into(),
        MigrateError::Execute(error) => told(error),
        MigrateError::ExecuteMigration(error, version) => {
            let words = match told(error) {
                StoreError::Unusable(words) => words,
                other => other.to_string(),
            };
            StoreError::Unusable(format!(
                "migration {version} failed and nothing of it stays: {words}"
            ))
        }
        other => StoreError::Migrate(other),
    }
}

fn migrator(pools: &Pools) -> Migrator {
    let migrations = MIGRATIONS.map(|(version, name, sqlite, postgres)| {
        let text = match pools {
            Pools::Sqlite { .. } => sqlite,
            Pools::Postgres(_) => postgres,
        };
        let sql = text.into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    });
    Migrator {
        migrations: migrations.to_vec().into(),
        ..Migrator::DEFAULT
    }
}
