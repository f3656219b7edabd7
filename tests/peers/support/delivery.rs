//! One delivery by the engine as the worker does it, and what a failed one must show.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use postern::domain::identifier::EmailAddress;
use postern::domain::smtp::step::Step;
use postern::domain::smtp::transcript::{Side, StepState, Transcript};
use postern::server::clock::Clock;
use postern::server::config::{Sources, TlsMode, load};
use postern::server::mail::message::{OutgoingMessage, build};
use postern::server::mail::relay::{Attempt, End, Relay, RelayEnvelope};
use postern::server::mail::render::Rendered;
use postern::server::secrets::Secret;
use postern::server::smtp::client::{AddressRule, Credentials, Limits, Target, Trust};
use postern::server::smtp::relay::SmtpRelay;

/// The sender of everything here.
pub const FROM: &str = "postern@sender.example";

/// A server on this machine by the name `localhost`, protected so, with what is trusted.
pub fn target(address: SocketAddr, protection: TlsMode, trust: Trust) -> Target {
    Target {
        host: "localhost".into(),
        port: address.port(),
        protection,
        credentials: None,
        helo: "client.example.org".into(),
        helo_fallback: false,
        family: None,
        allow: AddressRule::Any,
        trust,
        limits: Limits::default(),
        resolver: None,
    }
}

/// The same without TLS.
pub fn plain(address: SocketAddr) -> Target {
    target(address, TlsMode::None, Trust::default())
}

/// With a user name and a password.
pub fn signed_in(target: Target, username: &str, password: &str) -> Target {
    let credentials = Some(Credentials {
        username: username.into(),
        password: Secret::new(password.to_owned()),
        mechanism: None,
    });
    Target {
        credentials,
        ..target
    }
}

/// A letter to that address, from a template with a text of that many octets at least.
pub fn letter(to: &str, octets: usize) -> OutgoingMessage {
    let sources = Sources {
        flags: vec![("mail.from".into(), FROM.into())],
        ..Sources::default()
    };
    let (config, _) = load(&sources).unwrap();
    let text = format!(
        "Hello.\n.\n..two\n{}",
        "0123456789abcdef\n".repeat(octets / 17 + 1)
    );
    let rendered = Rendered {
        subject: "Reset your password".into(),
        html: format!("<p>{text}</p>\n"),
        text,
    };
    let to = EmailAddress::parse(to).unwrap();
    build(&rendered, &to, &config.mail, Clock::system().now()).unwrap()
}

/// One letter to that address, by a relay that has no connection yet.
pub async fn deliver(target: Target, to: &str) -> Attempt {
    let relay = SmtpRelay::new(Arc::new(target), Clock::system());
    let attempt = hand_over(&relay, to, &letter(to, 100)).await;
    relay.close().await;
    attempt
}

/// One letter over a relay.
pub async fn hand_over(relay: &SmtpRelay, to: &str, letter: &OutgoingMessage) -> Attempt {
    let envelope = RelayEnvelope {
        from: EmailAddress::parse(FROM).unwrap(),
        to: EmailAddress::parse(to).unwrap(),
        deliver_within: Some(Duration::from_secs(900)),
    };
    match relay.begin(&envelope).await {
        Ok(handover) => handover.finish(letter).await,
        Err(attempt) => *attempt,
    }
}

/// That the attempt failed as that row, at that step, with these words in its evidence, and that its transcript is whole.
#[track_caller]
pub fn met(attempt: &Attempt, id: &str, step: Step, words: &str) {
    let End::Failed {
        evidence,
        diagnosis,
    } = &attempt.end
    else {
        panic!("it was accepted:\n{}", shown(&attempt.transcript));
    };
    let text = shown(&attempt.transcript);
    assert_eq!(
        (diagnosis.id(), evidence.step),
        (id, step),
        "{evidence}\n{text}"
    );
    assert!(
        evidence.to_string().contains(words),
        "{words}: {evidence}\n{text}"
    );
    whole(&attempt.transcript, Some(step));
}

/// The same for several: which rows they are, all at once, then each in full.
#[track_caller]
pub fn all_met(attempts: &[(Attempt, &str, Step, &str)]) {
    let found: Vec<String> = attempts.iter().map(|(attempt, ..)| id(attempt)).collect();
    let wanted: Vec<String> = attempts
        .iter()
        .map(|(_, id, _, words)| format!("{id}: {words}"))
        .collect();
    let found: Vec<String> = std::iter::zip(found, attempts)
        .map(|(id, (.., words))| format!("{id}: {words}"))
        .collect();
    assert_eq!(found, wanted);
    for (attempt, id, step, words) in attempts {
        met(attempt, id, *step, words);
    }
}

fn id(attempt: &Attempt) -> String {
    match &attempt.end {
        End::Accepted(reply) => reply.to_string(),
        End::Failed { diagnosis, .. } => diagnosis.id().to_owned(),
    }
}

/// That steps follow each other, that each command has its answer, and that none failed but the one where it ended.
#[track_caller]
pub fn whole(transcript: &Transcript, failed: Option<Step>) {
    let text = shown(transcript);
    let mut last = 0;
    let mut failures = Vec::new();
    for record in &transcript.steps {
        assert!(record.at_ms >= last, "steps in order\n{text}");
        last = record.at_ms;
        assert_ne!(record.state, StepState::Running, "{text}");
        // A server that has refused us may hang up before our goodbye.
        if record.state == StepState::Failed && record.step != Step::Quit {
            failures.push(record.step);
        }
        let said = |side| record.lines.iter().any(|line| line.from == side);
        let name = record.step;
        if record.state == StepState::Failed {
            assert!(
                said(Side::Server) || said(Side::Note),
                "why {name} failed\n{text}"
            );
            continue;
        }
        let command = !matches!(
            name,
            Step::Dns | Step::Connect | Step::Tls | Step::Banner | Step::Message
        );
        assert!(!command || said(Side::Client), "our side of {name}\n{text}");
        let answered = command || matches!(name, Step::Banner | Step::Message);
        assert!(
            !answered || said(Side::Server),
            "their side of {name}\n{text}"
        );
    }
    assert_eq!(failures, Vec::from_iter(failed), "{text}");
}

/// A transcript for people who look at a failed test.
pub fn shown(transcript: &Transcript) -> String {
    let mut text = String::new();
    for record in &transcript.steps {
        text += &format!("{} {:?} {} ms\n", record.step, record.state, record.took_ms);
        for line in &record.lines {
            text += &format!("    {:?}: {}\n", line.from, line.text);
        }
    }
    text
}
