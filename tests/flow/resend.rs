//! Mail that an operator sends once more: it counts as what it is, and what is over stays over.

use std::time::Duration;

use postern::server::caller::Caller;
use postern::server::mail::outbox::{self, OutboxError, Who};

use crate::support::{Browser, HOUR, House, MINUTE, PASSWORD, Relay};

async fn resend(house: &House, id: &str) -> Result<(), OutboxError> {
    let caller = Caller::internal("test");
    let who = Who {
        caller: &caller,
        name: "olivia",
    };
    outbox::resend(house.service(), who, id).await.map(drop)
}

/// Whether it was refused, in words that hold these.
fn refused(result: Result<(), OutboxError>, part: &str) {
    match result {
        Err(OutboxError::Refused(words)) => assert!(words.contains(part), "{words}"),
        other => panic!("{other:?}"),
    }
}

async fn ids(house: &House, kind: &str) -> Vec<String> {
    house
        .texts(&format!(
            "SELECT id FROM outbox WHERE kind = '{kind}' ORDER BY created_at"
        ))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_sent_again_counts_for_the_cap_and_keeps_the_distance() {
    let relay = Relay::start(&[]).await;
    let house = House::with(&[("smtp.port", &relay.port.to_string())]).await;
    house.add("alice").await;
    house.browser().ask("alice").await;
    relay.got(1).await;
    house.settled().await;
    let id = ids(&house, "reset").await.remove(0);
    resend(&house, &id).await.unwrap();
    let hour_ago = house.clock.now().minus(HOUR);
    let mut tx = house.service().store.read().await.unwrap();
    assert_eq!(
        tx.mails_taken(hour_ago, house.clock.now(), 1_000)
            .await
            .unwrap(),
        1
    );
    drop(tx);
    house.settled().await;
    assert_eq!(relay.tries(), 1, "the first link is a moment old and works");
    house.advance(MINUTE);
    relay.got(2).await;
}

async fn ask_to_move(browser: &Browser, address: &str) {
    let form = browser.get("/account").await.form("/account/address");
    let form = form
        .fill("current_password", PASSWORD)
        .fill("email", address);
    assert_eq!(browser.submit(&form).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_mail_says_is_not_revived_once_it_is_over() {
    let mut house = House::new().await;
    house.add("alice").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    ask_to_move(&browser, "one@example.net").await;
    house.mail().await;
    house.advance(MINUTE);
    ask_to_move(&browser, "two@example.net").await;
    let code = house.mail().await.code();
    let asked = ids(&house, "verify_address").await;
    refused(resend(&house, &asked[0]).await, "a newer mail");
    let fields = [("token", code.as_str()), ("username", "alice")];
    let moved = browser.fill("/account/verify-address", &fields).await;
    assert_eq!(moved.status, 303);
    house.mail().await;
    refused(resend(&house, &asked[1]).await, "was changed since");
    let notice = ids(&house, "address_changed").await.remove(0);
    house.advance(Duration::from_secs(32 * 24 * 3_600));
    resend(&house, &notice).await.unwrap();
    house.mail().await;
    house.advance(Duration::from_secs(2 * 24 * 3_600));
    refused(resend(&house, &notice).await, "too old");
}
