//! What only the command line asks of the store: whether there is a database at all.

use super::pools::sqlite_options;
use super::{Result, Store};
use crate::server::config::{self, DatabaseKind};

impl Store {
    /// Whether there is a database; opening one of SQLite's makes it. PostgreSQL answers at opening.
    ///
    /// # Errors
    /// When the URL cannot be read.
    pub fn is_there(settings: &config::Database) -> Result<bool> {
        Ok(match settings.url.kind() {
            DatabaseKind::Sqlite => sqlite_options(settings)?.get_filename().is_file(),
            DatabaseKind::Postgres => true,
        })
    }
}
