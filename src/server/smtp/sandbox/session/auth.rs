//! AUTH PLAIN, LOGIN and XOAUTH2 (RFC 4954, 4616): checked where credentials are set; any will do where none are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Mechanism, Session, State, Step, step};
use crate::domain::smtp::faults::{Act, Stage};
use crate::server::secrets::{Secret, same};
use crate::server::smtp::sandbox::reply::Reply;

/// A sign-in under way.
#[derive(Debug)]
pub(super) struct Exchange {
    mechanism: Mechanism,
    /// In base64, as they came.
    answers: Vec<Secret>,
}

/// Who says so.
struct Claim {
    username: String,
    password: Secret,
}

impl Session {
    pub(super) fn auth(&mut self, mechanism: Mechanism, response: Option<Secret>) -> Step {
        if self.helo.is_none() || self.authenticated || !matches!(self.state, State::Idle) {
            return self.say(Reply::new(
                503,
                "5.5.1 AUTH comes once, after EHLO and before MAIL",
            ));
        }
        if self.extensions.lacks("AUTH") {
            return self.say(Reply::new(502, "5.5.1 AUTH is not offered"));
        }
        self.proceed(Exchange {
            mechanism,
            answers: response.into_iter().collect(),
        })
    }

    pub(super) fn auth_answer(&mut self, mut exchange: Exchange, line: &[u8]) -> Step {
        if line == b"*" {
            return self.say(Reply::new(501, "5.7.0 AUTH given up"));
        }
        let answer = String::from_utf8_lossy(line).into_owned();
        exchange.answers.push(Secret::new(answer));
        self.proceed(exchange)
    }

    fn proceed(&mut self, exchange: Exchange) -> Step {
        // LOGIN asks for "Username:" and "Password:" in base64; the others have an empty challenge (RFC 4954 4).
        let challenge = match (exchange.mechanism, exchange.answers.len()) {
            (Mechanism::Login, 0) => "VXNlcm5hbWU6",
            (Mechanism::Login, 1) => "UGFzc3dvcmQ6",
            (Mechanism::Plain | Mechanism::XOAuth2, 0) => "",
            _ => return self.judge(&exchange),
        };
        self.state = State::Auth(exchange);
        self.say(Reply::new(334, challenge))
    }

    /// Everything was said: the script first, then the credentials.
    fn judge(&mut self, exchange: &Exchange) -> Step {
        let claim = exchange.read();
        let username = claim.as_ref().map_or("", |claim| claim.username.as_str());
        let deed = self.decide(Stage::Auth, username);
        let refused = matches!(deed.act, Some(Act::Reply { code: 535, .. }));
        let step = self.obey(deed, |session, _| session.verdict(claim.as_ref()));
        if exchange.mechanism == Mechanism::XOAuth2 && (refused || step.reply.code == 535) {
            return self.explained(step);
        }
        step
    }

    fn verdict(&mut self, claim: Option<&Claim>) -> Step {
        let right = match (&self.policy.credentials, claim) {
            (None, _) => None,
            (Some(_), None) => {
                return self.say(Reply::new(501, "5.5.2 This is not what the mechanism says"));
            }
            (Some((username, password)), Some(claim)) => {
                // Both are compared, so that the time does not tell which one is wrong.
                let (name, word) = (
                    same(username, &claim.username),
                    same(password.expose(), claim.password.expose()),
                );
                Some(name & word)
            }
        };
        if right == Some(false) {
            return self.say(Reply::new(
                535,
                "5.7.8 These are not the credentials of [sandbox] username and password",
            ));
        }
        self.authenticated = true;
        self.say(Reply::new(
            235,
            match right {
                Some(_) => "2.7.0 Accepted",
                None => "2.7.0 Accepted; the sandbox checks nothing",
            },
        ))
    }

    /// XOAUTH2 says why in a challenge of its own and refuses once the client has answered that.
    fn explained(&mut self, refusal: Step) -> Step {
        let why = r#"{"status":"401","schemes":"bearer","scope":"https://sandbox.invalid/"}"#;
        let first = Step {
            wait: refusal.wait,
            fired: refusal.fired.clone(),
            ..step(Reply::new(334, STANDARD.encode(why)))
        };
        self.state = State::Refused(Box::new(Step {
            wait: std::time::Duration::ZERO,
            fired: Vec::new(),
            ..refusal
        }));
        first
    }
}

impl Exchange {
    /// Who signs in; none where the answers are not what the mechanism says.
    fn read(&self) -> Option<Claim> {
        let mut answers = self.answers.iter().map(decoded);
        let (username, password) = match self.mechanism {
            // authzid NUL authcid NUL passwd (RFC 4616 2).
            Mechanism::Plain => {
                let text = answers.next()??;
                let mut parts = text.expose().splitn(3, '\0').skip(1);
                (parts.next()?.to_owned(), parts.next()?.to_owned())
            }
            Mechanism::Login => {
                let (name, word) = (answers.next()??, answers.next()??);
                (name.expose().to_owned(), word.expose().to_owned())
            }
            Mechanism::XOAuth2 => {
                let text = answers.next()??;
                let mut parts = text.expose().split('\u{1}');
                let user = parts.next()?.strip_prefix("user=")?.to_owned();
                let token = parts.next()?.strip_prefix("auth=Bearer ")?.to_owned();
                (user, token)
            }
        };
        let password = Secret::new(password);
        Some(Claim { username, password })
    }
}

/// An answer as text; `=` stands for an empty one (RFC 4954 4).
fn decoded(answer: &Secret) -> Option<Secret> {
    let text = answer.expose();
    let text = if text == "=" { "" } else { text };
    let bytes = STANDARD.decode(text).ok()?;
    Some(Secret::new(String::from_utf8(bytes).ok()?))
}
