//! Servers that behave badly: nothing panics, nothing grows, everything ends in time and is told by its name.

use std::time::{Duration, Instant};

use postern::domain::smtp::evidence::{Fault, IoFault};
use postern::domain::smtp::step::Step;
use postern::server::mail::message::OutgoingMessage;
use postern::server::smtp::client::{AddressRule, StopAfter};

use crate::support::server::{Act, Server, foreign};
use crate::support::{Ended, FROM, SHORT, TO, converse, converse_with, mail, target};

async fn against(step: &'static str, act: Act) -> (Ended, Server) {
    let server = Server::plain(vec![(step, act)]).await;
    let ended = converse(target(server.at), StopAfter::Data).await;
    (ended, server)
}

/// What a transcript weighs, as it is stored.
fn weight(ended: &Ended) -> usize {
    serde_json::to_string(&ended.transcript).unwrap().len()
}

#[tokio::test]
async fn ten_mebibytes_of_banner_are_not_read_and_not_kept() {
    let mut banner = b"220 ".to_vec();
    banner.resize(10 << 20, b'x');
    let (ended, server) = against("BANNER", Act::Bytes(banner)).await;
    let (step, fault) = ended.fault();
    assert_eq!(step, Step::Banner);
    assert!(matches!(fault, Fault::Garbled(_)), "{fault}");
    assert!(weight(&ended) < 4_000, "{}", weight(&ended));
    // We read 64 KiB and a chunk; the rest was in the buffers of the system, or never sent.
    assert!(server.written() < 10 << 20, "{}", server.written());
}

#[tokio::test]
async fn endless_lines_end() {
    for bytes in [
        &b"250-and more\r\n"[..],
        b"250-",
        b"250-\r\n",
        b"\r\n",
        b"\0",
    ] {
        let (ended, _) = against("EHLO", Act::Endless(bytes)).await;
        let (step, fault) = ended.fault();
        assert_eq!(step, Step::Ehlo);
        assert!(matches!(fault, Fault::Garbled(_)), "{fault}");
        assert!(weight(&ended) < 4_000, "{}", weight(&ended));
    }
}

