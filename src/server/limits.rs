//! Limits against floods, by what was typed and by where it came from, before anything is known about either. The counts are in the
//! database, for all instances; what is refused anyway is remembered here, so that a flood does not reach the database.

mod guesses;
mod refusals;

use std::net::IpAddr;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::api::error::ApiError;
use crate::domain::rate_limit::Limit;
use crate::domain::time::Timestamp;
use crate::server::config;
use crate::server::failure::Done;
use crate::server::store::{self, Tx};
use refusals::Refusals;

/// What is counted; each thing has buckets of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted {
    /// Asking for a reset.
    Forgot,
    /// Asking for a sign-up link.
    SignUp,
    /// Failed sign-ins and wrong current passwords.
    SignIn,
    /// Links and codes that are nobody's.
    Token,
    /// Current passwords, asked again of who is signed in.
    Confirm,
    /// Taken usernames.
    Taken,
}

impl Counted {
    /// The name within keys.
    const fn name(self) -> &'static str {
        match self {
            Self::Forgot => "forgot",
            Self::SignUp => "sign_up",
            Self::SignIn => "sign_in",
            Self::Token => "token",
            Self::Confirm => "confirm",
            Self::Taken => "taken",
        }
    }
}

/// A bucket: whose it is, and how much it holds.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    key: [u8; 32],
    limit: Limit,
}

/// The limits of one server; cheap to clone.
#[derive(Debug, Clone)]
pub struct Limits {
    per_identifier: Limit,
    per_address: Limit,
    wrong_codes: Limit,
    refusals: Refusals,
}

impl Limits {
    /// With the configured counts.
    pub fn new(settings: &config::Limits) -> Self {
        Self {
            per_identifier: Limit::an_hour(settings.per_identifier),
            per_address: Limit::an_hour(settings.per_address),
            wrong_codes: Limit::an_hour(settings.wrong_codes_per_hour),
            refusals: Refusals::default(),
        }
    }

    /// Takes one for the client and, where given, one for what was typed, in the transaction that `begin` opens and that this gives
    /// back: both count when it is committed, none where it is not. Where it is known that there is none, it is not even opened.
    ///
    /// On PostgreSQL the buckets stay locked until then: the client's first, and an account, where one is needed, after them. What is
    /// counted by [`Self::count`] is locked after the account, but nothing is counted in both ways: so nobody waits in a circle.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`], the same for what exists and what does not; and when the database fails.
    pub async fn take(
        &self,
        counted: Counted,
        client: Option<IpAddr>,
        identifier: Option<&str>,
        now: Timestamp,
        begin: impl Future<Output = store::Result<Tx>>,
    ) -> Done<Tx> {
        let by_name = identifier.map(|id| self.of_name(counted, id));
        let buckets: Vec<_> = self
            .of_client(counted, client)
            .into_iter()
            .chain(by_name)
            .collect();
        for bucket in &buckets {
            self.remembered(bucket, counted, client, now)?;
        }
        let mut tx = begin.await?;
        for bucket in &buckets {
            // A refusal by one must not cost the other: the transaction is dropped.
            self.take_one(&mut tx, bucket, counted, client, now)
                .await??;
        }
        Ok(tx)
    }

    /// Whether the client has one left, without taking it: for what is counted only when it fails. `begin` is as with [`Self::take`].
    ///
    /// # Errors
    /// [`ApiError::RateLimited`], and when the database fails.
    pub async fn ask(
        &self,
        counted: Counted,
        client: Option<IpAddr>,
        now: Timestamp,
        begin: impl Future<Output = store::Result<Tx>>,
    ) -> Done<Tx> {
        let bucket = self.of_client(counted, client);
        if let Some(bucket) = &bucket {
            self.remembered(bucket, counted, client, now)?;
        }
        let mut tx = begin.await?;
        if let Some(bucket) = bucket
            && let Some(wait) = tx.ask_limit(bucket.key, bucket.limit.terms(now)).await?
        {
            self.refusals.remember(bucket.key, now.plus(wait), now);
            return Err(refused(counted, client, wait).into());
        }
        Ok(tx)
    }

