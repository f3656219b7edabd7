//! `tests/smtp/real_rows.txt` says which rows of the diagnosis were met on a real wire. It is held to the tests that it names.

use std::collections::BTreeSet;
use std::path::Path;

use postern::domain::smtp::diagnosis::by_id;

const PROGRAMS: [&str; 6] = [
    "smtp-sink",
    "Postfix",
    "Exim",
    "aiosmtpd",
    "OpenSSL",
    "unbound",
];

/// `id | counterpart`, below `# module::test`; `(our words)` behind the counterpart where it said what we told it to.
struct Entry {
    id: &'static str,
    counterpart: &'static str,
    test: &'static str,
}

fn listed() -> Vec<Entry> {
    let mut test = "";
    let mut entries = Vec::new();
    for line in include_str!("../smtp/real_rows.txt").lines() {
        if let Some(remark) = line.strip_prefix("# ") {
            test = remark;
        } else if let Some((id, counterpart)) = line.split_once(" | ") {
            entries.push(Entry {
                id,
                counterpart,
                test,
            });
        }
    }
    entries
}

fn source(module: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    std::fs::read_to_string(folder.join(module).with_extension("rs")).ok()
}

/// The body of a test function in one of the files here.
fn body(test: &str) -> Option<String> {
    let (module, name) = test.split_once("::")?;
    let source = source(module)?;
    let start = source.find(&format!("#[tokio::test]\nasync fn {name}() {{"))?;
    let length = source[start..].find("\n}\n")?;
    Some(source[start..start + length].to_owned())
}

/// The ids of rows that a text asserts.
fn ids(text: &str) -> BTreeSet<&str> {
    let words = text.split('"').skip(1).step_by(2);
    words.filter(|word| by_id(word).is_some()).collect()
}

#[test]
fn each_row_of_the_list_is_asserted_by_the_test_that_it_names() {
    let listed = listed();
    assert!(listed.len() > 50);
    for entry in listed {
        let Entry { id, test, .. } = entry;
        assert!(by_id(id).is_some(), "{id} is no row");
        let body = body(test).unwrap_or_else(|| panic!("{test} is no test"));
        assert!(ids(&body).contains(id), "{test} does not assert {id}");
        let program = entry.counterpart.trim_end_matches(" (our words)");
        assert!(PROGRAMS.contains(&program), "{program}");
    }
}

#[test]
fn each_row_that_a_test_asserts_is_on_the_list() {
    let listed = listed();
    for module in [
        "smtp_sink",
        "exim",
        "postfix",
        "aiosmtpd",
        "certificates",
        "dns",
    ] {
        let source = source(module).unwrap();
        for part in source.split("#[tokio::test]\nasync fn ").skip(1) {
            let test = format!("{module}::{}", part.split('(').next().unwrap());
            for id in ids(part) {
                let known = listed
                    .iter()
                    .any(|entry| entry.id == id && entry.test == test);
                assert!(known, "real_rows.txt lacks {id} below # {test}");
            }
        }
    }
}
