//! `postern migrate`: databases that are missing, old, new, damaged or somebody else's; and everything carried to another one.

use crate::place::{Place, Ran};
use crate::support_db::Raw;

/// What a failed command said: one line, and nothing on standard output.
fn line(ran: &Ran, code: i32) -> &str {
    assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    ran.err.trim_end()
}

/// A connection to the place's own database.
async fn raw(place: &Place) -> Raw {
    Raw::connect(&place.database().url()).await
}

#[test]
fn a_database_that_cannot_be_opened_is_one_line_that_says_why() {
    let place = Place::new("unusable");
    std::fs::create_dir(place.0.join("folder")).unwrap();
    std::fs::write(place.0.join("letter"), "Dear database, ".repeat(100)).unwrap();
    // A port that nobody listens on: it was free a moment ago, and only this test asks there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let nobody = format!("postgres://me@127.0.0.1:{port}/x");
    let cases = [
        ("sqlite:folder", "is it a folder"),
        ("sqlite:letter", "is no SQLite database"),
        ("sqlite:letter/x/y.sqlite", "cannot be made"),
        (nobody.as_str(), "nobody answers there"),
        ("postgres://me@127.0.0.1:99999/x", "cannot be read"),
        (
            "postgres://me@127.0.0.1/x?sslmode=perhaps",
            "cannot be read",
        ),
    ];
    for (url, why) in cases {
        let ran = place.run(&["--set", &format!("database.url={url}"), "migrate"]);
        let said = line(&ran, 1);
        assert!(
            said.contains("database.url") && said.contains(why),
            "{url}: {said}"
        );
    }
    let secret = [(
        "POSTERN_DATABASE__URL",
        "postgres://me:hunter2@127.0.0.1:99999/x",
    )];
    let ran = place.run_with(&["migrate"], &secret, "");
    assert!(!line(&ran, 1).contains("hunter2"), "{}", ran.err);
}

#[test]
fn a_database_that_only_reads_serves_nobody() {
    let place = Place::new("only-reads");
    let file = "sqlite:var/only.sqlite";
    assert_eq!(
        place
            .run(&["--set", &format!("database.url={file}"), "migrate"])
            .code,
        0
    );
    std::fs::create_dir(place.0.join("site")).unwrap();
    std::fs::write(place.0.join("site/manifest.json"), "{}").unwrap();
    let ran = place.run(&[
        "--set",
        &format!("database.url={file}?mode=ro"),
        "--set",
        "site.root=site",
        "--set",
        "site.listen=127.0.0.1:0",
        "--set",
        "log.level=error",
        "serve",
    ]);
    assert!(
        line(&ran, 1).contains("cannot be written to"),
        "{}",
        ran.err
    );
}

#[tokio::test]
async fn the_state_of_the_schema_is_told_and_a_newer_one_is_left_alone() {
    let place = Place::migrated("status");
    let ran = place.run(&["migrate", "--status"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.contains("0001       initial   applied"),
        "{}",
        ran.out
    );
    let mut database = raw(&place).await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'tomorrow', TRUE, $1, 0)";
    database.execute(newer, &[b"sum".as_slice().into()]).await;
    let steps = place.run(&["migrate", "--status", "--json"]);
    assert_eq!(steps.code, 5, "not up to date: {}", steps.err);
    let steps: serde_json::Value = serde_json::from_str(&steps.out).unwrap();
    let last = steps.as_array().unwrap().last().unwrap();
    assert_eq!(last["version"], 9999);
    assert_eq!(last["state"], "unknown");
    for command in [&["migrate"][..], &["account", "list"]] {
        let ran = place.run(command);
        assert!(ran.code == 1 || ran.code == 5, "{}", ran.err);
        assert!(
            ran.err.contains("newer version") && ran.err.lines().count() == 1,
            "{}",
            ran.err
        );
    }
    let forget = "DELETE FROM _sqlx_migrations WHERE version = 9999";
    database.execute(forget, &[]).await;
    database
        .execute(
            "UPDATE _sqlx_migrations SET checksum = $1 WHERE version = 1",
            &[b"other".as_slice().into()],
        )
        .await;
    let ran = place.run(&["migrate"]);
    assert!(
        line(&ran, 1).contains("migration 1 is not the one"),
        "{}",
        ran.err
    );
    assert!(place.run(&["migrate", "--status"]).out.contains("changed"));
}

