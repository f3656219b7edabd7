//! DESIGN §1.2: nobody is bombed, nobody is left without a live link, and a mail that would be too late is not sent.

use crate::support::{House, MINUTE, PASSWORD, Relay, Reply, SECOND, port};

async fn ask(house: &House, times: usize) {
    for _ in 0..times {
        house.browser().ask("alice").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m12_two_mails_a_lifetime_a_minute_apart_whatever_is_asked() {
    let mut house = House::new().await;
    house.add("alice").await;
    ask(&house, 10).await;
    assert_eq!(house.mails().await.len(), 1, "one now");
    house.advance(MINUTE - 5 * SECOND);
    assert!(house.mails().await.is_empty(), "the second waits");
    house.advance(5 * SECOND);
    let second = house.mail().await;
    assert_eq!(
        house.reasons("reset_mail_discarded").await,
        ["enough mails"; 8]
    );
    ask(&house, 5).await;
    house.advance(10 * MINUTE);
    assert!(house.mails().await.is_empty(), "no third while one lives");
    // The spammed mailbox still holds a link that works.
    assert_eq!(
        house
            .browser()
            .exchange(&second.code(), "alice")
            .await
            .status,
        303
    );
    let states = house
        .texts("SELECT DISTINCT state FROM reset_request ORDER BY 1")
        .await;
    assert_eq!(
        states,
        ["discarded", "sent"],
        "each request ended, and says how"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_token_was_burnt_or_has_expired_one_more_is_allowed_at_once() {
    let mut house = House::new().await;
    house.add("alice").await;
    house.code("alice").await;
    house.advance(MINUTE);
    let second = house.code("alice").await;
    house.browser().exchange(&second, "alice").await;
    let third = house.code("alice").await;
    ask(&house, 1).await;
    assert!(house.mails().await.is_empty(), "and not two");
    assert_eq!(house.browser().exchange(&third, "alice").await.status, 303);
    house.code("alice").await;
    house.advance(20 * MINUTE);
    house.code("alice").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_cannot_leave_in_the_send_window_expires_and_is_never_sent() {
    let port = port();
    let house = House::with(&[("smtp.port", &port.to_string())]).await;
    house.add("alice").await;
    let sent = house.browser().ask("alice").await;
    assert_eq!(sent.status, 200, "the page is the same");
    house.settled().await;
    assert!(house.reasons("mail_deferred").await[0].starts_with("reset: tcp.refused: connect: "));
    house.advance(31 * MINUTE);
    house.settled().await;
    assert_eq!(house.texts("SELECT state FROM outbox").await, ["expired"]);
    assert_eq!(
        house.texts("SELECT state FROM reset_request").await,
        ["expired"]
    );
    let expired = house.audit("reset_mail_expired").await;
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0].outcome, "failed");
    let relay = Relay::start_at(port, &[]).await;
    house.advance(60 * MINUTE);
    house.settled().await;
    // The next request's mail is the first to come.
    ask(&house, 1).await;
    assert_eq!(relay.got(1).await.len(), 1);
    assert_eq!(relay.tries(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn p3_greylisting_is_waited_out_and_the_stated_expiry_is_true() {
    let later = Reply::Rcpt("450 4.7.1 greylisted, try again");
    let relay = Relay::start(&[later, later]).await;
    let house = House::with(&[("smtp.port", &relay.port.to_string())]).await;
    house.add("alice").await;
    ask(&house, 1).await;
    house.settled().await;
    assert_eq!(house.texts("SELECT state FROM outbox").await, ["queued"]);
    // Whoever comes back too soon starts Postgrey's clock anew.
    house.advance(59 * SECOND);
    house.settled().await;
    assert_eq!(relay.tries(), 1, "not before a minute");
    house.advance(8 * SECOND);
    relay.tried(2).await;
    house.settled().await;
    // The third comes when the five minutes are over that Postgrey waits, never before.
    house.advance(315 * SECOND - 67 * SECOND);
    house.settled().await;
    assert_eq!(relay.tries(), 2, "not before five minutes");
    house.advance(30 * SECOND);
    let source = relay.got(1).await.remove(0);
    house.settled().await;
    assert_eq!(relay.tries(), 3);
    assert_eq!(
        house.texts("SELECT state FROM reset_request").await,
        ["sent"]
    );
    assert_eq!(house.reasons("mail_deferred").await.len(), 2);
    // The token's life began with the attempt that went out.
    let link = link(&source);
    let ends: i64 = link.rsplit('.').next().unwrap().parse().unwrap();
    let left = ends - house.clock.now().millis() / 1000;
    assert!((1_190..=1_200).contains(&left), "{left}");
    let code = link.split(['#', '.']).rev().nth(1).unwrap();
    assert_eq!(house.browser().exchange(code, "alice").await.status, 303);
}

/// The link of a reset mail, as it came over the wire.
fn link(source: &str) -> String {
    let parsed = mail_parser::MessageParser::default()
        .parse(source.as_bytes())
        .unwrap();
    let text = parsed.body_text(0).unwrap().into_owned();
    text.lines()
        .find(|line| line.contains("/reset#"))
        .unwrap()
        .trim()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_a_refusal_for_good_is_not_tried_again_and_does_not_use_up_the_next() {
    let relay = Relay::start(&[Reply::Rcpt("550 5.1.1 no such mailbox")]).await;
    let house = House::with(&[("smtp.port", &relay.port.to_string())]).await;
    house.add("alice").await;
    ask(&house, 1).await;
    house.settled().await;
    assert_eq!(house.texts("SELECT state FROM outbox").await, ["failed"]);
    assert_eq!(
        house.texts("SELECT state FROM reset_request").await,
        ["failed"]
    );
    assert_eq!(
        house.count("SELECT COUNT(*) FROM token").await,
        0,
        "its token is gone"
    );
    assert!(house.reasons("mail_failed").await[0].contains("550"));
    house.advance(20 * MINUTE);
    house.settled().await;
    assert_eq!(relay.tries(), 1);
    ask(&house, 1).await;
    relay.got(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_connections_are_tried_again_within_the_mails_life() {
    let port = port();
    let house = House::with(&[("smtp.port", &port.to_string())]).await;
    house.add("alice").await;
    ask(&house, 1).await;
    house.settled().await;
    let relay = Relay::start_at(port, &[]).await;
    house.advance(11 * SECOND);
    relay.got(1).await;
    house.settled().await;
    assert_eq!(
        house.texts("SELECT state || attempts FROM outbox").await,
        ["sent2"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_a_silent_server_is_given_up_and_other_mail_flows() {
    let relay = Relay::start(&[Reply::Silent]).await;
    let settings = [
        ("smtp.port", relay.port.to_string()),
        ("smtp.timeout", "1s".to_owned()),
    ];
    let house = House::with(
        &settings
            .each_ref()
            .map(|(key, value)| (*key, value.as_str())),
    )
    .await;
    house.add("alice").await;
    house.add("bob").await;
    house.browser().ask("alice").await;
    relay.tried(1).await;
    house.browser().ask("bob").await;
    let received = relay.got(1).await;
    assert!(received[0].contains("bob@example.org"), "{}", received[0]);
    house.settled().await;
    house.advance(12 * SECOND);
    assert!(relay.got(2).await[1].contains("alice@example.org"));
    assert!(house.reasons("mail_deferred").await[0].contains("reset"));
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_a_connection_lost_after_the_final_dot_leaves_one_live_link_the_newest() {
    let relay = Relay::start(&[Reply::Vanish]).await;
    let house = House::with(&[("smtp.port", &relay.port.to_string())]).await;
    house.add("alice").await;
    ask(&house, 1).await;
    house.settled().await;
    assert_eq!(
        house.texts("SELECT outcome FROM delivery_attempt").await,
        ["lost"]
    );
    house.advance(67 * SECOND);
    let received = relay.got(2).await;
    house.settled().await;
    let codes: Vec<_> = received.iter().map(|source| link(source)).collect();
    assert_eq!(house.count("SELECT COUNT(*) FROM token").await, 1);
    assert_eq!(
        house.browser().exchange(&codes[0], "alice").await.status,
        422
    );
    assert_eq!(
        house.browser().exchange(&codes[1], "alice").await.status,
        303
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn m12_all_sending_has_a_cap() {
    let mut house = House::with(&[("limits.mails_per_hour", "2")]).await;
    for name in ["alice", "bob", "carol"] {
        house.add(name).await;
        house.browser().ask(name).await;
    }
    let mut came = Vec::new();
    while came.len() < 2 {
        came.extend(house.inbox.fresh().await);
    }
    let waiting = house
        .count("SELECT COUNT(*) FROM outbox WHERE state = 'queued'")
        .await;
    assert!(waiting >= 1, "the third waits");
    assert!(
        house.opens("alice", PASSWORD).await,
        "everything else goes on"
    );
    assert_eq!(house.inbox.fresh().await.len(), 0);
}