#[tokio::test]
async fn one_byte_now_and_then_does_not_push_a_deadline() {
    let every = Duration::from_millis(20);
    for (step, byte) in [("BANNER", b'2'), ("RCPT", b'2'), (".", b'2')] {
        let server = Server::plain(vec![(step, Act::Drip(byte, every))]).await;
        let mut slow = target(server.at);
        (slow.limits.banner, slow.limits.command) = (SHORT, SHORT);
        slow.limits.data_end = SHORT;
        let started = Instant::now();
        let ended = converse(slow, StopAfter::Data).await;
        assert_eq!(ended.fault().1, Fault::Silent, "{step}");
        assert!(started.elapsed() < 10 * SHORT, "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn the_whole_has_a_deadline_too() {
    let server = Server::plain(vec![("MAIL", Act::Silence)]).await;
    let mut hasty = target(server.at);
    hasty.limits.whole = SHORT;
    let ended = converse(hasty, StopAfter::Data).await;
    assert_eq!(ended.fault(), (Step::Mail, Fault::Silent));
}

#[tokio::test]
async fn other_protocols_are_named() {
    for (words, quoted) in [
        (&b"HTTP/1.1 400 Bad Request\r\n"[..], "HTTP/1.1 400"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0"),
        (b"+OK POP3 ready\r\n", "+OK POP3"),
        (b"* OK IMAP4 ready\r\n", "* OK IMAP4"),
        // An alert of TLS, without any line end.
        (b"\x15\x03\x01\x00\x02\x02\x46", "\u{fffd}\u{fffd}"),
    ] {
        let (ended, _) = against("BANNER", Act::Bytes(words.to_vec())).await;
        let (step, fault) = ended.fault();
        let Fault::Foreign(said) = fault else {
            panic!("{fault}")
        };
        assert_eq!(step, Step::Banner);
        assert!(said.starts_with(quoted), "{said:?}");
    }
}

#[tokio::test]
async fn replies_that_cannot_be_read_are_garbled() {
    for words in [
        &b"hello\r\n"[..],
        b"25\r\n",
        b"250\xff ok\r\n",
        b"150 no\r\n",
        b"650 no\r\n",
        b"2500 no\r\n",
        b"250_no\r\n",
        b"250-one\r\n251 two\r\n",
        b"250-one\r\ntwo\r\n",
        b"\r\n250 ok\r\n",
    ] {
        let (ended, _) = against("MAIL", Act::Bytes(words.to_vec())).await;
        let (step, fault) = ended.fault();
        assert_eq!(step, Step::Mail);
        assert!(
            matches!(fault, Fault::Garbled(_)),
            "{:?}: {fault}",
            String::from_utf8_lossy(words)
        );
    }
}

#[tokio::test]
async fn unusual_replies_that_can_be_read_are_read() {
    for words in [
        &b"250\r\n"[..],
        b"250 ok\n",
        b"250-one\n250-two\r\n250 three\n",
        b"250 \xff\xfe\x1b[31m\x00\r\n",
        b"250-\r\n250\r\n",
    ] {
        let (ended, _) = against("MAIL", Act::Bytes(words.to_vec())).await;
        assert!(ended.outcome.is_ok(), "{}", ended.text());
        assert!(!ended.text().contains('\u{1b}'), "{}", ended.text());
    }
}

#[tokio::test]
async fn answers_of_the_wrong_phase_are_no_consent() {
    for (at, words, step) in [
        ("BANNER", "250 ok", Step::Banner),
        ("EHLO", "354 go on", Step::Ehlo),
        ("MAIL", "354 go on", Step::Mail),
        ("MAIL", "220 hello", Step::Mail),
        ("RCPT", "235 welcome", Step::Rcpt),
        ("DATA", "250 ok", Step::Data),
        (".", "354 go on", Step::Message),
        (".", "220 hello", Step::Message),
    ] {
        let (ended, server) = against(at, Act::Say(words)).await;
        let (found, reply) = ended.refusal();
        assert_eq!((found, reply.to_string().as_str()), (step, words));
        assert_eq!(server.heard_of("QUIT"), 0, "nobody knows what it waits for");
        if at == "DATA" {
            assert!(!server.heard().iter().any(|line| line.contains("Subject")));
        }
    }
}

#[tokio::test]
async fn a_reply_that_comes_before_its_command_is_no_answer_to_it() {
    // Two replies to MAIL: the second would be taken for RCPT's.
    let (ended, server) = against("MAIL", Act::Say("250 ok\r\n250 ok")).await;
    let (step, fault) = ended.fault();
    assert_eq!(step, Step::Rcpt);
    assert!(matches!(fault, Fault::Garbled(_)), "{fault}");
    assert_eq!(server.heard_of("RCPT"), 0);
    // A farewell is a farewell.
    let (ended, _) = against("MAIL", Act::Say("250 ok\r\n421 4.3.2 closing")).await;
    let (step, reply) = ended.refusal();
    assert_eq!((step, reply.code), (Step::Rcpt, 421));
}

#[tokio::test]
async fn an_end_is_told_by_the_step_at_which_it_came() {
    for (at, step) in [
        ("BANNER", Step::Banner),
        ("EHLO", Step::Ehlo),
        ("MAIL", Step::Mail),
        ("RCPT", Step::Rcpt),
        ("DATA", Step::Data),
        (".", Step::Message),
    ] {
        let (ended, _) = against(at, Act::Close).await;
        assert_eq!(ended.fault(), (step, Fault::Closed));
        let (ended, _) = against(at, Act::Reset).await;
        assert_eq!(ended.fault(), (step, Fault::Io(IoFault::Reset)));
    }
}

#[tokio::test]
async fn silence_is_told_by_the_step_at_which_it_fell() {
    for (at, step) in [
        ("BANNER", Step::Banner),
        ("EHLO", Step::Ehlo),
        ("MAIL", Step::Mail),
        ("RCPT", Step::Rcpt),
        ("DATA", Step::Data),
        (".", Step::Message),
    ] {
        let server = Server::plain(vec![(at, Act::Silence)]).await;
        let mut target = target(server.at);
        (target.limits.banner, target.limits.command) = (SHORT, SHORT);
        target.limits.data_end = SHORT;
        let ended = converse(target, StopAfter::Data).await;
        assert_eq!(ended.fault(), (step, Fault::Silent));
    }
}

/// Lost before the final dot: the server cannot have taken it.
#[tokio::test]
async fn an_end_within_the_message_is_not_ambiguous() {
    // More than the buffers of the system take: the end comes while we still send.
    let mut bytes = mail().bytes().to_vec();
    bytes.extend_from_slice(
        &b"a line of a large message, of which there are many\r\n".repeat(300_000),
    );
    let large = OutgoingMessage::new(mail().envelope().clone(), "<x@y>".into(), bytes);
    for act in [
        Act::SayAndClose("354 go on"),
        Act::SayAndClose("354 go on\r\n421 4.3.2 closing"),
    ] {
        let server =
            Server::plain(vec![("EHLO", Act::Say("250 test")), ("DATA", act.clone())]).await;
        let ended = converse_with(target(server.at), StopAfter::Data, &large).await;
        assert_eq!(
            ended.evidence().step,
            Step::Data,
            "{act:?}\n{}",
            ended.text()
        );
    }
}

#[tokio::test]
async fn nobody_there_and_nobody_allowed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    drop(listener);
    let ended = converse(target(at), StopAfter::Connect).await;
    assert_eq!(ended.fault(), (Step::Connect, Fault::Io(IoFault::Refused)));

    let server = Server::plain(vec![]).await;
    for host in ["127.0.0.1", "localhost", "::ffff:127.0.0.1"] {
        let mut guarded = target(server.at);
        guarded.host = host.into();
        guarded.allow = AddressRule::Public { and: Vec::new() };
        let ended = converse(guarded.clone(), StopAfter::Connect).await;
        let (step, fault) = ended.fault();
        assert_eq!(step, Step::Connect);
        assert!(matches!(fault, Fault::Forbidden(_)), "{fault}");
        assert_eq!(server.connections(), 0);
    }
    let mut listed = target(server.at);
    listed.allow = AddressRule::Public {
        and: vec!["127.0.0.0/8".parse().unwrap()],
    };
    let ended = converse(listed, StopAfter::Connect).await;
    assert!(ended.outcome.is_ok(), "{}", ended.text());
}

#[tokio::test]
async fn the_family_that_answers_wins_and_both_tries_are_noted() {
    // IPv6 is refused on this port, IPv4 answers.
    let server = Server::plain(vec![]).await;
    let mut both = target(server.at);
    both.host = "localhost".into();
    let ended = converse(both, StopAfter::Connect).await;
    assert!(ended.outcome.is_ok(), "{}", ended.text());
    let text = ended.text();
    assert!(text.contains("trying [::1]:"), "{text}");
    assert!(text.contains("connected to 127.0.0.1:"), "{text}");
}

#[tokio::test]
async fn an_address_cannot_bring_a_command_along() {
    let server = Server::plain(vec![]).await;
    for to in ["a@b>\r\nRCPT TO:<c@d", "a@b\nDATA", "a b@c", "<a@b>"] {
        let target = std::sync::Arc::new(target(server.at));
        let transcript = postern::domain::smtp::transcript::Transcript::new(
            postern::domain::time::Timestamp::from_millis(0),
            target.name(),
        );
        let recorder = postern::server::smtp::client::Recorder::new(transcript);
        let mut dialogue =
            postern::server::smtp::client::Dialogue::open(target, recorder, StopAfter::Auth)
                .await
                .unwrap();
        let evidence = dialogue.envelope(FROM, to).await.unwrap_err();
        assert_eq!(evidence.step, Step::Rcpt, "{evidence}");
        dialogue.quit().await;
    }
    assert_eq!(server.heard_of("RCPT"), 0);
    assert_eq!(server.heard_of("DATA"), 0);
    assert!(!server.heard().iter().any(|line| line.contains(TO)));
}

#[tokio::test]
async fn what_answers_only_when_spoken_to_is_silence() {
    let at = foreign(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let mut target = target(at);
    target.limits.banner = SHORT;
    let ended = converse(target, StopAfter::Tls).await;
    assert_eq!(ended.fault(), (Step::Banner, Fault::Silent));
}
