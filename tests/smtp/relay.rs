//! The relay that the worker uses: connections are kept, stale ones replaced, and every attempt has its own transcript.

use std::sync::Arc;

use postern::domain::identifier::EmailAddress;
use postern::domain::smtp::evidence::{Evidence, Fault, What};
use postern::domain::smtp::step::Step;
use postern::server::clock::Clock;
use postern::server::mail::relay::{Attempt, End, Relay, RelayEnvelope};
use postern::server::smtp::relay::SmtpRelay;

use crate::support::server::{Act, Script, Server};
use crate::support::{FROM, TO, mail, steps, target, text};

fn envelope() -> RelayEnvelope {
    RelayEnvelope {
        from: EmailAddress::parse(FROM).unwrap(),
        to: EmailAddress::parse(TO).unwrap(),
        deliver_within: None,
    }
}

async fn relay(script: Script) -> (SmtpRelay, Server) {
    let server = Server::plain(script).await;
    let relay = SmtpRelay::new(Arc::new(target(server.at)), Clock::system());
    (relay, server)
}

async fn send(relay: &SmtpRelay) -> Attempt {
    match relay.begin(&envelope()).await {
        Ok(handover) => handover.finish(&mail()).await,
        Err(attempt) => *attempt,
    }
}

fn accepted(attempt: &Attempt) -> bool {
    matches!(attempt.end, End::Accepted(_))
}

fn failure(attempt: &Attempt) -> &Evidence {
    match &attempt.end {
        End::Failed { evidence, .. } => evidence,
        End::Accepted(reply) => panic!("{reply}"),
    }
}

