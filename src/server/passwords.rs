//! Argon2id, which costs `password.argon2_memory` each time: as many at once as processors and memory allow, the others in turn.

mod argon;

use std::sync::Arc;

use argon2::Params;
use argon2::password_hash::phc::PasswordHash;

use self::argon::Argon;
use crate::server::config;
use crate::server::failure::{Done, Failure};
use crate::server::machine;
use crate::server::secrets::Secret;
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
    argon: Argon,
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
        let argon = Argon::new(params);
        let dummy = argon.hash(&Secret::new("nobody's password".into()))?;
        let slots = slots(settings, machine::cores(), machine::memory());
        Ok(Self {
            argon,
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
        let argon = self.argon.clone();
        self.turns
            .run(move || argon.hash(&password))
            .await?
            .map_err(Failure::Fault)
    }

    /// Whether the password is that of the hash; without a hash it takes as long and is not.
    ///
    /// # Errors
    /// [`ApiError::Busy`] when too many wait already.
    pub async fn verify(&self, password: Secret, hash: Option<String>) -> Done<bool> {
        let argon = self.argon.clone();
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.dummy.to_string());
        let same = move || argon.verify(&password, &hash);
        Ok(self.turns.run(same).await? && known)
    }

    /// Whether a hash was made with other costs than today's.
    pub fn outdated(&self, hash: &str) -> bool {
        let today = self.argon.params();
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
