//! The attack catalogue, held to its tests: every case has one that carries its name, or a reason; `docs/security.md` shows which.

#[path = "security/cases.rs"]
mod cases;
#[path = "security/document.rs"]
mod document;
#[path = "security/sources.rs"]
mod sources;

use std::path::Path;

use cases::{CATALOGUE, Case, On};
use document::tests_of;

fn all() -> impl Iterator<Item = &'static Case> {
    CATALOGUE.into_iter().flat_map(|(_, cases)| cases)
}

#[test]
fn every_case_has_a_test_or_a_reason() {
    let named = sources::all();
    let mut faults = Vec::new();
    for case in all() {
        let tests = tests_of(case, &named);
        let outside: Vec<_> = tests.iter().filter(|test| test.is_outside()).collect();
        if case.applies && outside.is_empty() {
            faults.push(format!(
                "{} has no test from outside: {}",
                case.id, case.tries
            ));
        }
        if !case.applies && !tests.is_empty() {
            faults.push(format!("{} does not apply, and has tests", case.id));
        }
        // What touches a database is in a target that runs on both (scripts/test-postgres.sh).
        let legs = [
            "tests/flow/",
            "tests/cli/",
            "tests/model/",
            "tests/timing.rs",
        ];
        let whole = |file: &str| legs.iter().any(|leg| file.starts_with(leg));
        if case.on != On::None
            && !outside.is_empty()
            && !outside.iter().any(|test| whole(&test.file))
        {
            faults.push(format!(
                "{} touches a database, and its tests none",
                case.id
            ));
        }
    }
    assert_eq!(faults, [""; 0]);
}

#[test]
fn every_test_that_is_named_by_a_case_names_one_that_there_is() {
    let mut faults = Vec::new();
    for test in sources::all() {
        for id in &test.ids {
            if !all().any(|case| case.id == id) {
                faults.push(format!("{}: {} names no case", test.file, test.name));
            }
        }
        if test.off {
            faults.push(format!("{}: {} is switched off", test.file, test.name));
        }
    }
    assert_eq!(faults, [""; 0]);
}

#[test]
fn ids_are_unique_and_in_their_group() {
    let mut ids: Vec<_> = all().map(|case| case.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for (group, cases) in CATALOGUE {
        let letter = |case: &Case| case.id.chars().next();
        assert!(
            cases.iter().all(|case| letter(case) == letter(&cases[0])),
            "{group}"
        );
    }
}

#[test]
fn the_page_shows_the_cases_and_their_tests() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md");
    let is = std::fs::read_to_string(&file).unwrap();
    let table = document::table(&sources::all());
    let wanted = document::with_table(&is, &table).expect("the marks of the table");
    if std::env::var_os("POSTERN_WRITE_DOCS").is_some() {
        std::fs::write(&file, &wanted).unwrap();
        return;
    }
    let first = is
        .lines()
        .zip(wanted.lines())
        .find(|(is, wanted)| is != wanted);
    assert!(
        is == wanted,
        "docs/security.md is not what the tests say ({first:?}); POSTERN_WRITE_DOCS=1 cargo test --test security"
    );
}
