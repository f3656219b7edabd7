//! The script between the command and the session, without a socket.

use std::time::Duration;

use super::*;
use crate::domain::smtp::faults::{Certificate, Script};
use crate::server::clock::Clock;

fn faulty(script: &str) -> Session {
    let script = Script::parse(script).unwrap();
    let policy = Policy {
        max_bytes: 1_000,
        ..Policy::default()
    };
    Session::new(policy, Faults::new(script, Clock::system()))
}

/// What is said to each line; `!` where the connection ends, `~` where it is silent.
fn talk(session: &mut Session, lines: &[&str]) -> String {
    let mut said = String::new();
    for line in lines {
        let step = session.line(line.as_bytes());
        said.push_str(&step.reply.to_wire());
        match step.next {
            Next::Close => said.push('!'),
            Next::Silence => said.push('~'),
            Next::Reset => said.push('%'),
            _ => {}
        }
    }
    said
}

#[test]
fn a_refusal_stands_instead_of_the_step() {
    let mut session = faulty("RCPT:nth=2:451 4.7.1 Try later");
    let lines = [
        "EHLO x",
        "MAIL FROM:<a@b>",
        "RCPT TO:<a@b>",
        "RCPT TO:<c@d>",
        "RCPT TO:<e@f>",
    ];
    let said = talk(&mut session, &lines);
    assert!(
        said.ends_with(
            "250 2.1.5 Recipient ok\r\n451 4.7.1 Try later\r\n250 2.1.5 Recipient ok\r\n"
        ),
        "{said}"
    );
    session.line(b"DATA");
    assert_eq!(session.take_envelope().unwrap().to, ["a@b", "e@f"]);
}

#[test]
fn scripted_refusals_are_no_errors_of_the_client() {
    let mut session = faulty("NOOP:451");
    for _ in 0..MAX_ERRORS + 5 {
        assert_eq!(
            talk(&mut session, &["NOOP"]),
            "451 As the fault script says\r\n"
        );
    }
}

#[test]
fn ends_of_all_kinds() {
    for (script, expected) in [
        ("NOOP:421 4.4.2 Bye", "421 4.4.2 Bye\r\n!"),
        ("NOOP:close", "!"),
        ("NOOP:reset", "%"),
        ("NOOP:silent", "~"),
        ("NOOP:raw=what?", "what?\r\n"),
        ("NOOP:299 fine", "299 fine\r\n"),
        ("NOOP:450 one\\ntwo", "450-one\r\n450 two\r\n"),
        ("*:close", "!"),
        ("QUIT:close", "250 2.0.0 Ok\r\n"),
    ] {
        assert_eq!(talk(&mut faulty(script), &["NOOP"]), expected, "{script}");
    }
    // Also for what is no command.
    assert_eq!(talk(&mut faulty("*:close"), &["XYZZY"]), "!");
    let step = faulty("QUIT:250 2.0.0 No").line(b"QUIT");
    assert_eq!((step.reply.code, step.next), (250, Next::Close));
}

#[test]
fn waits_are_said_and_rules_named() {
    let mut session = faulty("NOOP:delay=40s\nNOOP:451 4.7.1");
    let step = session.line(b"NOOP");
    assert_eq!(step.wait, Duration::from_secs(40));
    assert_eq!(step.fired, ["NOOP:delay=40s", "NOOP:451 4.7.1"]);
    assert_eq!(session.line(b"RSET").fired, [""; 0]);
}

#[test]
fn banners() {
    let first = |script: &str| {
        let step = faulty(script).open();
        (step.reply.to_wire(), step.next)
    };
    assert_eq!(first("BANNER:drop"), (String::new(), Next::Close));
    assert_eq!(
        first("BANNER:554 5.7.1 No"),
        ("554 5.7.1 No\r\n".into(), Next::Close)
    );
    assert_eq!(
        first("BANNER:raw=SSH-2.0-x"),
        ("SSH-2.0-x\r\n".into(), Next::Line)
    );
    assert!(first("MAIL:451").0.starts_with("220 "));
}

