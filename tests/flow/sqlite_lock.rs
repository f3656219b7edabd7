//! SQLite's one lock, held by somebody else: a clear answer, nothing lost, and it goes on afterwards.

use tokio::sync::Mutex;

use crate::support::{House, MINUTE, PASSWORD, Relay, Reply, until};

/// The log is of the whole process: those who make the same line appear, or wait for it, do so one after the other.
static LINE: Mutex<()> = Mutex::const_new(());

const FAILED: &str = "the outbox cannot be worked on";

#[tokio::test(flavor = "multi_thread")]
async fn b3_a_locked_database_is_503_and_nothing_is_lost() {
    let _alone = LINE.lock().await;
    let mut house = House::with(&[("database.busy_timeout", "100ms")]).await;
    house.add("alice").await;
    let reset = house.verified("alice").await;
    let form = reset
        .get("/reset/password")
        .await
        .filled(&[("password", "seven lanterns drift upstream")]);
    let code = house.code("alice").await;
    let mut other = house.database().await;
    other.execute("BEGIN IMMEDIATE", &[]).await;

    let browser = house.browser();
    let mut answers = Vec::new();
    for name in ["alice", "nobody"] {
        let page = browser.fill("/forgot", &[("username", name)]).await;
        assert_eq!(page.status, 503, "{}", page.body);
        assert!(page.header("retry-after").parse::<u32>().unwrap() > 0);
        assert!(page.problem().contains("busy"), "{}", page.problem());
        assert_eq!(
            page.form("/forgot").value("username"),
            Some(name),
            "what was typed is kept"
        );
        let length = format!("content-length: {}", page.header("content-length"));
        answers.push(page.masked(&[name]).replace(&length, ""));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(browser.exchange(&code, "alice").await.status, 503);
    assert_eq!(browser.sign_in("alice", PASSWORD).await.status, 503);
    assert_eq!(
        browser
            .fill("/sign-up", &[("email", "new@example.org")])
            .await
            .status,
        503
    );
    assert_eq!(reset.submit(&form).await.status, 503);
    assert_eq!(
        browser.get("/forgot").await.status,
        200,
        "what only shows goes on"
    );
    assert_eq!(reset.get("/reset/password").await.status, 200);
    assert_eq!(browser.get("/health/live").await.status, 200);
    let ready = browser.get("/health/ready").await;
    assert_eq!(ready.status, 503);
    assert!(
        ready.body.contains("\"database\":\"failing\""),
        "{}",
        ready.body
    );

    other.execute("ROLLBACK", &[]).await;
    until("ready again", async || {
        (browser.get("/health/ready").await.status == 200).then_some(())
    })
    .await;
    assert_eq!(
        house.count("SELECT COUNT(*) FROM reset_request").await,
        2,
        "what was refused left nothing"
    );
    assert_eq!(
        browser.exchange(&code, "alice").await.status,
        303,
        "the code was not burnt"
    );
    assert_eq!(
        reset.submit(&form).await.location(),
        "/reset/done",
        "the session was not spent"
    );
    assert!(house.opens("alice", "seven lanterns drift upstream").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_end_cannot_be_written_down_is_sent_once_more_rather_than_lost() {
    let _alone = LINE.lock().await;
    let relay = Relay::start(&[Reply::Hold]).await;
    let port = relay.port.to_string();
    let house = House::with(&[("database.busy_timeout", "100ms"), ("smtp.port", &port)]).await;
    house.add("alice").await;
    house.browser().ask("alice").await;
    relay.got(1).await;
    let mut other = house.database().await;
    other.execute("BEGIN IMMEDIATE", &[]).await;
    let lines = house.log().matches(FAILED).count();
    relay.gate.send(true).unwrap();
    until("the worker to meet the lock", async || {
        (house.log().matches(FAILED).count() > lines).then_some(())
    })
    .await;
    other.execute("ROLLBACK", &[]).await;
    assert_eq!(house.texts("SELECT state FROM outbox").await, ["queued"]);
    // Nobody knows any more that it was taken: when the lease is over it goes out once more, and the attempt is a lost one.
    house.advance(4 * MINUTE);
    relay.got(2).await;
    house.settled().await;
    assert_eq!(house.texts("SELECT state FROM outbox").await, ["sent"]);
    assert_eq!(
        house
            .texts("SELECT outcome FROM delivery_attempt ORDER BY number")
            .await,
        ["lost", "accepted"]
    );
    assert_eq!(house.count("SELECT COUNT(*) FROM token").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_busy_for_a_moment_costs_no_second_mail() {
    let _alone = LINE.lock().await;
    let relay = Relay::start(&[Reply::Hold]).await;
    let port = relay.port.to_string();
    let house = House::with(&[("database.busy_timeout", "100ms"), ("smtp.port", &port)]).await;
    house.add("alice").await;
    house.browser().ask("alice").await;
    relay.got(1).await;
    let mut other = house.database().await;
    other.execute("BEGIN IMMEDIATE", &[]).await;
    let warned = || house.log().matches("cannot be written down yet").count();
    let before = warned();
    relay.gate.send(true).unwrap();
    until("the worker to meet the lock", async || {
        (warned() > before).then_some(())
    })
    .await;
    other.execute("ROLLBACK", &[]).await;
    house.settled().await;
    assert_eq!(house.texts("SELECT state FROM outbox").await, ["sent"]);
    house.advance(10 * MINUTE);
    house.settled().await;
    assert_eq!(relay.tries(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_a_busy_database_held_up_does_not_wait_for_its_lease() {
    let _alone = LINE.lock().await;
    let relay = Relay::start(&[Reply::HoldRcpt]).await;
    let port = relay.port.to_string();
    let house = House::with(&[("database.busy_timeout", "100ms"), ("smtp.port", &port)]).await;
    house.add("alice").await;
    house.browser().ask("alice").await;
    relay.tried(1).await;
    let mut other = house.database().await;
    other.execute("BEGIN IMMEDIATE", &[]).await;
    let warned = || {
        house
            .log()
            .matches("a mail cannot be given back yet")
            .count()
    };
    let before = warned();
    relay.gate.send(true).unwrap();
    until("the worker to meet the lock", async || {
        (warned() > before).then_some(())
    })
    .await;
    other.execute("ROLLBACK", &[]).await;
    // The clock is not moved: the lease runs for minutes.
    until("the mail to be sent", async || {
        (house.texts("SELECT state FROM outbox").await == ["sent"]).then_some(())
    })
    .await;
    assert_eq!(
        house
            .texts("SELECT outcome FROM delivery_attempt ORDER BY number")
            .await,
        ["abandoned", "accepted"]
    );
    assert_eq!(house.count("SELECT attempts FROM outbox").await, 1);
    assert_eq!(house.count("SELECT COUNT(*) FROM token").await, 1);
}
