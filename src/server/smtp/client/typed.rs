//! A session that a person types: one line, one reply; STARTTLS, AUTH and DATA do what they say.

use super::recorder::Segment;
use super::{Capabilities, Dialogue};
use crate::domain::smtp::evidence::{Evidence, Fault};
use crate::domain::smtp::reply::Reply;
use crate::domain::smtp::step::Step;
use crate::domain::smtp::transcript::StepState;
use crate::server::secrets::Secret;

/// What the server waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// The next command.
    Commands,
    /// The answer to a challenge of AUTH (334): a secret, whatever it is.
    Challenge,
    /// The lines of a message (354).
    Message,
}

impl Dialogue {
    /// What the server waits for: another command, an answer to AUTH, or the message.
    pub fn typing(&self) -> Typing {
        self.typing
    }

    /// Sends one line that a person typed and reads the reply; recorded as [`Step::Other`] or the step that the verb names. `secret`
    /// lines, answers to AUTH and what stands behind `AUTH MECHANISM` are recorded as `[secret]`. After a 220 to STARTTLS the
    /// handshake is done. After a 354 to DATA, [`Self::message_text`] is next.
    ///
    /// # Errors
    /// When the connection is over, the line cannot be sent, or a credential would leave this machine unencrypted.
    pub async fn say(&mut self, line: &str, secret: bool) -> Result<Reply, Evidence> {
        let challenge = self.typing == Typing::Challenge;
        let step = if challenge { Step::Auth } else { step_of(line) };
        // Between RSET and QUIT, anything may be typed at any time.
        self.usable = !self.wire.is_over();
        self.recorder.begin(step);
        let (shown, hidden) = if secret || challenge {
            ("", line)
        } else if step == Step::Auth {
            after_mechanism(line)
        } else {
            (line, "")
        };
        if step == Step::Auth && !self.may_send_secrets() {
            return Err(self.fail(step, Fault::NoStartTls));
        }
        let hidden = Secret::new(hidden.to_owned());
        let mut segments = vec![Segment::Plain(shown)];
        if !hidden.expose().is_empty() {
            segments.push(Segment::Secret(&hidden));
        }
        self.typing = Typing::Commands;
        let patience = self.target.limits.command;
        let reply = self.exchange(step, &segments, patience).await?;
        let state = if reply.is_positive() {
            StepState::Passed
        } else {
            StepState::Failed
        };
        self.recorder.end(state);
        match (step, reply.code) {
            (Step::Auth, 334) => self.typing = Typing::Challenge,
            (Step::Data, 354) => self.typing = Typing::Message,
            (Step::Ehlo, 250) => {
                self.capabilities = Capabilities::read(&reply.lines);
                self.recorder.capabilities(&reply.lines, self.within_tls);
            }
            (Step::StartTls, 220) if !self.within_tls => self.protect().await?,
            (Step::Quit, 221) => self.wire.close().await,
            _ => {}
        }
        Ok(reply)
    }

    /// The lines that a person typed behind DATA, without the final dot: dots are stuffed, the text is not recorded.
    ///
    /// # Errors
    /// What the step ended with.
    pub async fn message_text(&mut self, text: &str) -> Result<Reply, Evidence> {
        self.typing = Typing::Commands;
        self.hand_over(text.as_bytes()).await
    }
}

/// The step that a command belongs to.
fn step_of(line: &str) -> Step {
    let verb = line.split_whitespace().next().unwrap_or_default();
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" | "HELO" | "LHLO" => Step::Ehlo,
        "STARTTLS" => Step::StartTls,
        "AUTH" => Step::Auth,
        "MAIL" => Step::Mail,
        "RCPT" => Step::Rcpt,
        "DATA" => Step::Data,
        "RSET" => Step::Rset,
        "QUIT" => Step::Quit,
        _ => Step::Other,
    }
}

/// `AUTH PLAIN ` and what is behind it.
fn after_mechanism(line: &str) -> (&str, &str) {
    let mut words = line.char_indices().skip_while(|(_, c)| c.is_whitespace());
    let mut gaps = 0;
    let mut in_gap = false;
    let split = words.find(|(_, c)| {
        if c.is_whitespace() {
            in_gap = true;
        } else if in_gap {
            in_gap = false;
            gaps += 1;
        }
        gaps == 2
    });
    split.map_or((line, ""), |(at, _)| line.split_at(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_the_mechanism_is_secret() {
        for (line, expected) in [
            ("AUTH", ("AUTH", "")),
            ("AUTH LOGIN", ("AUTH LOGIN", "")),
            ("AUTH PLAIN abc", ("AUTH PLAIN ", "abc")),
            ("  auth  PLAIN  abc def", ("  auth  PLAIN  ", "abc def")),
        ] {
            assert_eq!(after_mechanism(line), expected);
        }
    }
}
