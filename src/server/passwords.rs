//! Argon2id, which costs `password.argon2_memory` each time: as many at once as processors and memory allow, the others in turn.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

use crate::server::config;
use crate::server::failure::{Done, Failure};
use crate::server::machine;
use crate::server::secrets::{self, Secret};
use crate::server::turns::Turns;

/// Where `password.hashing_memory` is not set: this part of the memory that the process may use. Elsewhere than on Linux nobody says
/// how much that is.
const SHARE: u64 = 4;
/// More than this many processors are left to the rest.
const MOST_SLOTS: usize = 64;
const MEMORY_UNKNOWN: u64 = 1 << 30;

/// Hashes and verifies passwords; cheap to clone.
#[derive(Debug, Clone)]
pub struct Hasher {
    argon2: Argon2<'static>,
    turns: Turns,
    slots: usize,
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
        let slots = slots(settings, machine::cores(), machine::memory());
        Ok(Self {
            argon2,
            turns: Turns::new(slots, settings.hashing_queue, settings.hashing_wait),
            slots,
            dummy: dummy.into(),
        })
    }

    /// How many hashes run at once.
    pub const fn slots(&self) -> usize {
        self.slots
    }

    /// The PHC string of a normalised password.
    ///
    /// # Errors
    /// [`ApiError::Busy`] when too many wait already.
    pub async fn hash(&self, password: Secret) -> Done<String> {
        let argon2 = self.argon2.clone();
        self.turns
            .run(move || hash_now(&argon2, &password))
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
        Ok(self.turns.run(same).await? && known)
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
}

/// As many hashes at once as there are processors, and as their memory allows; one in any case.
fn slots(settings: &config::Password, cores: usize, memory: Option<u64>) -> usize {
    let most = || memory.unwrap_or(MEMORY_UNKNOWN) / SHARE;
    let budget = settings.hashing_memory.unwrap_or_else(most);
    let each = u64::from(settings.argon2_memory) * 1024;
    let affordable = usize::try_from(budget / each).unwrap_or(usize::MAX);
    let chosen = settings.hashing_slots.unwrap_or(cores.min(affordable));
    chosen.clamp(1, MOST_SLOTS)
}

fn hash_now(argon2: &Argon2<'_>, password: &Secret) -> anyhow::Result<String> {
    let mut salt = [0; 16];
    secrets::fill(&mut salt).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    argon2
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| anyhow::anyhow!("argon2 failed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d3_slots_follow_processors_and_memory() {
        let (config, _) = config::load(&config::Sources::default()).unwrap();
        let usual = config.password;
        let chosen = |cores, mib: u64| slots(&usual, cores, Some(mib << 20));
        assert_eq!(chosen(4, 16_384), 4, "as many as processors");
        assert_eq!(chosen(32, 512), 6, "128 MiB hold six times 19");
        assert_eq!(chosen(4, 32), 1, "one in any case");
        assert_eq!(chosen(1_000, 1 << 20), 64);
        assert_eq!(slots(&usual, 1_000, None), 13, "256 MiB where nobody says");
        let mut set = usual.clone();
        set.hashing_memory = Some(40 << 20);
        assert_eq!(slots(&set, 8, Some(1 << 40)), 2, "what is set counts");
        set.hashing_slots = Some(5);
        assert_eq!(slots(&set, 2, Some(1)), 5, "and this above all");
    }
}
