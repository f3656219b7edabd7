//! What is owed is paid: across restarts, after a stop in the middle of a mail, to the address that it was promised to.

use crate::support::{Browser, HOUR, House, PASSWORD, Relay, Reply, SECOND, port, until};

const NEW: &str = "seven lanterns drift upstream";

async fn move_to(house: &mut House, browser: &Browser, password: &str, address: &str) {
    let form = browser.get("/account").await.form("/account/address");
    let form = form
        .fill("current_password", password)
        .fill("email", address);
    assert_eq!(browser.submit(&form).await.status, 303);
    let code = house.mail().await.code();
    let fields = [("token", code.as_str()), ("username", "alice")];
    assert_eq!(
        browser
            .fill("/account/verify-address", &fields)
            .await
            .status,
        303
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn l5_the_second_notice_outlives_a_restart_and_reaches_the_old_address() {
    let mut house = House::new().await;
    house.add("alice").await;
    let browser = house.verified("alice").await;
    assert_eq!(browser.choose(NEW).await.status, 303);
    assert_eq!(house.mail().await.to, ["alice@example.org"]);
    // An intruder moves the account to an address of their own.
    let intruder = house.signed_in("alice", NEW).await;
    move_to(&mut house, &intruder, NEW, "evil@example.net").await;
    assert_eq!(
        house.mail().await.subject,
        "Your Postern address was changed"
    );
    house.stop().await;
    house.start_again(&[]).await;
    assert!(house.mails().await.is_empty());
    house.advance(24 * HOUR);
    let reminder = house.mail().await;
    assert_eq!(
        reminder.subject,
        "Reminder: your Postern password was changed"
    );
    assert_eq!(
        reminder.to,
        ["alice@example.org"],
        "the address as it stood at the reset"
    );
    let fields = [("token", reminder.code()), ("username", "alice".to_owned())];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    assert_eq!(
        house.browser().fill("/not-me", &fields).await.location(),
        "/not-me/done"
    );
    assert_eq!(house.account("alice").await.state.name(), "frozen");
}

#[tokio::test(flavor = "multi_thread")]
async fn queued_mail_and_sessions_outlive_a_restart() {
    let dead = port().to_string();
    let mut house = House::with(&[("smtp.port", &dead)]).await;
    house.add("alice").await;
    let signed_in = house.signed_in("alice", PASSWORD).await;
    house.browser().ask("alice").await;
    house.settled().await;
    house.stop().await;
    house.unset("smtp.port");
    house.start_again(&[]).await;
    house.advance(12 * SECOND);
    let code = until("the mail of before the restart", async || {
        house.inbox.fresh().await.pop()
    })
    .await
    .code();
    let moved = house.browser();
    signed_in
        .jar
        .lock()
        .unwrap()
        .clone_into(&mut moved.jar.lock().unwrap());
    assert!(moved.is_signed_in().await);
    assert_eq!(house.browser().exchange(&code, "alice").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_in_progress_outlives_a_restart() {
    let mut house = House::new().await;
    house.add("alice").await;
    let before = house.verified("alice").await;
    house.stop().await;
    house.start_again(&[]).await;
    let browser = house.browser();
    before
        .jar
        .lock()
        .unwrap()
        .clone_into(&mut browser.jar.lock().unwrap());
    assert_eq!(browser.choose(NEW).await.location(), "/reset/done");
    assert!(house.opens("alice", NEW).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_the_mail_that_is_on_its_way() {
    let relay = Relay::start(&[Reply::Hold]).await;
    let mut house = House::with(&[("smtp.port", &relay.port.to_string())]).await;
    house.add("alice").await;
    house.browser().ask("alice").await;
    relay.got(1).await;
    let address = house.address();
    let stopping = tokio::spawn(house.take().stop());
    until("the listener to close", async || {
        tokio::net::TcpStream::connect(address)
            .await
            .is_err()
            .then_some(())
    })
    .await;
    assert!(!stopping.is_finished(), "the mail is not answered yet");
    assert_eq!(house.texts("SELECT state FROM outbox").await, ["queued"]);
    relay.gate.send(true).unwrap();
    stopping.await.unwrap();
    assert_eq!(house.texts("SELECT state FROM outbox").await, ["sent"]);
    assert_eq!(
        house.texts("SELECT state FROM reset_request").await,
        ["sent"]
    );
    assert_eq!(relay.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_died_with_a_mail_leaves_it_to_the_next() {
    let mut house = House::new().await;
    house.add("alice").await;
    house.browser().ask("alice").await;
    house.mail().await;
    // As if it had been killed between the claim and the answer.
    let mut database = house.database().await;
    let lease = house.clock.now().millis() + 60_000;
    database
        .execute(
            "UPDATE outbox SET state = 'queued', sent_at = NULL, claimed_until = $1",
            &[lease.into()],
        )
        .await;
    database
        .execute(
            "UPDATE reset_request SET state = 'requested', sent_at = NULL",
            &[],
        )
        .await;
    house.advance(50 * SECOND);
    assert!(house.inbox.fresh().await.is_empty(), "the lease still runs");
    house.advance(10 * SECOND);
    let code = house.mail().await.code();
    assert_eq!(
        house.browser().exchange(&code, "alice").await.status,
        303,
        "the newest works"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_with_browsers_connected_is_quick_and_loses_nothing() {
    let mut house = House::new().await;
    house.add("alice").await;
    let idle = house.browser();
    idle.get("/").await;
    let reader = house.browser();
    let events = reader
        .request(reqwest::Method::GET, "/dev/mailbox/events")
        .send()
        .await
        .unwrap();
    assert_eq!(events.status(), 200);
    let began = std::time::Instant::now();
    house.stop().await;
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    assert!(
        idle.try_send(idle.request(reqwest::Method::GET, "/"))
            .await
            .is_err()
    );
}
