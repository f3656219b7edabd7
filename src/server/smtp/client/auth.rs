//! AUTH: PLAIN, LOGIN and XOAUTH2, never in the clear to another machine (RFC 4954).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::recorder::Segment;
use super::target::{Credentials, Mechanism};
use super::{Dialogue, printable};
use crate::domain::smtp::evidence::{Evidence, Fault};
use crate::domain::smtp::reply::Reply;
use crate::domain::smtp::step::Step;
use crate::server::secrets::Secret;

/// Characters that are kept of the reason that an XOAUTH2 server gives.
const MAX_REASON: usize = 300;

/// The initial response of XOAUTH2.
pub fn xoauth2(username: &str, token: &str) -> String {
    format!("user={username}\u{1}auth=Bearer {token}\u{1}\u{1}")
}

impl Mechanism {
    /// The best first, where none is asked for. A token is told from a password by nothing, so that XOAUTH2 comes last.
    const PREFERRED: [Self; 3] = [Self::Plain, Self::Login, Self::XOAuth2];

    /// The name on the wire and in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::XOAuth2 => "XOAUTH2",
        }
    }
}

impl Dialogue {
    /// Signs in.
    ///
    /// # Errors
    /// What the server said, or why nothing was sent.
    pub async fn sign_in(&mut self, credentials: &Credentials) -> Result<Reply, Evidence> {
        self.recorder.hide(credentials);
        self.recorder.begin(Step::Auth);
        if !self.may_send_secrets() {
            return Err(self.fail(Step::Auth, Fault::NoStartTls));
        }
        let mechanism = match self.choose(credentials) {
            Ok(mechanism) => mechanism,
            Err(fault) => return Err(self.fail(Step::Auth, fault)),
        };
        let (name, password) = (&credentials.username, credentials.password.expose());
        let reply = match mechanism {
            Mechanism::Plain => {
                let response = format!("\0{name}\0{password}");
                self.initial(mechanism, &response).await?
            }
            Mechanism::XOAuth2 => {
                let reply = self.initial(mechanism, &xoauth2(name, password)).await?;
                if reply.code == 334 {
                    return self.refused_token().await;
                }
                reply
            }
            Mechanism::Login => {
                let mut reply = self.ask(&[Segment::Plain("AUTH LOGIN")]).await?;
                for answer in [name.as_str(), password] {
                    if reply.code != 334 {
                        break;
                    }
                    let answer = Secret::new(STANDARD.encode(answer));
                    reply = self.ask(&[Segment::Secret(&answer)]).await?;
                }
                reply
            }
        };
        self.settle(Step::Auth, reply, |code| code == 235)
    }

    fn choose(&self, credentials: &Credentials) -> Result<Mechanism, Fault> {
        let offered = self.capabilities.auth.as_ref().ok_or(Fault::NoAuth)?;
        let wanted = |mechanism: &Mechanism| {
            credentials.mechanism.is_none_or(|only| only == *mechanism)
                && self.capabilities.offers(*mechanism)
        };
        let chosen = Mechanism::PREFERRED.into_iter().find(wanted);
        chosen.ok_or_else(|| Fault::NoMechanism(offered.iter().take(20).cloned().collect()))
    }

    /// `AUTH MECHANISM response`, in one line.
    async fn initial(&mut self, mechanism: Mechanism, response: &str) -> Result<Reply, Evidence> {
        let command = format!("AUTH {} ", mechanism.name());
        let response = Secret::new(STANDARD.encode(response));
        self.ask(&[Segment::Plain(&command), Segment::Secret(&response)])
            .await
    }

    /// XOAUTH2 explains itself in a challenge; an empty answer gets the refusal.
    async fn refused_token(&mut self) -> Result<Reply, Evidence> {
        let decoded = STANDARD.decode(self.challenge.trim()).unwrap_or_default();
        let reason = self.recorder.redacted(&printable(&decoded, MAX_REASON));
        if !reason.is_empty() {
            self.recorder
                .note(&format!("the server's reason: {reason}"));
        }
        let mut reply = self.ask(&[]).await?;
        // The refusal itself is a bare 535; what it means is in the challenge.
        if !reply.is_positive() && !reason.is_empty() {
            reply.lines.push(format!("(XOAUTH2: {reason})"));
        }
        self.settle(Step::Auth, reply, |code| code == 235)
    }

    async fn ask(&mut self, line: &[Segment<'_>]) -> Result<Reply, Evidence> {
        self.exchange(Step::Auth, line, self.target.limits.command)
            .await
    }

    /// Within TLS, or to this machine.
    pub(super) fn may_send_secrets(&self) -> bool {
        self.within_tls || self.loopback
    }
}
