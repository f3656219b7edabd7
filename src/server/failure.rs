//! Why a use case did not do it: a refusal that the person is told, or a fault that only the log is.

use crate::api::error::ApiError;
use crate::server::secrets;
use crate::server::store::StoreError;

/// What use cases answer instead of their result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// By a rule, or for lack of room: said to the person.
    #[error("refused: {0:?}")]
    Refused(ApiError),
    /// By a fault of ours or of the machine: said to the log.
    #[error("{0}")]
    Fault(#[source] anyhow::Error),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy(_) => {
                tracing::warn!(%error, "the database cannot do it now");
                Self::Refused(ApiError::Busy { retry_after: 5 })
            }
            // The store has logged it.
            StoreError::Unknown(_) => Self::Refused(ApiError::Unsure { retry_after: 5 }),
            other => Self::Fault(other.into()),
        }
    }
}

impl From<getrandom::Error> for Failure {
    fn from(error: getrandom::Error) -> Self {
        Self::Fault(anyhow::anyhow!(
            "no randomness from the operating system: {error}"
        ))
    }
}

impl Failure {
    /// Whether it may have been done all the same.
    pub const fn is_unsure(&self) -> bool {
        matches!(self, Self::Refused(ApiError::Unsure { .. }))
    }

    /// What the person gets; a fault is logged here, once, under the id that the page shows.
    pub fn into_api(self) -> ApiError {
        match self {
            Self::Refused(error) => error,
            Self::Fault(error) => {
                let incident = secrets::random_id().unwrap_or_default();
                let incident: String = incident.chars().take(12).collect();
                tracing::error!(%incident, error = format!("{error:#}"), "a request failed");
                ApiError::Internal { incident }
            }
        }
    }
}

/// What use cases answer.
pub type Done<T> = Result<T, Failure>;
