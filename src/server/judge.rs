//! The password policy off the async threads: zxcvbn takes up to a second on hostile input (perf.md), so few run at once.

use crate::api::error::{ApiError, Field, Reason};
use crate::domain::policy::{PasswordPolicy, Refusal};
use crate::server::config;
use crate::server::failure::Done;
use crate::server::machine;
use crate::server::secrets::Secret;
use crate::server::turns::Turns;

/// Judges new passwords; cheap to clone.
#[derive(Debug, Clone)]
pub struct Judge {
    policy: PasswordPolicy,
    turns: Turns,
    slots: usize,
}

impl Judge {
    /// With the configured rules. It needs no memory to speak of: as many run at once as there are processors, or as is set for hashing.
    pub fn new(settings: &config::Password) -> Self {
        let slots = settings.hashing_slots.unwrap_or_else(machine::cores);
        Self {
            policy: settings.policy,
            turns: Turns::new(slots, settings.hashing_queue, settings.hashing_wait),
            slots,
        }
    }

    /// How many are judged at once.
    pub const fn slots(&self) -> usize {
        self.slots
    }

    /// The rules.
    pub const fn policy(&self) -> PasswordPolicy {
        self.policy
    }

    /// The form of an acceptable password that is hashed. `inputs` are what an attacker knows.
    ///
    /// # Errors
    /// The field's error with what would help, or [`ApiError::Busy`].
    pub async fn accept(&self, password: Secret, inputs: Vec<String>) -> Done<Secret> {
        let policy = self.policy;
        // Before anything is queued: what is refused by its size costs nothing.
        let normal = policy
            .normalise(password.expose())
            .map_err(|refusal| weak(refusal, Vec::new()))?;
        let normal = Secret::new(normal);
        let judged = normal.clone();
        let assess = move || {
            let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
            policy.assess(judged.expose(), &inputs)
        };
        let report = self.turns.run(assess).await?;
        match report.refusal {
            None => Ok(normal),
            // Advice helps against what is easy to guess; the other refusals say themselves what to do.
            Some(refusal @ Refusal::Guessable) => {
                let help = report.warning.into_iter().chain(report.suggestions);
                Err(weak(refusal, help.collect()).into())
            }
            Some(refusal) => Err(weak(refusal, Vec::new()).into()),
        }
    }

    /// A typed password in the form that was hashed, where it can be anybody's at all.
    pub fn typed(&self, password: &Secret) -> Option<Secret> {
        self.policy
            .normalise(password.expose())
            .ok()
            .map(Secret::new)
    }
}

fn weak(refusal: Refusal, help: Vec<String>) -> ApiError {
    let reason = match refusal {
        Refusal::Empty => Reason::Required,
        refusal => Reason::Weak { refusal, help },
    };
    ApiError::field(Field::Password, reason)
}
