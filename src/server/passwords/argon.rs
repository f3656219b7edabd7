//! Argon2id over blocks of memory that are kept: made anew for each hash, they leave an allocator's heap in pieces, which grows.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::server::secrets::{self, Secret};

/// Hashes with its memory; clones share it. It has as many buffers as hashes ever ran at once.
#[derive(Clone)]
pub struct Argon {
    argon2: Argon2<'static>,
    idle: Arc<Mutex<Vec<Vec<Block>>>>,
}

impl Argon {
    /// With these costs.
    pub fn new(params: Params) -> Self {
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            idle: Arc::default(),
        }
    }

    /// What a hash of today costs.
    pub const fn params(&self) -> &Params {
        self.argon2.params()
    }

    /// The PHC string of a password, with a new salt.
    ///
    /// # Errors
    /// Without randomness, or when Argon2 refuses the password.
    pub fn hash(&self, password: &Secret) -> anyhow::Result<String> {
        let mut salt = [0; 16];
        secrets::fill(&mut salt).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
        self.compute(&self.argon2, password, &salt, &mut out)
            .map_err(|error| anyhow::anyhow!("argon2 failed: {error}"))?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(self.params())?,
            salt: Some(Salt::new(&salt)?),
            hash: Some(Output::new(&out)?),
        };
        Ok(hash.to_string())
    }

    /// Whether the password is that of the PHC string, by the algorithm and costs that it names.
    pub fn verify(&self, password: &Secret, hash: &str) -> bool {
        self.same(password, hash).unwrap_or(false)
    }

    fn same(&self, password: &Secret, hash: &str) -> anyhow::Result<bool> {
        let hash = PasswordHash::new(hash)?;
        let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
            return Ok(false);
        };
        let version = hash.version.map(Version::try_from).transpose()?;
        let argon2 = Argon2::new(
            Algorithm::try_from(hash.algorithm.as_str())?,
            version.unwrap_or_default(),
            Params::try_from(&hash)?,
        );
        let mut out = [0; Output::MAX_LENGTH];
        let out = &mut out[..expected.as_ref().len()];
        self.compute(&argon2, password, salt, out)?;
        // Compared in constant time (phc::Output).
        Ok(*expected == Output::new(out)?)
    }

    /// Fills `out`. A hash that needs more than one of today's takes memory of its own for this once.
    fn compute(
        &self,
        argon2: &Argon2<'_>,
        password: &Secret,
        salt: &[u8],
        out: &mut [u8],
    ) -> argon2::Result<()> {
        let (needed, usual) = (argon2.params().block_count(), self.params().block_count());
        let kept = self.idle().pop();
        let mut blocks = kept.unwrap_or_else(|| vec![Block::new(); usual]);
        let password = password.expose().as_bytes();
        let done = match blocks.get_mut(..needed) {
            Some(blocks) => {
                let done = argon2.hash_password_into_with_memory(password, salt, out, &mut *blocks);
                // What a password was made into is not left lying about.
                blocks.fill(Block::new());
                done
            }
            None => argon2.hash_password_into(password, salt, out),
        };
        self.idle().push(blocks);
        done
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without what is in the memory.
impl fmt::Debug for Argon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Argon").field(&self.argon2).finish()
    }
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.into())
    }

    fn with(memory: u32, passes: u32, lanes: u32) -> Argon {
        Argon::new(Params::new(memory, passes, lanes, None).unwrap())
    }

    #[test]
    fn d3_the_same_hashes_as_with_memory_of_their_own() {
        let argon = with(64, 2, 1);
        let ours = argon.hash(&secret("correct horse")).unwrap();
        assert!(ours.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{ours}");
        let verify = |password: &str, hash: &str| {
            let hash = PasswordHash::new(hash).unwrap();
            Argon2::default().verify_password(password.as_bytes(), &hash)
        };
        assert!(verify("correct horse", &ours).is_ok());
        assert!(verify("correct horsf", &ours).is_err());
        assert!(argon.verify(&secret("correct horse"), &ours));
        assert!(!argon.verify(&secret("correct horsf"), &ours));
        // Less, the same, more, in lanes, of another algorithm, of another length.
        for (memory, passes, lanes, algorithm, length) in [
            (16, 3, 1, Algorithm::Argon2id, 32),
            (64, 2, 1, Algorithm::Argon2d, 32),
            (64, 1, 4, Algorithm::Argon2id, 16),
            (256, 1, 2, Algorithm::Argon2i, 64),
        ] {
            let params = Params::new(memory, passes, lanes, Some(length)).unwrap();
            let theirs = Argon2::new(algorithm, Version::V0x13, params)
                .hash_password_with_salt(b"correct horse", &[7; 16])
                .unwrap()
                .to_string();
            assert!(argon.verify(&secret("correct horse"), &theirs), "{theirs}");
            assert!(!argon.verify(&secret("correct horsf"), &theirs), "{theirs}");
        }
        for nonsense in [
            "",
            "x",
            "$argon2id$v=19$m=64,t=2,p=1$",
            "$scrypt$ln=1$aaaa$bbbb",
        ] {
            assert!(!argon.verify(&secret("correct horse"), nonsense));
        }
    }

    #[test]
    fn d3_memory_is_kept_for_the_next_and_nothing_is_left_in_it() {
        let argon = with(64, 1, 1);
        for _ in 0..5 {
            argon.hash(&secret("one after the other")).unwrap();
        }
        assert_eq!(argon.idle().len(), 1, "the same over and over");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| argon.clone().hash(&secret("side by side")).unwrap());
            }
        });
        let idle = argon.idle();
        assert!(idle.len() <= 4, "{} at most four", idle.len());
        for blocks in idle.iter() {
            assert_eq!(blocks.len(), 64);
            let empty = |block: &Block| block.as_ref().iter().all(|word| *word == 0);
            assert!(blocks.iter().all(empty), "wiped");
        }
    }
}
