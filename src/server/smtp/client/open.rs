//! The beginning of a conversation: connection, banner, EHLO, TLS, AUTH.

use std::sync::Arc;

use tokio::time::Instant;

use super::recorder::Segment;
use super::stream::Stream;
use super::typed::Typing;
use super::wire::Wire;
use super::{Capabilities, Dialogue, Recorder, StopAfter, Target, connect, tls};
use crate::domain::smtp::evidence::{Evidence, Fault, What};
use crate::domain::smtp::step::Step;
use crate::domain::smtp::transcript::StepState;
use crate::server::config::TlsMode;

impl Dialogue {
    /// Connects and goes as far as a mail could be handed over (banner, EHLO, TLS, AUTH), or as `stop` says.
    /// [`StopAfter::Connect`] ends after the banner, or with implicit TLS before it, where that has not begun.
    ///
    /// # Errors
    /// What the first failing step ended with; the recorder has everything that happened until then.
    pub async fn open(
        target: Arc<Target>,
        recorder: Recorder,
        stop: StopAfter,
    ) -> Result<Self, Evidence> {
        let mut dialogue = Self::connect(target, recorder).await?;
        match dialogue.prepare(stop).await {
            Ok(()) => Ok(dialogue),
            Err(evidence) => {
                if matches!(evidence.what, What::Reply(_)) || dialogue.is_usable() {
                    dialogue.farewell().await;
                }
                Err(evidence)
            }
        }
    }

    /// Connects, shakes hands where TLS is implicit, and reads the banner: the beginning of a session that a person types.
    ///
    /// # Errors
    /// What the first failing step ended with.
    pub async fn open_bare(target: Arc<Target>, recorder: Recorder) -> Result<Self, Evidence> {
        let mut dialogue = Self::connect(target, recorder).await?;
        if dialogue.target.protection == TlsMode::Implicit {
            dialogue.protect().await?;
        }
        dialogue.banner().await?;
        Ok(dialogue)
    }

    /// DNS and TCP.
    async fn connect(target: Arc<Target>, recorder: Recorder) -> Result<Self, Evidence> {
        if let Some(credentials) = &target.credentials {
            recorder.hide(credentials);
        }
        let ends = Instant::now() + target.limits.whole;
        let stream = connect::connect(&target, &recorder, ends).await?;
        let loopback = stream
            .peer_addr()
            .is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
        Ok(Self {
            wire: Wire::new(Stream::Plain(stream)),
            target,
            recorder,
            ends,
            capabilities: Capabilities::default(),
            within_tls: false,
            loopback,
            // Nothing may be said before the banner.
            usable: false,
            typing: Typing::Commands,
            challenge: String::new(),
            deliver_within: None,
        })
    }

    async fn prepare(&mut self, stop: StopAfter) -> Result<(), Evidence> {
        let protection = self.target.protection;
        if protection == TlsMode::Implicit {
            if stop == StopAfter::Connect {
                return Ok(());
            }
            self.protect().await?;
        }
        self.banner().await?;
        if stop == StopAfter::Connect {
            return Ok(());
        }
        self.greet().await?;
        if protection == TlsMode::StartTls {
            self.start_tls().await?;
            self.greet().await?;
        }
        if stop == StopAfter::Tls {
            return Ok(());
        }
        if let Some(credentials) = self.target.clone().credentials.as_ref() {
            self.sign_in(credentials).await?;
        }
        Ok(())
    }

    async fn banner(&mut self) -> Result<(), Evidence> {
        self.recorder.begin(Step::Banner);
        let ends = self.by(self.target.limits.banner);
        let reply = self.reply(Step::Banner, ends).await?;
        self.usable = reply.code != 421;
        self.settle(Step::Banner, reply, |code| code == 220)?;
        Ok(())
    }

    /// EHLO, and HELO where that is refused and allowed.
    async fn greet(&mut self) -> Result<(), Evidence> {
        let patience = self.target.limits.command;
        self.recorder.begin(Step::Ehlo);
        let line = format!("EHLO {}", self.target.helo);
        let line = [Segment::Plain(&line)];
        let mut reply = self.exchange(Step::Ehlo, &line, patience).await?;
        let refused = matches!(reply.code, 500..=504 | 550);
        if refused && self.may_fall_back() {
            self.recorder.end(StepState::Failed);
            self.recorder.begin(Step::Ehlo);
            let line = format!("HELO {}", self.target.helo);
            let line = [Segment::Plain(&line)];
            reply = self.exchange(Step::Ehlo, &line, patience).await?;
            reply.lines.truncate(1);
        }
        let reply = self.settle(Step::Ehlo, reply, |code| code == 250)?;
        self.capabilities = Capabilities::read(&reply.lines);
        self.recorder.capabilities(&reply.lines, self.within_tls);
        Ok(())
    }

    /// HELO knows neither TLS nor AUTH.
    fn may_fall_back(&self) -> bool {
        self.target.helo_fallback
            && self.target.protection == TlsMode::None
            && self.target.credentials.is_none()
    }

    async fn start_tls(&mut self) -> Result<(), Evidence> {
        self.recorder.begin(Step::StartTls);
        if !self.capabilities.starttls {
            return Err(self.fail(Step::StartTls, Fault::NoStartTls));
        }
        let line = [Segment::Plain("STARTTLS")];
        let patience = self.target.limits.command;
        let reply = self.exchange(Step::StartTls, &line, patience).await?;
        self.settle(Step::StartTls, reply, |code| code == 220)?;
        self.protect().await
    }

    /// The handshake. What stands in the buffer before it was not protected and must not be taken for what is (RFC 3207 6).
    pub(super) async fn protect(&mut self) -> Result<(), Evidence> {
        self.recorder.begin(Step::Tls);
        if self.wire.has_leftovers() {
            self.wire.close().await;
            return Err(self.fail(Step::Tls, Fault::Injected));
        }
        let Some(stream) = self.wire.take_plain() else {
            return Err(self.fail(Step::Tls, Fault::Closed));
        };
        let ends = self.by(self.target.limits.command);
        let (host, trust) = (&self.target.host, &self.target.trust);
        match tls::handshake(stream, host, trust, &self.recorder, ends).await {
            Ok(stream) => {
                self.wire = Wire::new(Stream::Tls(Box::new(stream)));
                self.within_tls = true;
                // What was offered outside is forgotten (RFC 3207 4.2).
                self.capabilities = Capabilities::default();
                self.recorder.end(StepState::Passed);
                Ok(())
            }
            Err(fault) => Err(self.fail(Step::Tls, fault)),
        }
    }
}
