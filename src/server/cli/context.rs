//! What every command starts from: the settings, the clock, and on demand an open store.

use std::cmp::Ordering;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::exit::CliError;
use crate::server::clock::Clock;
use crate::server::config::{self, Config, Sources, Warning};
use crate::server::service::Service;
use crate::server::store::Store;
use crate::server::timekeeper;

/// The settings and the clock.
pub struct Context {
    pub config: Arc<Config>,
    pub warnings: Vec<Warning>,
    pub clock: Clock,
}

impl Context {
    /// Reads the settings of this process.
    pub fn load(file: Option<&Path>, flags: Vec<(String, String)>) -> Result<Self, CliError> {
        let sources = Sources::from_process(file, flags)?;
        let (config, warnings) = config::load(&sources)?;
        Ok(Self {
            config: Arc::new(config),
            warnings,
            clock: Clock::system(),
        })
    }

    /// The database, made where it is missing.
    pub async fn store(&self) -> Result<Store, CliError> {
        let settings = &self.config.database;
        let said = || format!("database.url = {:?} cannot be opened", settings.url);
        Ok(Store::open(settings).await.with_context(said)?)
    }

    /// The use cases' surroundings over a database that is there and up to date: a command that looks at the wrong
    /// folder must not make an empty database there and say that nobody has an account.
    pub async fn service(&self) -> Result<Service, CliError> {
        let url = &self.config.database.url;
        if !Store::is_there(&self.config.database)? {
            let words = format!(
                "there is no database at {url}; `postern migrate` makes one (or is this the wrong folder?)"
            );
            return Err(CliError::NotFound(words));
        }
        let store = self.store().await?;
        match store.schema().await? {
            Ordering::Equal => {}
            Ordering::Less => {
                let words =
                    format!("the database at {url} is of an older version; run `postern migrate`");
                return Err(CliError::Refused(words));
            }
            Ordering::Greater => {
                let words =
                    format!("the database at {url} is of a newer version than this program");
                return Err(CliError::Refused(words));
            }
        }
        timekeeper::set(&store, &self.clock).await?;
        Ok(Service::new(
            Arc::clone(&self.config),
            store,
            self.clock.clone(),
        )?)
    }
}
