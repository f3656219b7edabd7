//! `docs/mail-failures.md`, written from the table and held to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::super::{Next, TABLE};
use super::fixtures;

const HEAD: &str = "\
# Why mail fails: 70 cases

Every failed attempt, probe and pasted reply (`postern smtp explain`) falls into exactly one of these. Class and id are the same on the
pages, in JSON, in the database and in the exit code of the command line.

The evidence is an example, as it stands on the wire; `postern smtp explain \"…\"` judges any other. What happens to the mail:

- *quick*: tried again after 10 s, 30 s, then minutes, while its link is worth sending
- *greylist*: tried again after a minute, then five, or when the server says
- *hold*: kept until the settings change or a probe passes; an alert is raised
- *never*: not tried again

Where the two codes of a reply disagree (`450 5.1.1`), the row stays, and the first digit decides: a 4xx is tried again, a 5xx is not,
and what is held stays held.

\"Met\" names the programs whose own words led to the row in a test, over a real connection; the others have fixtures of real wording.

This file is written by a test from the table in `src/domain/smtp/diagnosis/table`; `POSTERN_WRITE_DOCS=1 cargo test mail_failures`
writes it anew.
";

/// A row that was met on a real wire: `id | counterpart`, one a line; `#` begins a remark.
const MET: &str = "tests/smtp/real_rows.txt";

#[test]
fn mail_failures_are_documented_as_they_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("docs/mail-failures.md");
    let met = std::fs::read_to_string(root.join(MET)).unwrap_or_default();
    let wanted = document(&met);
    if std::env::var_os("POSTERN_WRITE_DOCS").is_some() {
        std::fs::write(&file, &wanted).unwrap();
    }
    let is = std::fs::read_to_string(&file).unwrap_or_default();
    let first = is
        .lines()
        .zip(wanted.lines())
        .find(|(is, wanted)| is != wanted);
    assert!(
        is == wanted,
        "docs/mail-failures.md is not what the table says ({first:?}); POSTERN_WRITE_DOCS=1 cargo test mail_failures"
    );
}

fn document(met: &str) -> String {
    let met = counterparts(met);
    let mut text = HEAD.to_owned();
    let _ = write!(
        text,
        "\nOf the {} rows, {} were met on a real wire.\n\n| # | Id | Class | What | Evidence | Likely cause | What to do | Mail | Met |\n\
         |-|-|-|-|-|-|-|-|-|\n",
        TABLE.len(),
        met.len()
    );
    let fixtures = fixtures();
    for row in TABLE {
        let evidence = fixtures.iter().find(|fixture| fixture.id == row.id);
        let evidence = evidence.map(|fixture| shortened(&fixture.evidence.to_string()));
        let next = match row.next {
            Next::Quick => "quick",
            Next::Greylist => "greylist",
            Next::Hold => "hold",
            Next::Never => "never",
        };
        let cells = [
            row.number.to_string(),
            format!("`{}`", row.id),
            row.class.name().to_owned(),
            row.title.to_owned(),
            format!("`{}`", evidence.unwrap_or_default()),
            row.cause.to_owned(),
            row.fix.to_owned(),
            next.to_owned(),
            met.get(row.id)
                .map(|who| who.join(", "))
                .unwrap_or_default(),
        ];
        let _ = writeln!(
            text,
            "| {} |",
            cells.map(|cell| cell.replace('|', "\\|")).join(" | ")
        );
    }
    text
}

fn counterparts(met: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut rows: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let lines = met.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (id, who) = line
            .split_once('|')
            .unwrap_or_else(|| panic!("{MET}: {line}"));
        let (id, who) = (id.trim(), who.trim());
        assert!(TABLE.iter().any(|row| row.id == id), "{MET}: no row {id}");
        let all = rows.entry(id).or_default();
        if !all.contains(&who) {
            all.push(who);
        }
    }
    rows
}

/// An example needs no more to be recognised.
fn shortened(evidence: &str) -> String {
    let short: String = evidence.chars().take(90).collect();
    let more = if short.len() < evidence.len() {
        "…"
    } else {
        ""
    };
    format!("{}{more}", short.replace('`', "'"))
}

#[test]
fn rows_that_were_met_are_named_with_by_whom() {
    let text = document(
        "# remark\n\nauth.bad | Exim\nauth.bad | swaks\ntls.expired|rcgen\nauth.bad | Exim\n",
    );
    assert!(text.contains("2 were met on a real wire"), "{text}");
    let row = text
        .lines()
        .find(|line| line.contains("`auth.bad`"))
        .unwrap();
    assert!(row.ends_with("| hold | Exim, swaks |"), "{row}");
    assert_eq!(
        text.lines().filter(|line| line.starts_with("| ")).count(),
        71
    );
}
