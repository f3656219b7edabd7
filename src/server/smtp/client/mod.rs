//! Our side of an SMTP conversation: every step recorded as it happens, timed, bounded, and without what must not be kept.

mod address;
mod auth;
mod capabilities;
mod certificate;
mod connect;
mod fault;
mod open;
mod printable;
mod recorder;
mod redact;
mod stream;
mod target;
mod tls;
mod tls_fault;
mod transaction;
mod typed;
mod verifier;
mod wire;

pub use capabilities::Capabilities;
pub use printable::printable;
pub use recorder::{Recorder, Segment};
pub use target::{
    AddressRule, Credentials, Family, Limits, Mechanism, StopAfter, Target, TargetError, Trust,
};
pub use tls::{TrustError, check as check_trust};
pub use typed::Typing;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::wire::{Ahead, RawReply, Wire};
use crate::domain::smtp::evidence::{Evidence, Fault};
use crate::domain::smtp::reply::Reply;
use crate::domain::smtp::step::Step;
use crate::domain::smtp::transcript::StepState;

/// How long an answer to QUIT is waited for: it changes nothing any more.
const FAREWELL: Duration = Duration::from_secs(2);

/// An open conversation.
pub struct Dialogue {
    target: Arc<Target>,
    recorder: Recorder,
    wire: Wire,
    /// When the whole must be over.
    ends: Instant,
    /// What the last EHLO offered.
    capabilities: Capabilities,
    within_tls: bool,
    /// Whether the peer is this machine.
    loopback: bool,
    /// Whether the last step ended so that another command may follow.
    usable: bool,
    typing: Typing,
    /// The last challenge of AUTH as it came: its meaning is lost where it is redacted.
    challenge: String,
    deliver_within: Option<Duration>,
}

impl Dialogue {
    /// What the last EHLO offered.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Whether TLS protects it.
    pub fn is_within_tls(&self) -> bool {
        self.within_tls
    }

    /// Whether another command may follow: the connection is open and nobody is in the middle of something.
    pub fn is_usable(&self) -> bool {
        self.usable && !self.wire.is_over()
    }

    /// The writer of this conversation's transcript.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// From now on, `BY=` is sent where DELIVERBY is offered (RFC 2852).
    pub fn deliver_within(&mut self, within: Option<Duration>) {
        self.deliver_within = within;
    }

    /// QUIT, waited for briefly: it changes nothing any more.
    pub async fn quit(mut self) {
        self.farewell().await;
    }

    async fn farewell(&mut self) {
        if self.is_usable() {
            self.recorder.begin(Step::Quit);
            self.ends = Instant::now() + FAREWELL;
            let line = [Segment::Plain("QUIT")];
            if let Ok(reply) = self.exchange(Step::Quit, &line, FAREWELL).await {
                let _ = self.settle(Step::Quit, reply, |code| code == 221);
            }
        }
        self.wire.close().await;
    }

    /// Sends one line and reads the reply to it, within a step that has begun and goes on.
    async fn exchange(
        &mut self,
        step: Step,
        line: &[Segment<'_>],
        patience: Duration,
    ) -> Result<Reply, Evidence> {
        // A reply that comes before its command would be taken for the reply to the command.
        match self.wire.ahead().await {
            Ahead::Nothing => {}
            Ahead::End(fault) => return Err(self.fail(step, fault)),
            Ahead::Bytes => return Err(self.unasked(step, patience).await),
        }
        let mut bytes = zeroize::Zeroizing::new(Vec::new());
        for segment in line {
            match segment {
                Segment::Plain(text) => bytes.extend_from_slice(text.as_bytes()),
                Segment::Secret(secret) => bytes.extend_from_slice(secret.expose().as_bytes()),
            }
        }
        if bytes.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
            let why = "a command would have held a line end".to_owned();
            return Err(self.fail(step, Fault::Unbuildable(why)));
        }
        bytes.extend_from_slice(b"\r\n");
        self.recorder.client(line);
        let ends = self.by(patience);
        if let Err(fault) = self.wire.send(&bytes, ends).await {
            return Err(self.broken_off(step, fault).await);
        }
        self.reply(step, ends).await
    }

    /// Reads a reply within a step that has begun and goes on.
    async fn reply(&mut self, step: Step, ends: Instant) -> Result<Reply, Evidence> {
        match self.wire.reply(ends).await {
            Ok(raw) => Ok(self.noted(raw)),
            Err(fault) => Err(self.fail(step, fault)),
        }
    }

    /// Something was said before we spoke: a farewell (RFC 5321 3.8), or replies in no order.
    async fn unasked(&mut self, step: Step, patience: Duration) -> Evidence {
        let ends = self.by(patience);
        match self.wire.reply(ends).await {
            Ok(raw) => {
                let reply = self.noted(raw);
                if reply.code == 421 {
                    return self.refuse(step, reply);
                }
                let said = format!("before a command was sent: {reply}");
                self.fail(step, Fault::Garbled(said))
            }
            Err(fault) => self.fail(step, fault),
        }
    }

    /// Records a reply, redacted, as it is kept.
    fn noted(&mut self, raw: RawReply) -> Reply {
        let redacted = |text: &String| self.recorder.redacted(text);
        let lines: Vec<String> = raw.lines.iter().map(redacted).collect();
        let last = lines.len().saturating_sub(1);
        for (at, line) in lines.iter().enumerate() {
            let dash = if at == last { ' ' } else { '-' };
            self.recorder.server(format!("{}{dash}{line}", raw.code));
        }
        if raw.code == 421 {
            self.usable = false;
        }
        if raw.code == 334 {
            self.challenge = raw.lines.join(" ");
        }
        Reply::new(raw.code, lines)
    }

    /// Ends a step by its reply.
    fn settle(
        &mut self,
        step: Step,
        reply: Reply,
        wanted: impl Fn(u16) -> bool,
    ) -> Result<Reply, Evidence> {
        if wanted(reply.code) {
            self.recorder.end(StepState::Passed);
            return Ok(reply);
        }
        Err(self.refuse(step, reply))
    }

    fn refuse(&mut self, step: Step, reply: Reply) -> Evidence {
        // After an answer of the wrong kind nobody knows what the server waits for.
        if reply.is_positive() {
            self.usable = false;
        }
        self.recorder.end(StepState::Failed);
        Evidence::reply(step, reply)
    }

    /// Ends a step, and the conversation where it cannot go on.
    fn fail(&mut self, step: Step, fault: Fault) -> Evidence {
        let goes_on = matches!(
            fault,
            Fault::NoStartTls
                | Fault::NoAuth
                | Fault::NoMechanism(_)
                | Fault::TooLarge { .. }
                | Fault::NoUtf8
                | Fault::Unbuildable(_)
        );
        self.usable &= goes_on;
        let fault = self.redacted(fault);
        self.recorder.note(&fault.to_string());
        self.recorder.end(StepState::Failed);
        Evidence::fault(step, fault)
    }

    /// What a stranger said stands in some faults too.
    fn redacted(&self, fault: Fault) -> Fault {
        match fault {
            Fault::Foreign(said) => Fault::Foreign(self.recorder.redacted(&said)),
            Fault::Garbled(said) => Fault::Garbled(self.recorder.redacted(&said)),
            other => other,
        }
    }

    /// The deadline of a step: its own, or the whole's where that is nearer.
    fn by(&self, patience: Duration) -> Instant {
        self.ends.min(Instant::now() + patience)
    }
}