    /// Gives back to the client what [`Self::take`] took in this transaction, whose row is still locked: nobody has seen it missing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_back(
        &self,
        tx: &mut Tx,
        counted: Counted,
        client: Option<IpAddr>,
    ) -> Done<()> {
        if let Some(bucket) = self.of_client(counted, client) {
            // The price does not depend on the time.
            let price = bucket.limit.terms(Timestamp::from_millis(0)).price;
            tx.give_back_limit(bucket.key, price).await?;
        }
        Ok(())
    }

    /// Counts what failed for the client, in the transaction that writes the failure down: whether it is too much changes nothing there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(
        &self,
        tx: &mut Tx,
        counted: Counted,
        client: Option<IpAddr>,
        now: Timestamp,
    ) -> Done<Result<(), ApiError>> {
        match self.of_client(counted, client) {
            Some(bucket) => self.take_one(tx, &bucket, counted, client, now).await,
            None => Ok(Ok(())),
        }
    }

    async fn take_one(
        &self,
        tx: &mut Tx,
        bucket: &Bucket,
        counted: Counted,
        client: Option<IpAddr>,
        now: Timestamp,
    ) -> Done<Result<(), ApiError>> {
        let taken = tx.take_limit(bucket.key, bucket.limit.terms(now)).await?;
        Ok(taken.map_err(|wait| {
            self.refusals.remember(bucket.key, now.plus(wait), now);
            refused(counted, client, wait)
        }))
    }

    fn remembered(
        &self,
        bucket: &Bucket,
        counted: Counted,
        client: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let wait = self.refusals.wait(&bucket.key, now);
        wait.map_or(Ok(()), |wait| Err(refused(counted, client, wait)))
    }

    fn of_client(&self, counted: Counted, client: Option<IpAddr>) -> Option<Bucket> {
        let network = network(client?).to_string();
        Some(Bucket {
            key: key(counted, "client", &network),
            limit: self.per_address,
        })
    }

    fn of_name(&self, counted: Counted, identifier: &str) -> Bucket {
        Bucket {
            key: key(counted, "identifier", identifier),
            limit: self.per_identifier,
        }
    }
}

/// What the database knows a bucket by: nothing of what people typed stands there. No name of a kind has a NUL in it.
fn key(counted: Counted, kind: &str, whose: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in ["postern limit", counted.name(), kind] {
        hash.update(part);
        hash.update([0]);
    }
    hash.update(whose);
    hash.finalize().into()
}

/// Floods go to the log, not to the audit: a refusal must cost the database next to nothing.
fn refused(counted: Counted, client: Option<IpAddr>, wait: Duration) -> ApiError {
    tracing::warn!(?counted, ?client, "excess_rate_limit_exceeded");
    let retry_after = u32::try_from(wait.as_secs())
        .unwrap_or(3_600)
        .saturating_add(1);
    ApiError::RateLimited { retry_after }
}

/// An IPv6 client has a whole /64 to call from; an IPv4 one written as IPv6 is IPv4.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => {
            let mut segments = ip.segments();
            segments[4..].fill(0);
            IpAddr::V6(segments.into())
        }
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thing_that_is_counted_has_keys_of_its_own() {
        let all = [
            Counted::Forgot,
            Counted::SignUp,
            Counted::SignIn,
            Counted::Token,
            Counted::Confirm,
            Counted::Taken,
        ];
        let mut keys = std::collections::HashSet::new();
        for counted in all {
            for kind in ["client", "identifier"] {
                for whose in ["10.0.0.1", "alice", "", "alice\0"] {
                    assert!(keys.insert(key(counted, kind, whose)));
                }
            }
        }
        assert_eq!(
            key(Counted::Forgot, "client", "10.0.0.1"),
            key(Counted::Forgot, "client", "10.0.0.1")
        );
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let net = |text: &str| network(text.parse().unwrap());
        assert_eq!(net("2001:db8::1"), net("2001:db8:0:0:9:9:9:9"));
        assert_ne!(net("2001:db8::1"), net("2001:db8:0:1::1"));
        assert_eq!(net("::ffff:192.0.2.1"), net("192.0.2.1"));
        assert_ne!(net("192.0.2.2"), net("192.0.2.1"));
    }
}
