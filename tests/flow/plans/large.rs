//! A million accounts and a million old requests, by a few statements over whole sets. What is safe for real data is switched off.

use std::time::{Duration, Instant};

use crate::support_db::Raw;

/// What grows with the people there are, or with what they do; none refers to one after it.
pub const TABLES: [&str; 9] = [
    "account",
    "reset_request",
    "outbox",
    "delivery_attempt",
    "audit_event",
    "token",
    "reset_session",
    "sign_in_session",
    "rate_limit",
];

const MILLION: i64 = 1_000_000;
/// Long ago, an event a second; and nobody's end.
const THEN: &str = "1600000000000 + i * 1000";
const FAR: &str = "9000000000000";

/// Fills every table; tells how long that took.
pub async fn fill(database: &mut Raw) -> Duration {
    let began = Instant::now();
    let sqlite = matches!(database, Raw::Sqlite(_));
    let (bytes, careless): (&str, &[&str]) = if sqlite {
        (
            "BLOB",
            &[
                "PRAGMA foreign_keys = OFF",
                "PRAGMA synchronous = OFF",
                "PRAGMA cache_size = -200000",
                "PRAGMA temp_store = MEMORY",
            ],
        )
    } else {
        (
            "BYTEA",
            &[
                "SET session_replication_role = replica",
                "SET synchronous_commit = off",
                "SET maintenance_work_mem = '256MB'",
                "SET work_mem = '64MB'",
            ],
        )
    };
    for setting in careless {
        database.execute(setting, &[]).await;
    }
    let indexes = indexes(database).await;
    for (name, _) in &indexes {
        database.execute(&format!("DROP INDEX {name}"), &[]).await;
    }
    if !sqlite {
        // In this order: a table that is logged may not refer to one that is not.
        for table in TABLES.iter().rev() {
            let unlogged = format!("ALTER TABLE {table} SET UNLOGGED");
            database.execute(&unlogged, &[]).await;
        }
    }
    let numbers = format!(
        "CREATE TEMPORARY TABLE numbers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MILLION}) \
         SELECT i FROM n"
    );
    database.execute(&numbers, &[]).await;
    for insert in inserts(bytes) {
        database.execute(&insert, &[]).await;
    }
    for (_, create) in &indexes {
        database.execute(create, &[]).await;
    }
    if !sqlite {
        // As autovacuum does; SQLite plans without figures, here as in real runs.
        database.execute("ANALYZE", &[]).await;
    }
    began.elapsed()
}

/// The indexes that are not a constraint's, and how to make them again.
async fn indexes(database: &mut Raw) -> Vec<(String, String)> {
    let sql = match database {
        Raw::Sqlite(_) => {
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        }
        Raw::Postgres(_) => {
            "SELECT CAST(indexname AS TEXT), indexdef FROM pg_indexes WHERE schemaname = 'public' AND NOT EXISTS \
             (SELECT 1 FROM pg_constraint WHERE conname = indexname) AND tablename <> '_sqlx_migrations'"
        }
    };
    database.rows(sql, &[]).await
}

fn inserts(bytes: &str) -> Vec<String> {
    let hash = |letter: &str| format!("CAST('{letter}' || i AS {bytes})");
    // Of each hundred mails: ninety-five were sent, the others ended otherwise; the last of all wait, most of them for tomorrow.
    let state = "CASE WHEN i > 960000 THEN 'queued' WHEN i % 100 < 95 THEN 'sent' WHEN i % 100 < 97 THEN 'failed' \
         WHEN i % 100 < 99 THEN 'discarded' ELSE 'expired' END";
    let kind = "CASE i % 50 WHEN 0 THEN 'password_changed_reminder' WHEN 1 THEN 'sign_up' ELSE 'reset' END";
    vec![
        format!(
            "INSERT INTO account (id, username, email, email_key, password_hash, state, created_at, password_changed_at) \
             SELECT 'a' || i, 'user' || i, 'user' || i || '@example.com', 'user' || i || '@example.com', \
             '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaA', 'active', {THEN}, {THEN} FROM numbers"
        ),
        format!(
            "INSERT INTO reset_request (id, reference, identifier, started_by, state, account_id, client, created_at, sent_at) \
             SELECT 'r' || i, 'R' || i % 900000, 'user' || i, 'person', 'sent', 'a' || i, '192.0.2.1', {THEN}, {THEN} FROM numbers"
        ),
        format!(
            "INSERT INTO outbox (id, kind, account_id, request_id, recipient, state, attempts, not_before, give_up_at, \
             created_at, sent_at) SELECT 'm' || i, {kind}, NULL, 'r' || i, CASE WHEN i % 50 < 2 THEN 'user' || i || '@example.com' END, \
             {state}, 1, CASE WHEN i > 960000 THEN {FAR} ELSE {THEN} END, CASE WHEN i > 960000 THEN {FAR} ELSE {THEN} END, {THEN}, \
             CASE WHEN i <= 960000 AND i % 100 < 95 THEN {THEN} END FROM numbers"
        ),
        format!(
            "INSERT INTO delivery_attempt (id, outbox_id, number, started_at, ended_at, outcome, handing_over) \
             SELECT 'd' || i, 'm' || i, 1, {THEN}, {THEN}, 'accepted', TRUE FROM numbers WHERE i <= 960000"
        ),
        format!(
            "INSERT INTO audit_event (id, at, event, outcome, account_id) SELECT 'e' || i, {THEN}, 'reset_requested', 'allowed', \
             'a' || i FROM numbers"
        ),
        format!(
            "INSERT INTO token (hash, purpose, subject, account_id, request_id, minted_at, expires_at) SELECT {}, 'reset', 'a' || i, \
             'a' || i, 'r' || i, {THEN}, {FAR} FROM numbers WHERE i <= 100000",
            hash("t")
        ),
        format!(
            "INSERT INTO reset_session (hash, token_hash, account_id, request_id, state, created_at, expires_at) SELECT {}, {}, \
             'a' || i, 'r' || i, 'verified', {THEN}, {FAR} FROM numbers WHERE i <= 200000",
            hash("s"),
            hash("t")
        ),
        format!(
            "INSERT INTO sign_in_session (hash, account_id, created_at, last_used_at, expires_at) SELECT {}, 'a' || i, {THEN}, \
             {THEN}, {FAR} FROM numbers WHERE i <= 200000",
            hash("w")
        ),
        format!(
            "INSERT INTO rate_limit (key, full_at) SELECT {}, {FAR} FROM numbers WHERE i <= 200000",
            hash("l")
        ),
    ]
}
