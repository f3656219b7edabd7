//! Keeps the clock by the database's: measured at the start, every few minutes, and at once when this machine's clock was set.

use std::time::Duration;

use tokio::sync::watch;

use super::clock::Clock;
use super::store::{Result, Store};

/// How often the database's clock is asked, and how often it is looked whether it must be.
const MEASURE_EVERY: u32 = 300;
const LOOK: Duration = Duration::from_secs(1);
/// From so many milliseconds on, somebody is told that a machine's clock is wrong.
const WRONG: i64 = 1_000;

/// Sets the clock by the database, where that has one of its own; tells by how many milliseconds this machine's is before it.
///
/// # Errors
/// When the database fails.
pub async fn set(store: &Store, clock: &Clock) -> Result<i64> {
    Ok(match store.time().await? {
        Some((authority, at)) => clock.take(authority, at),
        None => 0,
    })
}

/// Sets the clock at the start, and says so where this machine's is wrong.
///
/// # Errors
/// When the database fails.
pub async fn begin(store: &Store, clock: &Clock) -> Result<()> {
    tell(set(store, clock).await?);
    Ok(())
}

/// Keeps it until `stop` turns true.
pub async fn keep(store: Store, clock: Clock, mut stop: watch::Receiver<bool>) {
    if !store.has_time() {
        return;
    }
    let mut looks = 0_u32;
    let mut told = 0;
    while !*stop.borrow() {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => return,
        }
        looks += 1;
        let was_set = clock.was_set();
        if looks < MEASURE_EVERY && !was_set {
            continue;
        }
        match set(&store, &clock).await {
            Ok(off) => {
                looks = 0;
                if was_set || (off - told).abs() > WRONG {
                    tell(off);
                    told = off;
                }
            }
            // The steady counter carries on; the next look tries again.
            Err(error) => tracing::warn!(%error, "the database's clock cannot be asked"),
        }
    }
}

fn tell(off: i64) {
    if off.abs() > WRONG {
        let seconds = off.abs() / 1_000;
        let way = if off > 0 { "before" } else { "behind" };
        tracing::warn!(
            "this machine's clock is {seconds} s {way} the database's, which is the one that counts here; is its time service running?"
        );
    }
}
