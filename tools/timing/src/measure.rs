//! One case: pairs in random order over one connection, every answer compared, every time kept.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use postern::server::secrets;

use crate::cases::{Case, Pace};
use crate::mask::masked;
use crate::people::People;
use crate::stats::Series;
use crate::wire::{Post, Wire};

/// Pairs at the beginning that are sent and compared, not timed: caches fill.
pub const WARM_UP: usize = 20;

/// What one case gave.
#[derive(Debug)]
pub struct Measured {
    /// Microseconds.
    pub series: Series,
    pub statuses: BTreeSet<u16>,
    /// The answers without what is drawn anew for each: one, where all is well.
    pub answers: BTreeSet<String>,
}

/// Runs it with so many pairs.
pub async fn measure(
    case: &Case,
    people: &People,
    wire: &mut Wire,
    pairs: usize,
) -> anyhow::Result<Measured> {
    let mut measured = Measured {
        series: Series::default(),
        statuses: BTreeSet::new(),
        answers: BTreeSet::new(),
    };
    let warm_up = WARM_UP.min(pairs / 10);
    for n in 0..pairs {
        let posts = (case.posts)(people, n, pairs);
        let mut coin = [0];
        secrets::fill(&mut coin)?;
        let order = if coin[0] & 1 == 0 { [0, 1] } else { [1, 0] };
        for class in order {
            let sent = one(case, people, wire, &posts[class], &mut measured);
            let took = sent
                .await
                .with_context(|| format!("{}, pair {n}", case.name))?;
            if n >= warm_up {
                let times = if class == 0 {
                    &mut measured.series.first
                } else {
                    &mut measured.series.second
                };
                times.push(took.as_secs_f64() * 1e6);
            }
        }
    }
    Ok(measured)
}

async fn one(
    case: &Case,
    people: &People,
    wire: &mut Wire,
    post: &Post,
    measured: &mut Measured,
) -> anyhow::Result<Duration> {
    let answer = wire.post(post)?;
    measured.statuses.insert(answer.status);
    measured.answers.insert(masked(&answer, post));
    let mut took = answer.took;
    if case.pace == Pace::NextOne {
        let probe = Post {
            path: "/forgot",
            fields: vec![("username", "nobody.at.all".to_owned())],
        };
        took = wire.post(&probe)?.took;
    }
    if case.pace != Pace::AtOnce {
        people.quiet().await?;
    }
    Ok(took)
}
