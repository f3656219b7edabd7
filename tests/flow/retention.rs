//! What is old is forgotten in small batches; what waits, or what a live link belongs to, is not.

use std::time::Duration;

use crate::support::{House, until};
use crate::support_db::Value;

const DAY: Duration = Duration::from_secs(86_400);
/// A batch, as the store has it.
const BATCH: u64 = 500;

async fn gone(house: &House, table: &str, id: &str) {
    let sql = format!("SELECT COUNT(*) FROM {table} WHERE id = '{id}'");
    until("an old row to go", async || {
        (house.count(&sql).await == 0).then_some(())
    })
    .await;
}

async fn stays(house: &House, table: &str, id: &str) {
    let sql = format!("SELECT COUNT(*) FROM {table} WHERE id = '{id}'");
    assert_eq!(house.count(&sql).await, 1, "{table} {id}");
}

/// An old request with a mail in that state and an attempt at it; all are called by that id.
async fn old(house: &House, id: &str, state: &str) {
    let mut database = house.database().await;
    let (then, never) = (house.clock.now().millis(), 9_000_000_000_000_i64);
    let values: [Value; 4] = [id.into(), state.into(), then.into(), never.into()];
    let request = "INSERT INTO reset_request (id, reference, identifier, started_by, state, created_at) \
         VALUES ($1, 'ABCD', 'old', 'person', 'requested', $2)";
    database
        .execute(request, &[values[0].clone(), values[2].clone()])
        .await;
    let mail = "INSERT INTO outbox (id, kind, request_id, state, not_before, give_up_at, created_at) \
         VALUES ($1, 'reset', $1, $2, $4, $4, $3)";
    database.execute(mail, &values).await;
    let attempt = "INSERT INTO delivery_attempt (id, outbox_id, number, started_at, outcome, transcript) \
         VALUES ($1, $1, 1, $2, 'deferred', '{}')";
    database
        .execute(attempt, &[values[0].clone(), values[2].clone()])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_requests_and_mails_go_and_what_is_still_needed_stays() {
    let mut house = House::with(&[("retention.requests", "3d")]).await;
    house.add("alice").await;
    house.code("alice").await;
    for (id, state) in [
        ("over", "failed"),
        ("waiting", "queued"),
        ("linked", "sent"),
        ("resent", "failed"),
    ] {
        old(&house, id, state).await;
    }
    let mut database = house.database().await;
    let token = "INSERT INTO token (hash, purpose, subject, request_id, minted_at, expires_at) \
         VALUES ($1, 'reset', 'somebody', 'linked', 1, 9000000000000)";
    let hash: Value = [7_u8; 32].as_slice().into();
    database.execute(token, &[hash]).await;
    house.advance(2 * DAY);
    // Queued anew by hand since: it is not old.
    let resent = "UPDATE outbox SET resent_at = $1 WHERE id = 'resent'";
    let now = house.clock.now().millis();
    database.execute(resent, &[now.into()]).await;
    house.advance(DAY + Duration::from_secs(700));
    gone(&house, "reset_request", "over").await;
    gone(&house, "outbox", "over").await;
    gone(&house, "delivery_attempt", "over").await;
    for table in ["reset_request", "outbox", "delivery_attempt"] {
        stays(&house, table, "waiting").await;
    }
    stays(&house, "reset_request", "linked").await;
    for table in ["reset_request", "outbox"] {
        stays(&house, table, "resent").await;
    }
    let left = "SELECT identifier FROM reset_request WHERE identifier <> 'old'";
    assert!(house.texts(left).await.is_empty(), "alice's request went");
    until("the sweep to be written down", async || {
        let reasons = house.reasons("retention_swept").await;
        reasons
            .iter()
            .any(|reason| reason.contains("requests"))
            .then_some(())
    })
    .await;
    assert!(
        !house.audit("reset_requested").await.is_empty(),
        "the audit stays longer"
    );
    // What is new is not touched, and the account has not noticed anything.
    let code = house.code("alice").await;
    let page = house.browser().exchange(&code, "alice").await;
    assert_eq!(page.location(), "/reset/password");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_goes_after_its_own_time_or_never() {
    for (setting, goes) in [("30d", true), ("never", false)] {
        let house = House::with(&[("retention.audit", setting)]).await;
        house.add("alice").await;
        house.browser().ask("nobody").await;
        house.settled().await;
        house.advance(31 * DAY);
        until("the sweep", async || {
            let sql = "SELECT COUNT(*) FROM reset_request";
            (house.count(sql).await == 0).then_some(())
        })
        .await;
        until("the sweep to be written down", async || {
            (!house.audit("retention_swept").await.is_empty()).then_some(())
        })
        .await;
        let left = house.audit("reset_requested").await.len();
        assert_eq!(left, usize::from(!goes), "{setting}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_batch_is_larger_than_its_bound_and_all_is_forgotten_in_the_end() {
    let house = House::new().await;
    let mut database = house.database().await;
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1700)";
    for insert in [
        "INSERT INTO reset_request (id, reference, identifier, started_by, state, created_at) \
         SELECT 'r' || i, 'ABCD', 'old', 'person', 'sent', i FROM n",
        "INSERT INTO outbox (id, kind, request_id, state, not_before, give_up_at, created_at, sent_at) \
         SELECT 'm' || i, 'reset', 'r' || i, 'sent', 1, 1, i, i FROM n",
        "INSERT INTO delivery_attempt (id, outbox_id, number, started_at, outcome) \
         SELECT 'd' || i, 'm' || (1 + i / 2), i, i, 'accepted' FROM n",
        "INSERT INTO audit_event (id, at, event, outcome) SELECT 'e' || i, i, 'reset_requested', 'allowed' FROM n",
    ] {
        // Each of the two has its place for WITH before the INSERT.
        database.execute(&format!("{numbers} {insert}"), &[]).await;
    }
    house.advance(Duration::from_secs(700));
    for table in ["audit_event", "delivery_attempt", "outbox", "reset_request"] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE id LIKE '_%' AND LENGTH(id) < 10");
        until("a whole table to be forgotten", async || {
            (house.count(&sql).await == 0).then_some(())
        })
        .await;
    }
    let log = house.log();
    let mut batches = Vec::new();
    for line in log.lines().filter(|line| line.contains("AS MATERIALIZED")) {
        let rows = line.split("rows_affected=").nth(1).unwrap();
        let rows: u64 = rows.split_whitespace().next().unwrap().parse().unwrap();
        batches.push(rows);
    }
    assert!(batches.iter().all(|rows| *rows <= BATCH), "{batches:?}");
    let full = batches.iter().filter(|rows| **rows == BATCH).count();
    assert!(full >= 12, "four tables of 1,700 rows: {batches:?}");
}