#[test]
fn extensions_come_and_go() {
    let said = talk(
        &mut faulty("EHLO:no AUTH;EHLO:no size;EHLO:STARTTLS;EHLO:offer AUTH CRAM-MD5"),
        &["EHLO x"],
    );
    assert!(
        !said.contains("SIZE")
            && said.contains("STARTTLS")
            && said.ends_with("250 AUTH CRAM-MD5\r\n"),
        "{said}"
    );
    let withheld = talk(
        &mut faulty("EHLO:no AUTH;EHLO:no SIZE;EHLO:no SMTPUTF8;EHLO:no STARTTLS;STARTTLS:454"),
        &[
            "EHLO x",
            "AUTH PLAIN x",
            "MAIL FROM:<a@b> SIZE=1",
            "MAIL FROM:<ä@b> SMTPUTF8",
            "MAIL FROM:<ä@b>",
        ],
    );
    let codes: Vec<_> = withheld
        .lines()
        .skip_while(|line| line.starts_with("250"))
        .map(|line| &line[..3])
        .collect();
    assert_eq!(codes, ["502", "555", "555", "553"]);
    assert_eq!(
        talk(&mut faulty("EHLO:502 5.5.1 What?"), &["EHLO x", "HELO x"]),
        "502 5.5.1 What?\r\n250 localhost\r\n"
    );
    // Also by the name that the client gives.
    let named = talk(
        &mut faulty("EHLO:match=localhost:550 5.7.1"),
        &["EHLO localhost", "EHLO a.example"],
    );
    assert!(named.starts_with("550 5.7.1\r\n250-"), "{named}");
}

#[test]
fn starttls_is_offered_where_the_script_needs_it_and_not_inside_tls() {
    let mut session = faulty("TLS:expired");
    assert!(talk(&mut session, &["EHLO x"]).contains("250-STARTTLS\r\n"));
    let step = session.line(b"STARTTLS");
    assert_eq!((step.reply.code, step.next), (220, Next::Tls));
    let plan = session.handshake();
    assert_eq!(plan.shake, Shake::With(Certificate::Expired));
    assert_eq!(plan.fired, ["TLS:expired"]);
    session.secured();
    assert_eq!(
        talk(&mut session, &["MAIL FROM:<a@b>"]),
        "503 5.5.1 EHLO first\r\n"
    );
    assert!(!talk(&mut session, &["EHLO x"]).contains("STARTTLS"));
    assert_eq!(
        talk(&mut session, &["STARTTLS"]),
        "503 5.5.1 This is TLS already\r\n"
    );
    let mut session = faulty("STARTTLS:454 4.7.0");
    assert!(talk(&mut session, &["EHLO x", "STARTTLS"]).ends_with("454 4.7.0\r\n"));
    let mut session = faulty("STARTTLS:inject");
    talk(&mut session, &["EHLO x"]);
    let step = session.line(b"STARTTLS");
    assert_eq!(step.next, Next::Tls);
    assert_eq!(step.reply.to_wire().lines().count(), 2);
    // HELO lists nothing, so nothing is offered.
    assert_eq!(
        talk(&mut faulty("TLS:expired"), &["HELO x", "STARTTLS"]),
        "250 localhost\r\n502 5.5.1 STARTTLS is not offered\r\n"
    );
}

#[test]
fn handshakes() {
    for (script, shake) in [
        ("", Shake::With(Certificate::Good)),
        ("TLS:self-signed", Shake::With(Certificate::SelfSigned)),
        ("TLS:alert", Shake::Alert),
        ("TLS:garbage", Shake::Garbage),
        ("TLS:old-version", Shake::OldVersion),
        ("TLS:close", Shake::Not(Next::Close)),
        ("TLS:reset", Shake::Not(Next::Reset)),
        ("TLS:silent", Shake::Not(Next::Silence)),
    ] {
        assert_eq!(faulty(script).handshake().shake, shake, "{script}");
    }
    assert_eq!(
        faulty("TLS:delay=3s").handshake().wait,
        Duration::from_secs(3)
    );
}

