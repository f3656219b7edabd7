//! Every row by evidence as it stands on the wire, and properties over everything that could.

mod docs;
mod properties;
mod rows;

use super::{Next, by_id};
use crate::domain::smtp::evidence::Evidence;
use crate::domain::smtp::reply::Reply;
use crate::domain::smtp::step::Step;

/// One line of the fixtures.
struct Fixture {
    line: &'static str,
    id: &'static str,
    next: Next,
    evidence: Evidence,
}

/// `wire.txt`, which tells its own format.
fn fixtures() -> Vec<Fixture> {
    let lines = include_str!("wire.txt").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(fixture).collect()
}

fn fixture(line: &'static str) -> Fixture {
    let mut parts = line.splitn(3, " | ");
    let mut part = || {
        parts
            .next()
            .unwrap_or_else(|| panic!("three parts: {line}"))
    };
    let (what, step, said) = (part(), part(), part());
    let (id, next) = match what.split_once('>') {
        Some((id, next)) => (id, json(&format!("\"{next}\""))),
        None => (what, by_id(what).unwrap_or_else(|| panic!("{line}")).next),
    };
    let step: Step = json(&format!("\"{step}\""));
    let evidence = if said.starts_with(['{', '"']) {
        Evidence::fault(step, json(said))
    } else {
        Evidence::reply(step, wire_reply(said))
    };
    Fixture {
        line,
        id,
        next,
        evidence,
    }
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn wire_reply(said: &str) -> Reply {
    let lines = said.split(" / ");
    let lines = lines.map(|line| line[4..].to_owned()).collect();
    Reply::new(said[..3].parse().unwrap(), lines)
}
