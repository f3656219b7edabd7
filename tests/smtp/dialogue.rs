//! A conversation that goes well, and refusals at each step.

use postern::domain::smtp::evidence::Fault;
use postern::domain::smtp::step::Step;
use postern::domain::smtp::transcript::StepState;
use postern::server::smtp::client::StopAfter;

use crate::support::server::{Act, Server};
use crate::support::{FROM, TO, converse, converse_with, mail_saying, steps, target};

#[tokio::test]
async fn a_mail_is_handed_over_and_every_step_recorded() {
    let server = Server::plain(vec![]).await;
    let ended = converse(target(server.at), StopAfter::Data).await;
    let reply = ended.outcome.as_ref().unwrap().clone().unwrap();
    assert_eq!(reply.to_string(), "250 2.0.0 Ok: queued as 4XyZ");
    let heard = server.heard();
    let commands = [
        "EHLO recover.example.org".to_owned(),
        format!("MAIL FROM:<{FROM}>"),
        format!("RCPT TO:<{TO}>"),
        "DATA".to_owned(),
    ];
    assert_eq!(heard[..4], commands);
    assert!(heard.contains(&"..a dot".to_owned()), "{heard:?}");
    assert_eq!(heard[heard.len() - 2..], [".", "QUIT"]);
    use Step as S;
    let transcript = &ended.transcript;
    assert_eq!(
        steps(transcript),
        [
            S::Dns,
            S::Connect,
            S::Banner,
            S::Ehlo,
            S::Mail,
            S::Rcpt,
            S::Data,
            S::Message,
            S::Quit
        ]
    );
    assert!(
        transcript
            .steps
            .iter()
            .all(|s| s.state == StepState::Passed)
    );
    assert_eq!(transcript.before_tls[0], "test");
    assert_eq!(transcript.peer.as_deref(), Some(&*server.at.to_string()));
    let times: Vec<u64> = transcript.steps.iter().map(|s| s.at_ms).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[tokio::test]
async fn of_the_message_only_headers_size_and_hash_are_kept() {
    let server = Server::plain(vec![]).await;
    let secret = "https://recover.example.org/reset#SECRETSECRET";
    let message = mail_saying(secret);
    let ended = converse_with(target(server.at), StopAfter::Data, &message).await;
    let json = serde_json::to_string(&ended.transcript).unwrap();
    assert!(!json.contains("SECRETSECRET"), "{json}");
    assert!(!json.contains(TO), "{json}");
    let kept = ended.transcript.message.unwrap();
    assert_eq!(kept.size, message.bytes().len() as u64);
    assert_eq!(kept.message_id, message.message_id());
    assert!(kept.headers.iter().any(|line| line == "Subject: Hello"));
    assert!(!kept.headers.iter().any(|line| line.starts_with("To:")));
}

#[tokio::test]
async fn a_refusal_is_evidence_with_its_step_and_the_server_is_told_goodbye() {
    for (at, step, words) in [
        ("BANNER", Step::Banner, "554 5.7.1 not you"),
        ("EHLO", Step::Ehlo, "550 5.7.1 who are you"),
        ("MAIL", Step::Mail, "530 5.7.0 sign in first"),
        ("RCPT", Step::Rcpt, "450 4.7.1 greylisted"),
        ("DATA", Step::Data, "554 5.5.1 no"),
        (".", Step::Message, "552 5.3.4 too large"),
    ] {
        let server = Server::plain(vec![(at, Act::Say(words))]).await;
        let ended = converse(target(server.at), StopAfter::Data).await;
        let (found, reply) = ended.refusal();
        assert_eq!((found, reply.to_string().as_str()), (step, words));
        let last = ended.transcript.steps.iter().rev().find(|s| s.step == step);
        assert_eq!(last.unwrap().state, StepState::Failed);
    }
}

#[tokio::test]
async fn stops_where_it_is_told() {
    for (stop, last) in [
        (StopAfter::Connect, "QUIT"),
        (StopAfter::Tls, "EHLO"),
        (StopAfter::Auth, "EHLO"),
        (StopAfter::Rcpt, "RCPT"),
    ] {
        let server = Server::plain(vec![]).await;
        let ended = converse(target(server.at), stop).await;
        assert!(ended.outcome.is_ok(), "{}", ended.text());
        let heard = server.heard();
        let before: Vec<_> = heard.iter().filter(|line| *line != "QUIT").collect();
        match before.last() {
            Some(line) => assert!(line.starts_with(last), "{stop:?}: {heard:?}"),
            None => assert_eq!(last, "QUIT"),
        }
        assert_eq!(server.heard_of("QUIT"), 1, "{stop:?}: {heard:?}");
    }
}

#[tokio::test]
async fn helo_where_ehlo_is_refused_and_it_is_allowed() {
    let script = || vec![("EHLO", Act::Say("502 5.5.1 unknown"))];
    let server = Server::plain(script()).await;
    let mut old = target(server.at);
    old.helo_fallback = true;
    let ended = converse(old, StopAfter::Data).await;
    assert!(ended.outcome.is_ok(), "{}", ended.text());
    assert_eq!(server.heard_of("HELO recover.example.org"), 1);

    let server = Server::plain(script()).await;
    let ended = converse(target(server.at), StopAfter::Data).await;
    assert_eq!(ended.refusal().0, Step::Ehlo);
    assert_eq!(server.heard_of("HELO"), 0);
}

#[tokio::test]
async fn a_message_larger_than_the_servers_size_is_not_begun() {
    let server = Server::plain(vec![("EHLO", Act::Say("250-test\r\n250 SIZE 100"))]).await;
    let ended = converse(target(server.at), StopAfter::Data).await;
    let (step, fault) = ended.fault();
    assert!(
        matches!(fault, Fault::TooLarge { limit: 100, size } if size > 100),
        "{fault}"
    );
    assert_eq!(step, Step::Data);
    assert_eq!(server.heard_of("DATA"), 0);
}