#[test]
fn sign_in_fails_when_the_credentials_are_there() {
    // ada NUL, pw
    let mut session = faulty("AUTH:match=ada:535 5.7.8 Wrong");
    assert!(
        talk(&mut session, &["EHLO x", "AUTH PLAIN", "AGFkYQBwdw=="])
            .ends_with("334 \r\n535 5.7.8 Wrong\r\n")
    );
    assert!(
        talk(&mut session, &["AUTH LOGIN", "YWRh", "cHc="])
            .ends_with("334 UGFzc3dvcmQ6\r\n535 5.7.8 Wrong\r\n")
    );
    assert!(
        talk(&mut session, &["AUTH LOGIN", "Ym9i", "cHc="])
            .ends_with("235 2.7.0 Accepted; the sandbox checks nothing\r\n")
    );
    // user=ada ^A auth=Bearer t ^A^A: the reason comes first.
    let token = "dXNlcj1hZGEBYXV0aD1CZWFyZXIgdAEB";
    let mut session = faulty("AUTH:535 5.7.8 Wrong");
    let said = talk(
        &mut session,
        &["EHLO x", &format!("AUTH XOAUTH2 {token}"), "", "NOOP"],
    );
    let last: Vec<_> = said.lines().rev().take(3).collect();
    assert_eq!(last[..2], ["250 2.0.0 Ok", "535 5.7.8 Wrong"]);
    assert!(last[2].starts_with("334 eyJzdGF0dXMiOiI0MDEi"), "{said}");
    assert!(
        talk(
            &mut faulty("AUTH:421 4.7.0 Later"),
            &["EHLO x", "AUTH PLAIN AGFkYQBwdw=="]
        )
        .ends_with("421 4.7.0 Later\r\n!")
    );
}

#[test]
fn the_final_dot() {
    let ends = |script: &str| {
        let mut session = faulty(script);
        talk(
            &mut session,
            &["EHLO x", "MAIL FROM:<a@b>", "RCPT TO:<a@b>"],
        );
        let step = session.line(b"DATA");
        if step.next != Next::Data {
            return (None, step.reply.to_wire(), step.next);
        }
        let ended = session.dot();
        let kept = ended.is_kept();
        session.take_envelope().unwrap();
        let outcome = kept.then(|| Outcome::Kept("7".into()));
        let step = session.after_data(ended, outcome);
        (Some(kept), step.reply.to_wire(), step.next)
    };
    let sent = "250 2.0.0 Kept in the sandbox as 7\r\n";
    assert_eq!(ends(""), (Some(true), sent.into(), Next::Line));
    assert_eq!(ends("DOT:delay=1s"), (Some(true), sent.into(), Next::Line));
    assert_eq!(
        ends("DOT:552 5.3.4"),
        (Some(false), "552 5.3.4\r\n".into(), Next::Line)
    );
    assert_eq!(
        ends("DOT:250 2.0.0 queued"),
        (Some(true), "250 2.0.0 queued\r\n".into(), Next::Line)
    );
    assert_eq!(ends("DOT:close"), (Some(false), String::new(), Next::Close));
    assert_eq!(
        ends("DATA:close-after-dot"),
        (Some(true), String::new(), Next::Close)
    );
    assert_eq!(ends("DATA:close"), (None, String::new(), Next::Close));
    assert_eq!(
        ends("DATA:554 5.5.1"),
        (None, "554 5.5.1\r\n".into(), Next::Line)
    );
    let (_, go, next) = ends("DATA:close-in-message");
    assert!(go.starts_with("354 ") && next == Next::Close);
}

#[test]
fn the_same_script_meets_the_same_conversation_alike() {
    let script = "RCPT:every=3:451 4.7.1\nMAIL:nth=2:452 4.3.1\n*:after=9:delay=1s\nRATE:3/min:450";
    let lines: Vec<String> = (0..40)
        .flat_map(|n| {
            [
                "MAIL FROM:<a@b>".to_owned(),
                format!("RCPT TO:<{n}@x>"),
                "RSET".into(),
            ]
        })
        .collect();
    let run = || {
        let mut session = faulty(script);
        session.line(b"EHLO x");
        let steps: Vec<Step> = lines
            .iter()
            .map(|line| session.line(line.as_bytes()))
            .collect();
        steps
    };
    assert_eq!(run(), run());
}