#[tokio::test]
async fn a_migration_that_fails_half_way_has_not_happened() {
    let place = Place::new("half-way");
    // Migration 2 makes delivery_attempt first, then meets a table of that name.
    std::fs::create_dir_all(place.0.join("var")).unwrap();
    std::fs::write(place.0.join("var/postern.sqlite"), "").unwrap();
    let mut database = raw(&place).await;
    database
        .execute("CREATE TABLE smtp_probe (id TEXT)", &[])
        .await;
    let ran = place.run(&["migrate"]);
    let said = line(&ran, 1);
    assert!(
        said.contains("migration 2 failed and nothing of it stays"),
        "{said}"
    );
    let gone = database
        .try_execute("DELETE FROM delivery_attempt", &[])
        .await;
    assert!(gone.is_err(), "what it had made is undone");
    let ran = place.run(&["account", "list"]);
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert!(ran.err.contains("run `postern migrate`"), "{}", ran.err);
    database.execute("DROP TABLE smtp_probe", &[]).await;
    let ran = place.run(&["migrate"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(place.run(&["account", "list"]).code, 0);
}

const TABLES: [&str; 6] = [
    "account",
    "reset_request",
    "outbox",
    "token",
    "audit_event",
    "delivery_attempt",
];

/// A SQLite database that somebody has used.
async fn used(place: &Place) -> String {
    let url = format!("sqlite:{}", place.0.join("old.sqlite").display());
    let set = format!("database.url={url}");
    assert_eq!(place.run(&["--set", &set, "migrate"]).code, 0);
    for name in ["alice", "bob"] {
        let address = format!("{name}@example.org");
        let add = [
            "--set",
            &set,
            "account",
            "add",
            name,
            &address,
            "--password-stdin",
        ];
        let ran = place.run_with(&add, &[], &format!("{}\n", crate::place::PASSWORD));
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let mut old = Raw::connect(&url).await;
    let (alice,): (String,) = old
        .row("SELECT id FROM account WHERE username = 'alice'", &[])
        .await;
    // More rows than are carried at once, with texts that need care.
    for n in 0..1_201_i64 {
        let id = format!("r{n}");
        old.execute(
            "INSERT INTO reset_request (id, reference, identifier, started_by, state, account_id, created_at) \
             VALUES ($1, 'K7QF2M', $2, 'person', 'sent', $3, $4)",
            &[id.into(), format!("'; DROP ï\u{1F989} {n}").into(), alice.as_str().into(), n.into()],
        )
        .await;
    }
    old.execute(
        "INSERT INTO outbox (id, kind, request_id, state, not_before, give_up_at, created_at, held) \
         VALUES ('m1', 'reset', 'r7', 'queued', 1, 2, 3, TRUE)",
        &[],
    )
    .await;
    old.execute(
        "INSERT INTO delivery_attempt (id, outbox_id, number, started_at, outcome) VALUES ('a1', 'm1', 1, 5, 'held')",
        &[],
    )
    .await;
    let hash: &[u8] = &[0, 255, 39, 92, 7];
    old.execute(
        "INSERT INTO token (hash, purpose, subject, account_id, minted_at, expires_at) VALUES ($1, 'reset', $2, $2, 1, 9)",
        &[hash.into(), alice.as_str().into()],
    )
    .await;
    url
}

#[tokio::test]
async fn everything_is_carried_to_an_empty_database_and_to_no_other() {
    let place = Place::new("copy");
    let from = used(&place).await;
    let copy = ["migrate", "--from", from.as_str()];
    let ran = place.run(&copy);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("reset_request     1201"), "{}", ran.out);
    let (mut old, mut new) = (Raw::connect(&from).await, raw(&place).await);
    for table in TABLES {
        let count = format!("SELECT COUNT(*) FROM {table}");
        let (here, there): (i64, i64) =
            (old.scalar(&count, &[]).await, new.scalar(&count, &[]).await);
        assert!(here > 0 && here == there, "{table}: {here}, {there}");
    }
    for same in [
        "SELECT password_hash FROM account ORDER BY id",
        "SELECT identifier FROM reset_request ORDER BY id",
    ] {
        assert_eq!(
            old.rows::<(String,)>(same, &[]).await,
            new.rows::<(String,)>(same, &[]).await
        );
    }
    let token = "SELECT hash FROM token";
    assert_eq!(new.scalar::<Vec<u8>>(token, &[]).await, [0, 255, 39, 92, 7]);
    assert!(new.scalar::<bool>("SELECT held FROM outbox", &[]).await);
    let shown = place.run(&["account", "show", "alice"]);
    assert_eq!(shown.code, 0, "{}", shown.err);

    let again = place.run(&copy);
    assert!(line(&again, 5).contains("is not empty"), "{}", again.err);
    let accounts: i64 = new.scalar("SELECT COUNT(*) FROM account", &[]).await;
    assert_eq!(accounts, 2, "nothing was added");
}

#[test]
fn a_copy_that_makes_no_sense_is_refused() {
    let place = Place::migrated("copy-refused");
    let secret = place.run(&[
        "migrate",
        "--from",
        "sqlite:var/a.sqlite",
        "--to",
        "postgres://me:hunter2@db/x",
    ]);
    assert_eq!(secret.code, 2);
    assert!(secret.err.contains("--password-file"), "{}", secret.err);
    let nothing = place.run(&["migrate", "--from", "sqlite:var/none.sqlite"]);
    assert!(
        line(&nothing, 4).contains("there is no database"),
        "{}",
        nothing.err
    );
    let itself = place.run(&[
        "migrate",
        "--from",
        "sqlite:var/x.sqlite",
        "--to",
        "sqlite:var/x.sqlite",
    ]);
    assert_eq!(itself.code, 2, "{}", itself.err);
    assert_eq!(
        place.run(&["migrate", "--to", "sqlite:var/x.sqlite"]).code,
        2
    );
}
