//! What every use case works with, as one value that is cheap to clone.

use std::sync::Arc;

use tokio::sync::{Notify, watch};

use crate::domain::breaker::Shut;
use crate::domain::time::Timestamp;
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::judge::Judge;
use crate::server::limits::Limits;
use crate::server::passwords::Hasher;
use crate::server::store::Store;

/// The use cases' surroundings.
#[derive(Debug, Clone)]
pub struct Service {
    pub config: Arc<Config>,
    pub store: Store,
    pub clock: Clock,
    pub hasher: Hasher,
    pub judge: Judge,
    pub limits: Limits,
    /// Wakes the worker when mail was queued.
    pub mail_queued: Arc<Notify>,
    /// How the way to the relay is shut, while it is: written by this process's worker.
    pub relay_state: Arc<watch::Sender<Option<Shut>>>,
}

impl Service {
    /// Around an open store.
    ///
    /// # Errors
    /// When Argon2 refuses its parameters.
    pub fn new(config: Arc<Config>, store: Store, clock: Clock) -> anyhow::Result<Self> {
        Ok(Self {
            hasher: Hasher::new(&config.password)?,
            judge: Judge::new(&config.password),
            limits: Limits::new(&config.limits),
            mail_queued: Arc::new(Notify::new()),
            relay_state: Arc::new(watch::Sender::new(None)),
            config,
            store,
            clock,
        })
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
