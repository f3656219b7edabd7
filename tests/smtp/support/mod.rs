//! What the tests of the conversation share: servers, certificates, targets, a mail, and how a conversation is run.

pub mod certificates;
pub mod names;
pub mod server;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use postern::domain::identifier::EmailAddress;
use postern::domain::smtp::evidence::{Evidence, Fault, What};
use postern::domain::smtp::reply::Reply;
use postern::domain::smtp::step::Step;
use postern::domain::smtp::transcript::{StepState, Transcript};
use postern::domain::time::Timestamp;
use postern::server::config::{Config, Sources, TlsMode, load};
use postern::server::mail::message::{OutgoingMessage, build};
use postern::server::mail::render::Rendered;
use postern::server::secrets::Secret;
use postern::server::smtp::client::{
    AddressRule, Credentials, Dialogue, Limits, Mechanism, Recorder, StopAfter, Target, Trust,
};

pub const FROM: &str = "postern@example.org";
pub const TO: &str = "alice@example.net";
/// Long enough for a loaded machine, short enough for a test that waits for it.
pub const SHORT: Duration = Duration::from_millis(400);

pub fn config() -> Config {
    load(&Sources::default()).unwrap().0
}

/// A server of this machine, in the clear, with generous limits.
pub fn target(at: SocketAddr) -> Target {
    Target {
        host: at.ip().to_string(),
        port: at.port(),
        protection: TlsMode::None,
        credentials: None,
        helo: "recover.example.org".into(),
        helo_fallback: false,
        family: None,
        allow: AddressRule::Any,
        trust: Trust::default(),
        limits: Limits::within(Duration::from_secs(20)),
        resolver: None,
    }
}

/// The same, protected, trusting that authority.
pub fn protected(at: SocketAddr, protection: TlsMode, ca_pem: &str) -> Target {
    Target {
        // Certificates are for a name; it leads to the loopback without a resolver.
        host: "localhost".into(),
        family: Some(postern::server::smtp::client::Family::V4),
        protection,
        trust: Trust {
            ca_pem: Some(ca_pem.to_owned()),
            ..Trust::default()
        },
        ..target(at)
    }
}

pub fn credentials(mechanism: Option<Mechanism>) -> Credentials {
    Credentials {
        username: "relay".into(),
        password: Secret::new("open sesame".into()),
        mechanism,
    }
}

pub fn mail() -> OutgoingMessage {
    mail_saying("Dear reader,\n.a dot\n")
}

pub fn mail_saying(text: &str) -> OutgoingMessage {
    let rendered = Rendered {
        subject: "Hello".into(),
        text: text.into(),
        html: "<p>Dear reader</p>\n".into(),
    };
    let to = EmailAddress::parse(TO).unwrap();
    let at = Timestamp::from_millis(1_795_356_330_000);
    build(&rendered, &to, &config().mail, at).unwrap()
}

/// A conversation that is over.
pub struct Ended {
    pub outcome: Result<Option<Reply>, Evidence>,
    pub transcript: Transcript,
}

/// As far as `stop`, then QUIT.
pub async fn converse(target: Target, stop: StopAfter) -> Ended {
    converse_with(target, stop, &mail()).await
}

pub async fn converse_with(target: Target, stop: StopAfter, message: &OutgoingMessage) -> Ended {
    let recorder = Recorder::new(Transcript::new(
        Timestamp::from_millis(1_795_356_330_000),
        target.name(),
    ));
    recorder.mask(TO, "a…@example.net");
    let outcome = talk(Arc::new(target), &recorder, stop, message).await;
    let transcript = recorder.transcript();
    Ended {
        outcome,
        transcript,
    }
}

async fn talk(
    target: Arc<Target>,
    recorder: &Recorder,
    stop: StopAfter,
    message: &OutgoingMessage,
) -> Result<Option<Reply>, Evidence> {
    let mut dialogue = Dialogue::open(target, recorder.clone(), stop).await?;
    if stop >= StopAfter::Rcpt {
        dialogue.envelope(FROM, TO).await?;
    }
    let mut reply = None;
    if stop == StopAfter::Data {
        reply = Some(dialogue.message(message).await?);
    }
    dialogue.quit().await;
    Ok(reply)
}

impl Ended {
    /// The failure; every failure is in the transcript as well: its last step but QUIT failed.
    pub fn evidence(&self) -> &Evidence {
        let evidence = self.outcome.as_ref().expect_err("a failure");
        let failed = |state| state == StepState::Failed;
        assert!(
            self.transcript.steps.iter().any(|step| failed(step.state)),
            "{}",
            self.text()
        );
        let running = self
            .transcript
            .steps
            .iter()
            .any(|step| step.state == StepState::Running);
        assert!(!running, "{}", self.text());
        evidence
    }

    pub fn fault(&self) -> (Step, Fault) {
        let evidence = self.evidence();
        match &evidence.what {
            What::Fault(fault) => (evidence.step, fault.clone()),
            What::Reply(reply) => panic!("{}: {reply}\n{}", evidence.step, self.text()),
        }
    }

    pub fn refusal(&self) -> (Step, Reply) {
        let evidence = self.evidence();
        match &evidence.what {
            What::Reply(reply) => (evidence.step, reply.clone()),
            What::Fault(fault) => panic!("{}: {fault}\n{}", evidence.step, self.text()),
        }
    }

    /// The transcript as a person reads it.
    pub fn text(&self) -> String {
        text(&self.transcript)
    }
}

pub fn text(transcript: &Transcript) -> String {
    let mut out = String::new();
    for step in &transcript.steps {
        out.push_str(&format!("{} {:?}\n", step.step, step.state));
        for line in &step.lines {
            out.push_str(&format!("  {:?} {}\n", line.from, line.text));
        }
    }
    out
}

/// The names of the steps, in order.
pub fn steps(transcript: &Transcript) -> Vec<Step> {
    transcript.steps.iter().map(|step| step.step).collect()
}
