//! A mail that is deferred keeps its claim: a token that was only minted is in nobody's mailbox, and crowds nobody out.

use crate::support::{House, Relay, Reply, SECOND};

/// The code of a reset mail, as it came over the wire.
fn code(source: &str) -> String {
    let parsed = mail_parser::MessageParser::default()
        .parse(source.as_bytes())
        .unwrap();
    let text = parsed.body_text(0).unwrap().into_owned();
    let link = text
        .lines()
        .find(|line| line.contains("/reset#"))
        .unwrap()
        .trim()
        .to_owned();
    link.split(['#', '.']).rev().nth(1).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deferred_third_mail_is_not_crowded_out_by_its_own_token() {
    let relay = Relay::start(&[]).await;
    let house = House::with(&[("smtp.port", &relay.port.to_string())]).await;
    house.add("alice").await;
    for mails in 1..=2 {
        house.browser().ask("alice").await;
        relay.got(mails).await;
        house.settled().await;
        house.advance(61 * SECOND);
    }
    // The second link is burnt and left: one more mail is allowed, and the server defers it.
    let burnt = code(&relay.received()[1]);
    assert_eq!(house.browser().exchange(&burnt, "alice").await.status, 303);
    relay.then(&[Reply::Rcpt("451 4.7.1 try again later")]);
    house.browser().ask("alice").await;
    relay.tried(3).await;
    house.settled().await;
    assert_eq!(house.reasons("mail_deferred").await.len(), 1);
    house.advance(67 * SECOND);
    let third = code(&relay.got(3).await[2]);
    house.settled().await;
    assert_eq!(house.browser().exchange(&third, "alice").await.status, 303);
    assert!(house.reasons("reset_mail_discarded").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_request_beside_one_that_was_used_sends_nothing() {
    let mut house = House::new().await;
    house.add("alice").await;
    house.browser().ask("alice").await;
    house.browser().ask("alice").await;
    let code = house.mail().await.code();
    let browser = house.browser();
    assert_eq!(browser.exchange(&code, "alice").await.status, 303);
    assert_eq!(
        browser.choose("seven lanterns drift upstream").await.status,
        303
    );
    house.mail().await;
    house.advance(61 * SECOND);
    assert!(
        house.mails().await.is_empty(),
        "no live link after the reset"
    );
    assert_eq!(
        house.reasons("reset_mail_discarded").await,
        ["password changed since"]
    );
}
