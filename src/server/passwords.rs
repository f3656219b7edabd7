//! Argon2id off the async threads: so many at once, so many waiting, then "busy" (each costs `m` KiB of memory).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::api::error::ApiError;
use crate::server::config;
use crate::server::failure::{Done, Failure};
use crate::server::secrets::{self, Secret};

/// Hashes and verifies passwords; cheap to clone.
#[derive(Debug, Clone)]
pub struct Hasher {
    argon2: Argon2<'static>,
    slots: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    queue: usize,
    /// What is verified against where there is no account, so that both cost the same.
    dummy: Arc<str>,
}

impl Hasher {
    /// With the configured costs.
    ///
    /// # Errors
    /// When Argon2 refuses the parameters.
    pub fn new(settings: &config::Password) -> anyhow::Result<Self> {
        let params = Params::new(
            settings.argon2_memory,
            settings.argon2_passes,
            settings.argon2_lanes,
            None,
        )
        .map_err(|error| anyhow::anyhow!("argon2 refuses its parameters: {error}"))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let dummy = hash_now(&argon2, &Secret::new("nobody's password".into()))?;
        Ok(Self {
            argon2,
            slots: Arc::new(Semaphore::new(settings.hashing_slots)),
            waiting: Arc::new(AtomicUsize::new(0)),
            queue: settings.hashing_queue,
            dummy: dummy.into(),
        })
    }

    /// The PHC string of a normalised password.
    ///
    /// # Errors
    /// [`ApiError::Busy`] when too many wait already.
    pub async fn hash(&self, password: Secret) -> Done<String> {
        let argon2 = self.argon2.clone();
        self.run(move || hash_now(&argon2, &password))
            .await?
            .map_err(Failure::Fault)
    }

    /// Whether the password is that of the hash; without a hash it takes as long and is not.
    ///
    /// # Errors
    /// [`ApiError::Busy`] when too many wait already.
    pub async fn verify(&self, password: Secret, hash: Option<String>) -> Done<bool> {
        let argon2 = self.argon2.clone();
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.dummy.to_string());
        let same = move || {
            let hash = PasswordHash::new(&hash);
            hash.is_ok_and(|hash| {
                argon2
                    .verify_password(password.expose().as_bytes(), &hash)
                    .is_ok()
            })
        };
        Ok(self.run(same).await? && known)
    }

    /// Whether a hash was made with other costs than today's.
    pub fn outdated(&self, hash: &str) -> bool {
        let today = self.argon2.params();
        PasswordHash::new(hash)
            .ok()
            .and_then(|hash| Params::try_from(&hash).ok())
            .is_none_or(|params| {
                (params.m_cost(), params.t_cost(), params.p_cost())
                    != (today.m_cost(), today.t_cost(), today.p_cost())
            })
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Done<T> {
        let slot = match self.slots.clone().try_acquire_owned() {
            Ok(slot) => slot,
            Err(_) => {
                let waiting = Waiting::enter(&self.waiting, self.queue)?;
                let slot = self.slots.clone().acquire_owned().await;
                drop(waiting);
                slot.map_err(|error| Failure::Fault(error.into()))?
            }
        };
        // The slot goes along: a caller that hangs up does not free it while the work still runs.
        let work = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(slot);
            done
        });
        work.await.map_err(|error| Failure::Fault(error.into()))
    }
}

/// A place in the queue, given back when dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(waiting: &'a AtomicUsize, queue: usize) -> Done<Self> {
        if waiting.fetch_add(1, Ordering::Relaxed) >= queue {
            waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(ApiError::Busy { retry_after: 2 }.into());
        }
        Ok(Self(waiting))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn hash_now(argon2: &Argon2<'_>, password: &Secret) -> anyhow::Result<String> {
    let mut salt = [0; 16];
    secrets::fill(&mut salt).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    argon2
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| anyhow::anyhow!("argon2 failed: {error}"))
}
