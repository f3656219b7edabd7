//! Limits against floods, by what was typed and by where it came from, before anything is known about either.
//! In this process for now; they move to the database with the second replica.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::api::error::ApiError;
use crate::domain::rate_limit::Bucket;
use crate::domain::time::Timestamp;
use crate::server::config;

/// How many keys are kept at most; beyond, those that owe least are forgotten.
const MAX_KEYS: usize = 100_000;

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

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Identifier(Counted, String),
    Client(Counted, IpAddr),
}

/// The limits of one server; cheap to clone.
#[derive(Debug, Clone)]
pub struct Limits {
    per_identifier: u32,
    per_address: u32,
    buckets: Arc<Mutex<HashMap<Key, Bucket>>>,
}

impl Limits {
    /// With the configured counts.
    pub fn new(settings: &config::Limits) -> Self {
        Self {
            per_identifier: settings.per_identifier,
            per_address: settings.per_address,
            buckets: Arc::default(),
        }
    }

    /// Takes one for the client and, where given, one for what was typed.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`], the same for what exists and what does not.
    pub fn take(
        &self,
        counted: Counted,
        client: Option<IpAddr>,
        identifier: Option<&str>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let by_client = client.map(|ip| (Key::Client(counted, network(ip)), self.per_address));
        let by_name =
            identifier.map(|id| (Key::Identifier(counted, id.to_owned()), self.per_identifier));
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_KEYS {
            forget(&mut buckets, now);
        }
        // First ask all, then take from all: a refusal by one must not cost the other.
        let mut taken = Vec::with_capacity(2);
        for (key, an_hour) in by_client.into_iter().chain(by_name) {
            let bucket = buckets.get(&key).copied().unwrap_or(Bucket::full(now));
            match bucket.take(an_hour, now) {
                Ok(after) => taken.push((key, after)),
                Err(wait) => return Err(refused(counted, client, wait)),
            }
        }
        buckets.extend(taken);
        Ok(())
    }

    /// Whether the client has one left, without taking it: for what is counted only when it fails.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`].
    pub fn ask(
        &self,
        counted: Counted,
        client: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let Some(client) = client else { return Ok(()) };
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get(&Key::Client(counted, network(client))).copied();
        match bucket.map(|bucket| bucket.take(self.per_address, now)) {
            Some(Err(wait)) => Err(refused(counted, Some(client), wait)),
            _ => Ok(()),
        }
    }
}

/// Forgets who owes nothing; where that is not enough, the half that owes least.
fn forget(buckets: &mut HashMap<Key, Bucket>, now: Timestamp) {
    buckets.retain(|_, bucket| bucket.owed(now) > 0);
    if buckets.len() >= MAX_KEYS {
        let mut owed: Vec<u64> = buckets.values().map(|bucket| bucket.owed(now)).collect();
        let middle = owed.len() / 2;
        let (_, median, _) = owed.select_nth_unstable(middle);
        let median = *median;
        buckets.retain(|_, bucket| bucket.owed(now) > median);
    }
}

/// Floods go to the log, not to the audit: a refusal must cost the database nothing.
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

    fn limits() -> Limits {
        Limits {
            per_identifier: 2,
            per_address: 4,
            buckets: Arc::default(),
        }
    }

    #[test]
    fn names_and_clients_are_limited_apart() {
        let (limits, now) = (limits(), Timestamp::from_millis(0));
        let client = |last| Some(IpAddr::from([10, 0, 0, last]));
        for last in [1, 2] {
            limits
                .take(Counted::Forgot, client(last), Some("alice"), now)
                .unwrap();
        }
        assert!(
            limits
                .take(Counted::Forgot, client(3), Some("alice"), now)
                .is_err()
        );
        for name in ["a", "b", "c", "d"] {
            limits
                .take(Counted::Forgot, client(9), Some(name), now)
                .unwrap();
        }
        assert!(
            limits
                .take(Counted::Forgot, client(9), Some("e"), now)
                .is_err()
        );
        limits
            .take(Counted::SignUp, client(9), Some("alice"), now)
            .unwrap();
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let (limits, now) = (limits(), Timestamp::from_millis(0));
        for last in 0..4u16 {
            let ip = IpAddr::from([0x2001, 0xdb8, 0, 0, last, 0, 0, 1]);
            limits.take(Counted::Token, Some(ip), None, now).unwrap();
        }
        let ip = IpAddr::from([0x2001, 0xdb8, 0, 0, 9, 9, 9, 9]);
        assert!(limits.take(Counted::Token, Some(ip), None, now).is_err());
        assert!(limits.ask(Counted::Token, Some(ip), now).is_err());
        let other = IpAddr::from([0x2001, 0xdb8, 0, 1, 9, 9, 9, 9]);
        limits.take(Counted::Token, Some(other), None, now).unwrap();
    }
}
