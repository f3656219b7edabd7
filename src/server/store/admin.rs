//! What only the command line asks of the store: whether there is a database at all, and of which version.

use std::cmp::Ordering;
use std::str::FromStr;

use sqlx::sqlite::SqliteConnectOptions;

use super::{MIGRATIONS, Result, Store, StoreError};
use crate::server::config;

impl Store {
    /// Whether there is a database; opening one makes it.
    ///
    /// # Errors
    /// When the URL cannot be read.
    pub fn is_there(settings: &config::Database) -> Result<bool> {
        let options = SqliteConnectOptions::from_str(&settings.url).map_err(StoreError::from)?;
        Ok(options.get_filename().is_file())
    }

    /// How the database's schema compares to this program's: less is older, greater was made by a later version.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schema(&self) -> Result<Ordering> {
        Ok(self.applied().await?.cmp(&MIGRATIONS.len()))
    }
}