#[test]
fn what_belongs_to_a_sign_in_is_never_shown() {
    let secret = "AGFkYQBodW50ZXIy";
    let mut session = faulty("");
    let mut shown = |line: &str| {
        let text = session.shown(line.as_bytes()).into_text();
        session.line(line.as_bytes());
        text
    };
    assert_eq!(shown("XYZZY one\u{7}"), "XYZZY one\\u{7}");
    assert_eq!(shown("EHLO x"), "EHLO x");
    for (line, expected) in [
        ("AUTH PLAIN AGFkYQBodW50ZXIy", "AUTH PLAIN [secret]"),
        ("auth login AGFkYQBodW50ZXIy", "AUTH LOGIN [secret]"),
        ("AUTH\tPLAIN AGFkYQBodW50ZXIy", "AUTH PLAIN [secret]"),
        ("  AUTH AGFkYQBodW50ZXIy", "AUTH [secret]"),
        ("AUTHAGFkYQBodW50ZXIy", "AUTH [secret]"),
        ("AUTH NTLM", "AUTH NTLM"),
        ("AUTH", "AUTH"),
        (secret, "[16 octets that are no command]"),
        ("MAIL FROM:<bad", "MAIL FROM:<bad"),
        ("NOOP", "NOOP"),
    ] {
        assert_eq!(shown(line), expected);
    }
    let mut session = faulty("AUTH:535");
    session.line(b"EHLO x");
    for line in ["AUTH LOGIN", secret, secret] {
        assert!(!session.shown(line.as_bytes()).into_text().contains(secret));
        session.line(line.as_bytes());
        assert!(!format!("{session:?}").contains(secret));
    }
    session.line(b"AUTH PLAIN");
    assert_eq!(session.shown(b"*").into_text(), "*");
    assert_eq!(session.shown(secret.as_bytes()).into_text(), "[secret]");
    let long = "x".repeat(1_000);
    assert_eq!(
        faulty("")
            .shown(long.as_bytes())
            .into_text()
            .chars()
            .count(),
        301
    );
}

#[test]
fn credentials_are_checked_where_there_are_any() {
    let strict = || {
        let policy = Policy {
            max_bytes: 1_000,
            starttls: false,
            credentials: Some(("ada".into(), Secret::new("pw".into()))),
        };
        let mut session = Session::new(policy, Faults::new(Script::default(), Clock::system()));
        session.line(b"EHLO x");
        session
    };
    let mail = "MAIL FROM:<a@b>";
    assert_eq!(
        talk(&mut strict(), &[mail]),
        "530 5.7.0 Authentication required\r\n"
    );
    for (lines, code) in [
        (vec!["AUTH PLAIN AGFkYQBwdw=="], "235"),
        (vec!["AUTH PLAIN AGFkYQBwdzI="], "535"),
        (vec!["AUTH PLAIN AGJvYgBwdw=="], "535"),
        (vec!["AUTH PLAIN !!!"], "501"),
        (vec!["AUTH PLAIN ="], "501"),
        (vec!["AUTH PLAIN", "AGFkYQBwdw=="], "235"),
        (vec!["AUTH LOGIN", "YWRh", "cHc="], "235"),
        (vec!["AUTH LOGIN YWRh", "cHcy"], "535"),
        (
            vec!["AUTH XOAUTH2 dXNlcj1hZGEBYXV0aD1CZWFyZXIgcHcBAQ=="],
            "235",
        ),
        (
            vec!["AUTH XOAUTH2 dXNlcj1hZGEBYXV0aD1CZWFyZXIgbm8BAQ==", ""],
            "535",
        ),
        (vec!["AUTH CRAM-MD5"], "504"),
    ] {
        let mut session = strict();
        let said = talk(&mut session, &lines);
        let last = said.lines().last().unwrap();
        assert!(last.starts_with(code), "{lines:?}: {said}");
        let then = talk(&mut session, &[mail]);
        assert!(
            then.starts_with(if code == "235" { "250" } else { "530" }),
            "{then}"
        );
    }
}
