//! The table of `docs/security.md`, written from the cases and the tests that carry their names.

use std::fmt::Write as _;

use super::cases::{CATALOGUE, Case, On};
use super::sources::Named;

/// Above and below what is written here; the rest of the page is written by hand.
pub const BEGIN: &str = "<!-- The catalogue: written by tests/security.rs, POSTERN_WRITE_DOCS=1 cargo test --test security -->\n";
pub const END: &str = "<!-- The end of the catalogue -->\n";

/// The tests of a case, those from outside first.
pub fn tests_of<'a>(case: &Case, named: &'a [Named]) -> Vec<&'a Named> {
    let mut tests: Vec<_> = named
        .iter()
        .filter(|test| test.ids.iter().any(|id| id == case.id))
        .collect();
    tests.sort_by_key(|test| !test.is_outside());
    tests
}

/// The whole text with the table in its place.
pub fn with_table(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

/// What stands between the marks.
pub fn table(named: &[Named]) -> String {
    let all: Vec<_> = CATALOGUE.iter().flat_map(|(_, cases)| *cases).collect();
    let count = |fits: &dyn Fn(&Case) -> bool| all.iter().filter(|case| fits(case)).count();
    let mut text = format!(
        "\n{} cases: {} with tests, {} tests in all; {} of no use here, for the reason that is given. {} touch SQLite and PostgreSQL and are \
         run on both, {} PostgreSQL alone.\n",
        all.len(),
        count(&|case| !tests_of(case, named).is_empty()),
        named.len(),
        count(&|case| !case.applies),
        count(&|case| case.on == On::Both),
        count(&|case| case.on == On::Postgres),
    );
    for (group, cases) in CATALOGUE {
        let _ = write!(
            text,
            "\n### {group}\n\n| Id | What is tried | What must come of it | Database | Tests |\n|-|-|-|-|-|\n"
        );
        for case in cases {
            let safe = if case.applies {
                case.safe.to_owned()
            } else {
                format!("*Does not apply.* {}", case.safe)
            };
            let on = match case.on {
                On::Both => "both",
                On::Postgres => "PostgreSQL",
                On::None => "",
            };
            let tests: Vec<_> = tests_of(case, named).into_iter().map(link).collect();
            let cells = [
                format!("**{}** {}", case.id, case.name),
                case.tries.to_owned(),
                safe,
                on.to_owned(),
                tests.join("<br>"),
            ];
            let cells = cells.map(|cell| cell.replace('|', "\\|"));
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
    }
    text.push('\n');
    text
}

fn link(test: &Named) -> String {
    format!("[`{}`](../{})", test.name, test.file)
}
