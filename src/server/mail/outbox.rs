//! What people do with mails in the outbox, from the console and the command line: find one.

use crate::domain::reference::Reference;
use crate::server::failure::Failure;
use crate::server::store::{MailFilter, MailRow, StoreError, Tx};

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// No mail has this id or reference.
    #[error(
        "there is no mail {0:?}; write its id, the first digits of it, or a request's reference"
    )]
    Unknown(String),
    /// Several have.
    #[error("{0:?} is the beginning of more than one id")]
    Ambiguous(String),
    /// As everywhere.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for OutboxError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// The mail of that id, of the only id that begins so, or the newest of that request.
///
/// # Errors
/// When there is none, or more than one.
pub async fn find(tx: &mut Tx, which: &str) -> Result<MailRow, OutboxError> {
    let which = which.trim();
    let id = which.to_ascii_lowercase();
    if (4..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_hexdigit()) {
        let mut found = tx.mails_by_prefix(&id).await?;
        match (found.pop(), found.is_empty()) {
            (Some(mail), true) => return Ok(mail),
            (Some(_), false) => return Err(OutboxError::Ambiguous(which.to_owned())),
            (None, _) => {}
        }
    }
    // Digits alone may be a reference too.
    if let Some(reference) = Reference::parse(which) {
        let filter = MailFilter {
            reference: Some(reference.as_str().to_owned()),
            limit: 1,
            ..MailFilter::default()
        };
        if let Some(mail) = tx.mails(&filter).await?.pop() {
            return Ok(mail);
        }
    }
    Err(OutboxError::Unknown(which.to_owned()))
}
