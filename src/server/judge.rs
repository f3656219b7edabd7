//! The password policy off the async threads: zxcvbn takes up to a second on hostile input (perf.md), so few run at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::api::error::{ApiError, Field, Reason};
use crate::domain::policy::{PasswordPolicy, Refusal};
use crate::server::failure::{Done, Failure};
use crate::server::secrets::Secret;

/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Judges new passwords; cheap to clone.
#[derive(Debug, Clone)]
pub struct Judge {
    policy: PasswordPolicy,
    slots: Arc<Semaphore>,
}

impl Judge {
    /// With the configured rules; `slots` run at once.
    pub fn new(policy: PasswordPolicy, slots: usize) -> Self {
        Self {
            policy,
            slots: Arc::new(Semaphore::new(slots)),
        }
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
        let turn = tokio::time::timeout(PATIENCE, self.slots.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(ApiError::Busy { retry_after: 5 }.into());
        };
        let judged = normal.clone();
        let report = tokio::task::spawn_blocking(move || {
            let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
            let report = policy.assess(judged.expose(), &inputs);
            drop(turn);
            report
        });
        let report = report.await.map_err(|error| Failure::Fault(error.into()))?;
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
