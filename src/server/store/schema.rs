//! The schema's version: which migrations a database has, and the rest of them.

use std::cmp::Ordering;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::dialect::MIGRATIONS;
use super::driver::Inner;
use super::pools::Pools;
use super::{Result, Store};

impl Store {
    /// Brings the schema up to date; tells how many migrations were applied. Each is one transaction; on PostgreSQL sqlx takes an
    /// advisory lock, so that of several instances one migrates.
    ///
    /// # Errors
    /// When the schema is newer than this program, was changed, or the database fails.
    pub async fn migrate(&self) -> Result<usize> {
        let before = self.applied().await?;
        match &self.pools {
            Pools::Sqlite { writer, .. } => migrator(|sqlite, _| sqlite).run(writer).await?,
            Pools::Postgres(pool) => migrator(|_, postgres| postgres).run(pool).await?,
        }
        Ok(self.applied().await?.saturating_sub(before))
    }

    /// How the database's schema compares to this program's: less is older, greater was made by a later version.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schema(&self) -> Result<Ordering> {
        Ok(self.applied().await?.cmp(&MIGRATIONS.len()))
    }

    async fn applied(&self) -> Result<usize> {
        let mut tx = self.read().await?;
        let table = match &tx.inner {
            Inner::Sqlite(_) => "SELECT name FROM sqlite_master WHERE name = '_sqlx_migrations'",
            Inner::Postgres(_) => {
                "SELECT 'there' WHERE to_regclass('_sqlx_migrations') IS NOT NULL"
            }
        };
        if tx.query(table).fetch_optional().await?.is_none() {
            return Ok(0);
        }
        let (count,): (i64,) = tx
            .query("SELECT COUNT(*) FROM _sqlx_migrations")
            .fetch_one_as()
            .await?;
        Ok(usize::try_from(count).unwrap_or(0))
    }
}

fn migrator(text: impl Fn(&'static str, &'static str) -> &'static str) -> Migrator {
    let migrations = MIGRATIONS.map(|(version, name, sqlite, postgres)| {
        let sql = text(sqlite, postgres).into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    });
    Migrator {
        migrations: migrations.to_vec().into(),
        ..Migrator::DEFAULT
    }
}
