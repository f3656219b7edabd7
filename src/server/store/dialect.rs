//! What the two databases say differently, all of it: how transactions begin, how rows are locked, how the schema is made.

use super::Tx;
use super::driver::Inner;

/// SQLite takes the write lock at once: a transaction that reads first and writes later would meet SQLITE_BUSY without waiting.
pub(super) const BEGIN_WRITE_SQLITE: &str = "BEGIN IMMEDIATE";
/// PostgreSQL's writers run side by side: each statement sees what was committed before it, and rows are locked by name.
pub(super) const BEGIN_WRITE_POSTGRES: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
/// One consistent view of everything, as a reader of SQLite's has it by itself.
pub(super) const BEGIN_READ_POSTGRES: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The migrations, in order: version, name, text for SQLite, text for PostgreSQL.
pub(super) const MIGRATIONS: [(i64, &str, &str, &str); 3] = [
    (
        1,
        "initial",
        include_str!("../../../migrations/sqlite/0001_initial.sql"),
        include_str!("../../../migrations/postgres/0001_initial.sql"),
    ),
    (
        2,
        "delivery",
        include_str!("../../../migrations/sqlite/0002_delivery.sql"),
        include_str!("../../../migrations/postgres/0002_delivery.sql"),
    ),
    (
        3,
        "cluster",
        include_str!("../../../migrations/sqlite/0003_cluster.sql"),
        include_str!("../../../migrations/postgres/0003_cluster.sql"),
    ),
];

impl Tx {
    /// Ends a SELECT whose row is about to be judged and changed: nobody else changes it until this transaction ends. References to
    /// the row may still be made. SQLite has one writer and needs none; a reader locks nothing.
    pub(super) const fn for_update(&self) -> &'static str {
        match (&self.inner, self.writes) {
            (Inner::Postgres(_), true) => " FOR NO KEY UPDATE",
            _ => "",
        }
    }

    /// Lets one transaction at a time decide about what has no row to lock; until this transaction ends, the others wait here. Asked
    /// for after an account's row, where both are; but what was typed at a sign-in comes first of all, as it is known before the account.
    pub(super) async fn one_at_a_time(&mut self, about: &str) -> super::Result<()> {
        if let Inner::Postgres(_) = &self.inner {
            self.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                .bind(about)
                .fetch_optional()
                .await?;
        }
        Ok(())
    }

    /// Ends a SELECT that picks one row among many: those that another worker is just taking are passed over.
    pub(super) const fn skip_locked(&self) -> &'static str {
        match &self.inner {
            Inner::Postgres(_) => " FOR NO KEY UPDATE SKIP LOCKED",
            Inner::Sqlite(_) => "",
        }
    }
}
