//! How long a claimed mail is a worker's, and how it is given back before that.

use std::time::Duration;

use crate::server::failure::{Done, Failure};
use crate::server::service::Service;
use crate::server::store::{AttemptEnd, AttemptOutcome, QueuedMail};

/// How long after a fault of the database the worker looks again.
pub const REST: Duration = Duration::from_secs(1);
/// How often it is tried to write down how a mail ended.
pub const SETTLE_TRIES: u32 = 4;
/// What a lease has beyond the longest attempt and the transactions around it.
const LEASE_MARGIN: Duration = Duration::from_secs(5);
/// What the store waits beyond `database.busy_timeout` at the most, for a connection and for a commit.
const STORE_MARGIN: Duration = Duration::from_secs(1);

/// An attempt of which nothing went out.
pub const fn abandoned(why: &str) -> AttemptEnd<'_> {
    AttemptEnd {
        outcome: AttemptOutcome::Abandoned,
        class: None,
        diagnosis: None,
        evidence: Some(why),
        message_id: None,
        transcript: None,
    }
}

/// How long a claimed mail is its worker's: the longest attempt, and as long as it may be tried to write down how that ended.
pub fn length(longest: Duration, patience: Duration) -> Duration {
    longest + SETTLE_TRIES * (2 * (patience + STORE_MARGIN) + REST) + LEASE_MARGIN
}

/// A decision could not be made: nothing of the mail has gone out. What passes by itself shall not cost it the rest of the lease;
/// anything else leaves the mail to the lease, so that it does not come back at once for ever. Returns the error.
pub async fn given_back(
    service: &Service,
    queued: &QueuedMail,
    id: &str,
    error: Failure,
) -> Failure {
    if !matches!(error, Failure::Refused(_)) {
        return error;
    }
    tracing::warn!("the database kept a mail from going out");
    for _ in 0..SETTLE_TRIES {
        tokio::time::sleep(REST).await;
        match give_back(service, queued, id).await {
            Ok(()) => break,
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "a mail cannot be given back yet"
                );
            }
        }
    }
    error
}

async fn give_back(service: &Service, queued: &QueuedMail, id: &str) -> Done<()> {
    let now = service.now();
    let why = "the database was busy";
    let mut tx = service.store.begin().await?;
    if let Some(account) = &queued.account_id {
        tx.account(account).await?;
    }
    if tx.still_claimed(queued).await? {
        tx.put_back(queued, now.plus(REST), false, why).await?;
        tx.end_attempt(id, abandoned(why), now).await?;
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_outlasts_all_tries_to_write_down_how_the_mail_ended() {
        let longest = Duration::from_secs(160);
        for seconds in [1, 5, 60] {
            let patience = Duration::from_secs(seconds);
            // Each begins, which may wait for the lock, and commits, which may wait for the answer; between two is a rest.
            let tries = (0..SETTLE_TRIES).map(|_| patience + patience + REST);
            let needed = longest + tries.sum::<Duration>();
            assert!(length(longest, patience) > needed, "{patience:?}");
        }
    }
}
