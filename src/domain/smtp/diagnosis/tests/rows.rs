//! The table is whole, and each of its rows is reached by what servers really say.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Class, Next, Scope, TABLE, by_id, diagnose};
use super::fixtures;

#[test]
fn what_servers_say_leads_to_its_row() {
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let diagnosis = diagnose(&fixture.evidence);
        if (diagnosis.id(), diagnosis.next) != (fixture.id, fixture.next) {
            wrong.push(format!(
                "{} {:?} for: {}",
                diagnosis.id(),
                diagnosis.next,
                fixture.line
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_has_evidence_from_the_wire() {
    let met: BTreeSet<_> = fixtures().iter().map(|fixture| fixture.id).collect();
    let missing: Vec<_> = TABLE.iter().filter(|row| !met.contains(row.id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_table_is_whole() {
    let numbers: Vec<_> = TABLE.iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=70).collect::<Vec<u8>>());
    let ids: BTreeSet<_> = TABLE.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), TABLE.len(), "ids are unique");
    for row in TABLE {
        assert_eq!(by_id(row.id), Some(row));
        for (words, most) in [(row.title, 50), (row.cause, 250), (row.fix, 250)] {
            assert!(
                !words.is_empty() && words.len() <= most,
                "{}: {words}",
                row.id
            );
        }
        let sentences = row.cause.ends_with('.') && row.fix.ends_with('.');
        assert!(sentences && !row.title.ends_with('.'), "{}", row.id);
    }
    assert_eq!(by_id("no.such"), None);
}

/// The columns of the design, counted, so that a slip of the hand in one of 70 rows shows.
#[test]
fn classes_and_ladders_are_those_of_the_design() {
    let mut classes = BTreeMap::new();
    let mut ladders = BTreeMap::new();
    for row in TABLE {
        *classes.entry(row.class.name()).or_insert(0) += 1;
        let ladder = match row.next {
            Next::Quick => "quick",
            Next::Greylist => "greylist",
            Next::Hold => "hold",
            Next::Never => "never",
        };
        *ladders.entry(ladder).or_insert(0) += 1;
    }
    assert_eq!(
        classes,
        BTreeMap::from([
            ("authentication", 11),
            ("blocking", 12),
            ("connection", 11),
            ("delivery", 15),
            ("local", 3),
            ("protocol", 5),
            ("tls", 13),
        ])
    );
    assert_eq!(
        ladders,
        BTreeMap::from([("greylist", 4), ("hold", 39), ("never", 12), ("quick", 15)])
    );
}

/// What is wrong with the relay or our settings is no reason to give one mail up.
#[test]
fn a_fault_of_the_relay_is_never_the_end_of_a_mail() {
    for row in TABLE.iter().filter(|row| row.scope == Scope::Relay) {
        assert_ne!(row.next, Next::Never, "{}", row.id);
    }
    for row in TABLE.iter().filter(|row| row.class == Class::Tls) {
        assert_eq!(row.scope, Scope::Relay, "{}", row.id);
    }
}
