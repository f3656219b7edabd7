//! The house rules of DESIGN §4, held by reading the sources: who may import whom, and what a file must look like.

use std::fs;
use std::path::{Path, PathBuf};

struct Source {
    /// Below `src`, with slashes.
    path: String,
    text: String,
    /// The text without comments, and without the tests at its end.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let name = path
                    .strip_prefix(&root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .replace('\\', "/");
                found.push(Source {
                    path: name,
                    code: code(&text),
                    text,
                });
            }
        }
    }
    assert!(found.len() > 50, "the sources were found");
    found
}

fn code(text: &str) -> String {
    let body = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let lines = body
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

impl Source {
    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }

    fn is_test(&self) -> bool {
        self.path.contains("/tests/")
            || self.path.ends_with("_tests.rs")
            || self.path.ends_with("leptos_toml.rs")
    }

    /// Whether it names something of that crate or module, by `use` or by path.
    fn names(&self, what: &str) -> bool {
        self.code.match_indices(what).any(|(at, _)| {
            let before = self.code[..at].chars().next_back();
            let after = &self.code[at + what.len()..];
            let begins = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':');
            begins
                && (after.starts_with("::") || after.starts_with(';') || after.starts_with(" as "))
        })
    }
}

/// The files in `places` (all, where there are none given) that name one of `what`, but for those in `but`.
fn offenders(places: &[&str], what: &[&str], but: &[&str]) -> Vec<String> {
    let all = sources();
    let there = all.iter().filter(|s| places.is_empty() || s.is_in(places));
    let guilty = there.filter(|s| !s.is_in(but) && !s.is_test());
    guilty
        .flat_map(|s| {
            what.iter()
                .filter(|what| s.names(what))
                .map(|what| format!("{} names {what}", s.path))
        })
        .collect()
}

const NOTHING: [String; 0] = [];

#[test]
fn the_rules_import_nothing_of_ours_and_do_nothing() {
    let io = [
        "std::fs",
        "std::net",
        "std::env",
        "std::io",
        "tokio",
        "std::time::SystemTime",
        "std::time::Instant",
        "getrandom",
    ];
    let ours = [
        "crate::api",
        "crate::ui",
        "crate::server",
        "leptos",
        "axum",
        "sqlx",
        "lettre",
    ];
    assert_eq!(offenders(&["domain/"], &ours, &[]), NOTHING);
    assert_eq!(offenders(&["domain/"], &io, &[]), NOTHING);
}

#[test]
fn what_crosses_the_wire_knows_the_rules_and_reaches_the_server_only_in_server_functions() {
    assert_eq!(
        offenders(&["api/"], &["crate::ui", "axum", "sqlx", "lettre"], &[]),
        NOTHING
    );
    for source in sources().iter().filter(|s| s.is_in(&["api/"])) {
        let lines: Vec<_> = source.code.lines().collect();
        for (at, _) in lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.contains("crate::server"))
        {
            // The nearest function above it carries the attribute.
            let function = lines[..at]
                .iter()
                .rposition(|line| line.contains("fn "))
                .unwrap();
            let attributes = &lines[function.saturating_sub(3)..function];
            assert!(
                attributes.iter().any(|line| line.starts_with("#[server")),
                "{}: {}",
                source.path,
                lines[at]
            );
        }
    }
}

#[test]
fn pages_know_what_crosses_the_wire_and_the_rules() {
    assert_eq!(
        offenders(
            &["ui/"],
            &["crate::server", "axum", "sqlx", "lettre", "tokio"],
            &[]
        ),
        NOTHING
    );
}

#[test]
fn use_cases_know_neither_http_nor_sql_nor_smtp() {
    let wires = [
        "axum",
        "http",
        "sqlx",
        "lettre",
        "leptos",
        "leptos_axum",
        "cookie",
        "tower",
        "crate::ui",
        "crate::server::http",
        "crate::server::smtp",
        "crate::server::cli",
    ];
    assert_eq!(
        offenders(&["server/recovery", "server/accounts"], &wires, &[]),
        NOTHING
    );
    assert_eq!(
        offenders(
            &["server/store"],
            &[
                "axum",
                "lettre",
                "leptos",
                "crate::api",
                "crate::ui",
                "crate::server::http",
                "crate::server::recovery",
                "crate::server::accounts"
            ],
            &[]
        ),
        NOTHING
    );
}

