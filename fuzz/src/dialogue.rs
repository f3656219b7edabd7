//! Our side of a conversation with a server that says anything: it ends, what is kept is bounded, and no secret is in it.
//!
//! The bytes are what the server says. At each empty line it waits until we have said something.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use postern::domain::identifier::EmailAddress;
use postern::domain::mail::MailKind;
use postern::domain::smtp::diagnosis::diagnose;
use postern::server::clock::Clock;
use postern::server::config::TlsMode;
use postern::server::mail::message::{OutgoingMessage, build};
use postern::server::mail::preview::sample;
use postern::server::mail::relay::{Attempt, End, Relay as _, RelayEnvelope};
use postern::server::mail::render::{Look, render};
use postern::server::secrets::Secret;
use postern::server::smtp::client::{Credentials, Limits, Target};
use postern::server::smtp::relay::SmtpRelay;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const PASSWORD: &str = "hunter2-and-more-of-it";
/// `PASSWORD` as AUTH LOGIN has it.
const ENCODED: &str = "aHVudGVyMi1hbmQtbW9yZS1vZi1pdA";
/// How long the server waits for us before it goes on by itself.
const TURN: Duration = Duration::from_millis(20);
/// Turns that it takes, at most.
const TURNS: usize = 24;

pub fn run(data: &[u8]) {
    if let Some(attempt) = converse(data) {
        holds(attempt);
    }
}

/// One attempt at a mail; none where this machine has no socket left.
pub fn converse(data: &[u8]) -> Option<Attempt> {
    super::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.ok()?;
        let relay = SmtpRelay::new(target(listener.local_addr().ok()?), Clock::system());
        let (attempt, ()) = tokio::join!(deliver(&relay), serve(listener, data));
        relay.close().await;
        Some(attempt)
    })
}

fn holds(attempt: Attempt) {
    let transcript = attempt.transcript;
    let lines: Vec<_> = transcript
        .steps
        .iter()
        .flat_map(|step| &step.lines)
        .collect();
    assert!(
        lines.len() <= 700 && transcript.steps.len() <= 401,
        "{} lines",
        lines.len()
    );
    let octets: usize = lines.iter().map(|line| line.text.len()).sum();
    assert!(octets <= 192 * 1024, "{octets} octets are kept");
    let broken = |text: &str| text.chars().any(char::is_control);
    assert!(!lines.iter().any(|line| broken(&line.text)), "{lines:?}");
    let kept = format!("{transcript:?} {:?}", attempt.end);
    for secret in [PASSWORD, ENCODED] {
        assert!(!kept.contains(secret), "{secret} is kept");
    }
    if let End::Failed {
        evidence,
        diagnosis,
    } = attempt.end
    {
        assert_eq!(diagnose(&evidence), diagnosis);
    }
}

async fn deliver(relay: &SmtpRelay) -> Attempt {
    let (Ok(from), Ok(to)) = (
        EmailAddress::parse("from@sender.example"),
        EmailAddress::parse("ada@example.net"),
    ) else {
        panic!("these are addresses");
    };
    let envelope = RelayEnvelope {
        from,
        to,
        deliver_within: Some(Duration::from_secs(600)),
    };
    match relay.begin(&envelope).await {
        Ok(handover) => handover.finish(letter()).await,
        Err(attempt) => *attempt,
    }
}

async fn serve(listener: TcpListener, data: &[u8]) {
    let Ok((mut stream, _)) = listener.accept().await else {
        return;
    };
    // One conversation: whoever comes back finds nobody.
    drop(listener);
    let mut rest = data;
    for _ in 0..TURNS {
        let cut = rest
            .windows(2)
            .position(|two| two == b"\n\n")
            .map_or(rest.len(), |at| at + 1);
        let (said, behind) = rest.split_at(cut);
        if stream.write_all(said).await.is_err() || behind.is_empty() {
            break;
        }
        rest = &behind[1..];
        heard(&mut stream).await;
    }
    let _ = stream.shutdown().await;
    // What is not read would tear the connection before its end is seen.
    let mut void = [0; 4096];
    while let Ok(Ok(1..)) = timeout(TURN, stream.read(&mut void)).await {}
}

async fn heard(stream: &mut TcpStream) {
    let mut void = [0; 16 * 1024];
    let _ = timeout(TURN, stream.read(&mut void)).await;
}

fn target(address: SocketAddr) -> Arc<Target> {
    let mut target = Target::of(&super::config());
    (target.host, target.port) = (address.ip().to_string(), address.port());
    target.protection = TlsMode::None;
    target.limits = Limits::within(Duration::from_secs(2));
    target.credentials = Some(Credentials {
        username: "postern".to_owned(),
        password: Secret::new(PASSWORD.to_owned()),
        mechanism: None,
    });
    Arc::new(target)
}

fn letter() -> &'static OutgoingMessage {
    static LETTER: OnceLock<OutgoingMessage> = OnceLock::new();
    LETTER.get_or_init(|| {
        let (config, at) = (super::config(), Clock::system().now());
        let Ok(to) = EmailAddress::parse("ada@example.net") else {
            panic!("this is an address");
        };
        let rendered = render(
            &sample(MailKind::Reset, &config, at),
            &Look::from_config(&config),
        );
        let built = rendered.map(|rendered| build(&rendered, &to, &config.mail, at));
        match built {
            Ok(Ok(letter)) => letter,
            _ => panic!("the sample does not render"),
        }
    })
}
