//! What `/health` says about the database and the outbox, and that each house of these tests has a database of its own.

use crate::support::{House, MINUTE, Relay, Reply};
use crate::support_db::Raw;

#[tokio::test(flavor = "multi_thread")]
async fn health() {
    let house = House::new().await;
    let browser = house.browser();
    let live = browser.get("/health/live").await;
    assert_eq!(
        (live.status, live.body.as_str()),
        (200, "{\"status\":\"live\"}")
    );
    let ready = browser.get("/health/ready").await;
    assert_eq!(ready.status, 200);
    let body: serde_json::Value = serde_json::from_str(&ready.body).unwrap();
    assert_eq!(
        (&body["status"], &body["database"], &body["outbox"]),
        (&"ready".into(), &"ok".into(), &"ok".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn health_mail_that_nobody_works_on_is_not_ready() {
    let relay = Relay::start(&[Reply::Hold]).await;
    let house = House::with(&[("smtp.port", &relay.port.to_string())]).await;
    house.add("alice").await;
    house.add("bob").await;
    house.browser().ask("alice").await;
    relay.got(1).await;
    // The worker hangs with the first; the second waits and waits.
    house.browser().ask("bob").await;
    assert_eq!(
        house.browser().get("/health/ready").await.status,
        200,
        "a moment is no fault"
    );
    house.advance(6 * MINUTE);
    let ready = house.browser().get("/health/ready").await;
    assert_eq!(ready.status, 503);
    assert!(
        ready.body.contains("\"outbox\":\"failing\""),
        "{}",
        ready.body
    );
    relay.gate.send(true).unwrap();
    relay.got(2).await;
    house.settled().await;
    assert_eq!(house.browser().get("/health/ready").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_house_has_a_database_of_its_own_that_goes_with_it() {
    let (one, other) = (House::new().await, House::new().await);
    one.add("alice").await;
    let accounts = "SELECT COUNT(*) FROM account";
    assert_eq!(
        (one.count(accounts).await, other.count(accounts).await),
        (1, 0)
    );
    // The run says which of the two it is about.
    let postgres = std::env::var_os("POSTERN_TEST_POSTGRES").is_some();
    assert_eq!(matches!(one.database().await, Raw::Postgres(_)), postgres);
    assert_eq!(one.folder().join("postern.sqlite").exists(), !postgres);
    let mut database = other.database().await;
    let known = "SELECT COUNT(*) FROM pg_database WHERE datname = $1";
    if postgres {
        let name: String = database
            .scalar("SELECT CAST(current_database() AS TEXT)", &[])
            .await;
        let mut outside = one.database().await;
        assert_eq!(
            outside.scalar::<i64>(known, &[name.clone().into()]).await,
            1
        );
        drop(other);
        assert_eq!(outside.scalar::<i64>(known, &[name.into()]).await, 0);
    }
}