#[tokio::test]
async fn a_connection_serves_many_mails_with_rset_between_them() {
    let (relay, server) = relay(vec![]).await;
    let first = send(&relay).await;
    assert!(accepted(&first) && !first.transcript.reused);
    for _ in 0..3 {
        let next = send(&relay).await;
        assert!(accepted(&next) && next.transcript.reused);
        use Step as S;
        let expected = [S::Rset, S::Mail, S::Rcpt, S::Data, S::Message];
        assert_eq!(steps(&next.transcript), expected);
        assert!(!text(&next.transcript).contains(TO));
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(server.heard_of("RSET"), 3);
    relay.close().await;
    assert_eq!(server.heard().last().unwrap(), "QUIT");
}

#[tokio::test]
async fn a_connection_that_died_in_between_is_no_failure() {
    for farewell in [
        Act::SayAndClose("250 2.0.0 Ok"),
        Act::SayAndClose("250 2.0.0 Ok\r\n421 4.4.2 idle too long"),
    ] {
        let (relay, server) =
            relay(vec![(".", farewell), (".", Act::Say("250 2.0.0 again"))]).await;
        assert!(accepted(&send(&relay).await));
        let second = send(&relay).await;
        assert!(accepted(&second), "{}", text(&second.transcript));
        assert_eq!(server.connections(), 2);
    }
}

#[tokio::test]
async fn a_kept_connection_that_refuses_to_go_on_is_replaced() {
    for (step, act) in [
        ("RSET", Act::Say("421 4.7.0 too many mails")),
        ("RSET", Act::Reset),
        ("RSET", Act::Say("500 5.5.1 what")),
        ("MAIL", Act::Say("421 4.7.0 too many mails")),
        ("MAIL", Act::Close),
    ] {
        let script = match step {
            "MAIL" => vec![
                ("MAIL", Act::Say("250 ok")),
                ("MAIL", act),
                ("MAIL", Act::Say("250 ok")),
            ],
            _ => vec![(step, act)],
        };
        let (relay, server) = relay(script).await;
        assert!(accepted(&send(&relay).await));
        let second = send(&relay).await;
        assert!(accepted(&second), "{step}\n{}", text(&second.transcript));
        assert!(!second.transcript.reused);
        assert!(text(&second.transcript).contains("a new one is opened"));
        assert_eq!(server.connections(), 2);
    }
}

#[tokio::test]
async fn a_refusal_on_a_kept_connection_is_a_refusal() {
    let (relay, server) = relay(vec![
        ("RCPT", Act::Say("250 ok")),
        ("RCPT", Act::Say("550 5.1.1 nobody")),
        ("RCPT", Act::Say("250 ok")),
    ])
    .await;
    assert!(accepted(&send(&relay).await));
    let refused = send(&relay).await;
    let evidence = failure(&refused);
    assert_eq!(evidence.to_string(), "RCPT: 550 5.1.1 nobody");
    assert!(refused.transcript.reused);
    assert!(accepted(&send(&relay).await));
    assert!(server.connections() <= 2);
}

#[tokio::test]
async fn what_is_abandoned_sends_nothing() {
    let (relay, server) = relay(vec![]).await;
    let handover = relay.begin(&envelope()).await.ok().unwrap();
    handover.abandon().await;
    assert!(accepted(&send(&relay).await));
    assert_eq!(server.heard_of("DATA"), 1);
    assert_eq!(server.connections(), 1);
    let heard = server.heard();
    let reset = heard.iter().position(|line| line == "RSET").unwrap();
    assert!(heard[reset + 1].starts_with("MAIL"), "{heard:?}");
}

#[tokio::test]
async fn a_loss_after_the_final_dot_is_ambiguous() {
    for act in [Act::Close, Act::Reset] {
        let (relay, _) = relay(vec![(".", act)]).await;
        let attempt = send(&relay).await;
        let evidence = failure(&attempt);
        assert_eq!(evidence.step, Step::Message);
        assert!(matches!(
            evidence.what,
            What::Fault(Fault::Closed | Fault::Io(_))
        ));
    }
}

#[tokio::test]
async fn many_at_once_and_then_few_connections() {
    let (relay, server) = relay(vec![]).await;
    let sends = (0..20).map(|_| {
        let relay = relay.clone();
        tokio::spawn(async move { accepted(&send(&relay).await) })
    });
    for send in sends.collect::<Vec<_>>() {
        assert!(send.await.unwrap());
    }
    let before = server.connections();
    for _ in 0..5 {
        assert!(accepted(&send(&relay).await));
    }
    assert_eq!(server.connections(), before);
}

#[tokio::test]
async fn deliver_by_is_said_where_it_is_offered_and_long_enough() {
    use std::time::Duration;
    for (offer, expected) in [
        (
            "250-test\r\n250 DELIVERBY",
            "MAIL FROM:<postern@example.org> BY=1200;R",
        ),
        (
            "250-test\r\n250 DELIVERBY 1201",
            "MAIL FROM:<postern@example.org>",
        ),
        ("250 test", "MAIL FROM:<postern@example.org>"),
    ] {
        let (relay, server) = relay(vec![("EHLO", Act::Say(offer))]).await;
        let timed = RelayEnvelope {
            deliver_within: Some(Duration::from_secs(1_200)),
            ..envelope()
        };
        let begun = relay.begin(&timed).await;
        assert!(begun.is_ok());
        assert_eq!(server.heard()[1], expected);
    }
}

#[tokio::test]
async fn what_lettre_has_built_leaves_through_it() {
    use lettre::AsyncTransport;
    use lettre::message::Message;
    use postern::server::mail::lettre_transport::{RelayError, RelayTransport};
    let (relay, server) = relay(vec![("RCPT TO:<NOBODY", Act::Say("550 5.1.1 nobody"))]).await;
    let transport = RelayTransport::new(Arc::new(relay));
    let to = |to: &str| {
        let message = Message::builder()
            .from(FROM.parse().unwrap())
            .to(to.parse().unwrap())
            .to("Bob <bob@example.net>".parse().unwrap())
            .subject("Hello");
        message.body("Dear readers\r\n".to_owned()).unwrap()
    };
    let attempts = transport.send(to(TO)).await.unwrap();
    assert_eq!(attempts.len(), 2);
    assert!(attempts.iter().all(accepted));
    assert_eq!(server.heard_of("Dear readers"), 2);

    let refused = transport.send(to("nobody@example.net")).await.unwrap_err();
    assert_eq!(refused.to_string(), "RCPT: 550 5.1.1 nobody");
    assert!(matches!(refused, RelayError::Attempt(_)));
    assert_eq!(server.heard_of("Dear readers"), 2);
}