#[test]
fn each_wire_has_its_room() {
    assert_eq!(
        offenders(&["server/"], &["sqlx"], &["server/store"]),
        NOTHING,
        "SQL"
    );
    assert_eq!(
        offenders(
            &["server/"],
            &["axum", "leptos_axum", "tower_http", "hyper", "hyper_util"],
            &["server/http", "server/run.rs"]
        ),
        NOTHING,
        "HTTP"
    );
    // Addresses with names, in the settings, are read by what writes them into mails.
    let mail = ["server/mail", "server/config/mail.rs"];
    assert_eq!(offenders(&["server/"], &["lettre"], &mail), NOTHING, "mail");
    let sockets = [
        "tokio::net",
        "tokio_rustls",
        "rustls_native_certs",
        "x509_parser",
        "rcgen",
        "hickory_resolver",
    ];
    assert_eq!(
        offenders(
            &["server/"],
            &sockets,
            &["server/smtp", "server/http", "server/run.rs"]
        ),
        NOTHING,
        "SMTP, TLS and DNS"
    );
    assert_eq!(
        offenders(
            &["server/http"],
            &["tokio_rustls", "hickory_resolver", "rcgen"],
            &[]
        ),
        NOTHING,
        "the pages speak through server/smtp"
    );
    assert_eq!(
        offenders(
            &["server/"],
            &["clap", "rpassword", "rustyline"],
            &["server/cli"]
        ),
        NOTHING,
        "the terminal"
    );
    assert_eq!(
        offenders(&["server/"], &["argon2"], &["server/passwords"]),
        NOTHING,
        "hashing"
    );
    let statements = ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM"];
    let sql: Vec<_> = sources()
        .into_iter()
        .filter(|s| {
            !s.is_in(&["server/store"])
                && statements
                    .iter()
                    .any(|word| s.code.contains(&format!("\"{word}")))
        })
        .map(|s| s.path)
        .collect();
    assert_eq!(sql, NOTHING, "SQL");
}

#[test]
fn builds_part_in_one_place() {
    let parted: Vec<_> = sources()
        .into_iter()
        .filter(|s| {
            s.path != "lib.rs"
                && (s.code.contains("cfg(feature") || s.code.contains("cfg!(feature"))
        })
        .map(|s| s.path)
        .collect();
    assert_eq!(parted, NOTHING);
}

#[test]
fn every_file_says_what_it_is_for_and_stays_readable() {
    let mut faults = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//! ") {
            faults.push(format!(
                "{} does not begin with what it is for",
                source.path
            ));
        }
        let lines = source.text.lines().count();
        if lines > 450 {
            faults.push(format!("{} has {lines} lines: more than 450", source.path));
        }
        let tests = source.is_test() || source.path.contains("test");
        for what in ["todo!(", "unimplemented!(", "dbg!("] {
            if source.code.contains(what) {
                faults.push(format!("{} has {what}", source.path));
            }
        }
        for what in [".unwrap()", ".expect(\"", "panic!("] {
            if !tests && source.code.contains(what) && !source.path.starts_with("ui/") {
                faults.push(format!("{} may panic: {what}", source.path));
            }
        }
    }
    assert_eq!(faults, NOTHING);
}

#[test]
fn this_test_can_tell() {
    let source = |code: &str| Source {
        path: "x.rs".into(),
        text: String::new(),
        code: code.into(),
    };
    for guilty in [
        "use sqlx::Row;\n",
        "let x = sqlx::query(\"\");\n",
        "use sqlx as s;\n",
        "pub use sqlx;\n",
    ] {
        assert!(source(guilty).names("sqlx"), "{guilty}");
    }
    for innocent in [
        "use mysqlx::Row;\n",
        "// sqlx\n",
        "let sqlx_like = 1;\n",
        "crate::sqlx_store::x\n",
        "use crate::server::sqlx::x;\n",
    ] {
        assert!(!source(innocent).names("sqlx"), "{innocent}");
    }
    assert!(source("crate::server::http::x").names("crate::server"));
}
