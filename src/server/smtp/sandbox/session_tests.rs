//! The conversation, without a socket.

use super::*;
use crate::domain::smtp::faults::Script;
use crate::server::clock::Clock;

/// A session that takes messages of up to `max_bytes` from anybody, with nothing wrong.
fn fresh(max_bytes: usize) -> Session {
    let policy = Policy {
        max_bytes,
        ..Policy::default()
    };
    Session::new(policy, Faults::new(Script::default(), Clock::system()))
}

fn greeted() -> Session {
    let mut session = fresh(1_000);
    assert_eq!(session.line(b"EHLO test").reply.code, 250);
    session
}

fn codes(session: &mut Session, lines: &[&str]) -> Vec<u16> {
    lines
        .iter()
        .map(|line| session.line(line.as_bytes()).reply.code)
        .collect()
}

#[test]
fn a_message_from_end_to_end() {
    let mut session = greeted();
    assert_eq!(
        codes(
            &mut session,
            &["MAIL FROM:<a@b>", "RCPT TO:<c@d>", "RCPT TO:<e@f>"]
        ),
        [250, 250, 250]
    );
    let step = session.line(b"DATA");
    assert_eq!((step.reply.code, step.next), (354, Next::Data));
    let ended = session.dot();
    assert!(ended.is_kept());
    let envelope = session.take_envelope().unwrap();
    assert_eq!(
        (envelope.helo.as_str(), envelope.from.as_str()),
        ("test", "a@b")
    );
    assert_eq!(envelope.to, ["c@d", "e@f"]);
    let step = session.after_data(ended, Some(Outcome::Kept("7".into())));
    assert_eq!(
        step.reply.to_wire(),
        "250 2.0.0 Kept in the sandbox as 7\r\n"
    );
    assert_eq!(
        codes(&mut session, &["MAIL FROM:<>", "RCPT TO:<c@d>"]),
        [250, 250]
    );
    assert_eq!(session.line(b"QUIT").next, Next::Close);
}

#[test]
fn bad_order() {
    let mut session = fresh(1_000);
    assert_eq!(
        codes(&mut session, &["MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA"]),
        [503; 3]
    );
    assert_eq!(
        codes(&mut session, &["AUTH PLAIN x", "NOOP", "RSET"]),
        [503, 250, 250]
    );
    let mut session = greeted();
    assert_eq!(codes(&mut session, &["RCPT TO:<a@b>", "DATA"]), [503, 503]);
    assert_eq!(
        codes(
            &mut session,
            &["MAIL FROM:<a@b>", "DATA", "MAIL FROM:<a@b>"]
        ),
        [250, 554, 503]
    );
    assert_eq!(codes(&mut session, &["RSET", "RCPT TO:<a@b>"]), [250, 503]);
    assert!(session.take_envelope().is_none());
    // EHLO in the middle is a reset (RFC 5321 4.1.4).
    assert_eq!(
        codes(
            &mut session,
            &["MAIL FROM:<a@b>", "EHLO x", "RCPT TO:<a@b>"]
        ),
        [250, 250, 503]
    );
}

#[test]
fn auth_takes_anything_and_keeps_nothing() {
    let secret = "AGFkYQBodW50ZXIy";
    for (lines, expected) in [
        (vec![format!("AUTH PLAIN {secret}")], vec![235]),
        (vec!["AUTH PLAIN".into(), secret.into()], vec![334, 235]),
        (
            vec!["AUTH LOGIN".into(), "YWRh".into(), secret.into()],
            vec![334, 334, 235],
        ),
        (
            vec!["AUTH LOGIN YWRh".into(), secret.into()],
            vec![334, 235],
        ),
        (vec!["AUTH LOGIN".into(), "*".into()], vec![334, 501]),
    ] {
        let mut session = greeted();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(codes(&mut session, &lines), expected);
        assert!(!format!("{session:?}").contains(secret));
    }
    let mut session = greeted();
    assert_eq!(session.line(b"AUTH PLAIN").reply.to_wire(), "334 \r\n");
    assert_eq!(codes(&mut session, &["x", "AUTH PLAIN x"]), [235, 503]);
}

#[test]
fn sizes_recipients_and_alphabets() {
    let mut session = greeted();
    assert_eq!(codes(&mut session, &["MAIL FROM:<a@b> SIZE=1001"]), [552]);
    assert_eq!(codes(&mut session, &["MAIL FROM:<ü@b>"]), [553]);
    assert_eq!(
        codes(
            &mut session,
            &["MAIL FROM:<a@b> SIZE=1000", "RCPT TO:<ü@b>"]
        ),
        [250, 553]
    );
    for _ in 0..MAX_RECIPIENTS {
        assert_eq!(session.line(b"RCPT TO:<a@b>").reply.code, 250);
    }
    assert_eq!(session.line(b"RCPT TO:<a@b>").reply.code, 452);
    assert_eq!(session.line(b"DATA").reply.code, 354);
    let mut session = greeted();
    assert_eq!(
        codes(&mut session, &["MAIL FROM:<ü@b> SMTPUTF8", "RCPT TO:<ö@b>"]),
        [250, 250]
    );
}

#[test]
fn enough_errors_end_it() {
    let mut session = greeted();
    for _ in 0..MAX_ERRORS {
        let step = session.line(b"XYZZY");
        assert_eq!((step.reply.code, step.next), (500, Next::Line));
    }
    let step = session.line_too_long();
    assert_eq!((step.reply.code, step.next), (421, Next::Close));
}

#[test]
fn a_browser_is_sent_away() {
    assert_eq!(fresh(1).line(b"POST / HTTP/1.1").next, Next::Close);
}
