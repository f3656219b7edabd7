//! One mail: MAIL, RCPT, DATA and the message; RSET between two.

use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::recorder::Segment;
use super::{Dialogue, Recorder};
use crate::domain::smtp::evidence::{Evidence, Fault};
use crate::domain::smtp::reply::Reply;
use crate::domain::smtp::step::Step;
use crate::domain::smtp::transcript::MessageRecord;
use crate::server::mail::message::OutgoingMessage;
use crate::server::smtp::client::wire::Ahead;

/// Octets of a path with its brackets, at most (RFC 5321 4.5.3.1.3).
const MAX_PATH: usize = 256;
/// How long a reply is waited for where the sending has failed: what the server said before it closed.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Headers that are recorded; another might hold an address or a secret.
const KEPT: [&str; 12] = [
    "auto-submitted",
    "content-transfer-encoding",
    "content-type",
    "date",
    "dkim-signature",
    "from",
    "message-id",
    "mime-version",
    "reply-to",
    "sender",
    "subject",
    "x-auto-response-suppress",
];
/// Header lines that are recorded, and characters of each.
const MAX_HEADERS: usize = 40;
const MAX_HEADER: usize = 500;

impl Dialogue {
    /// MAIL and RCPT.
    ///
    /// # Errors
    /// What the failing step ended with.
    pub async fn envelope(&mut self, from: &str, to: &str) -> Result<(), Evidence> {
        let patience = self.target.limits.command;
        self.recorder.begin(Step::Mail);
        let mut mail = match path("MAIL FROM:", from) {
            Ok(line) => line,
            Err(fault) => return Err(self.fail(Step::Mail, fault)),
        };
        if !(from.is_ascii() && to.is_ascii()) {
            if !self.capabilities.smtputf8 {
                return Err(self.fail(Step::Mail, Fault::NoUtf8));
            }
            mail.push_str(" SMTPUTF8");
        }
        // R: a mail that would come too late is returned (RFC 2852 4).
        let within = self.deliver_within;
        if let Some(seconds) = within.and_then(|within| self.capabilities.by_seconds(within)) {
            mail.push_str(&format!(" BY={seconds};R"));
        }
        let line = [Segment::Plain(&mail)];
        let reply = self.exchange(Step::Mail, &line, patience).await?;
        self.settle(Step::Mail, reply, |code| code == 250)?;

        self.recorder.begin(Step::Rcpt);
        let rcpt = match path("RCPT TO:", to) {
            Ok(line) => line,
            Err(fault) => return Err(self.fail(Step::Rcpt, fault)),
        };
        let line = [Segment::Plain(&rcpt)];
        let reply = self.exchange(Step::Rcpt, &line, patience).await?;
        // 251: forwarded; 252: taken without a promise (RFC 5321 3.4, 3.5.3).
        self.settle(Step::Rcpt, reply, |code| (250..=252).contains(&code))?;
        Ok(())
    }

    /// DATA, the message with its dots stuffed, and the reply to the final dot.
    ///
    /// # Errors
    /// What the failing step ended with; [`Step::Message`] without a reply is ambiguous.
    pub async fn message(&mut self, message: &OutgoingMessage) -> Result<Reply, Evidence> {
        let bytes = message.bytes();
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.recorder
            .message(record(message.message_id(), bytes, &self.recorder));
        self.recorder.begin(Step::Data);
        if let Some(limit) = self.capabilities.size.filter(|limit| size > *limit) {
            return Err(self.fail(Step::Data, Fault::TooLarge { size, limit }));
        }
        let line = [Segment::Plain("DATA")];
        let patience = self.target.limits.command;
        let reply = self.exchange(Step::Data, &line, patience).await?;
        self.settle(Step::Data, reply, |code| code == 354)?;
        self.hand_over(bytes).await
    }

    /// The message after a 354, and the reply to it.
    pub(super) async fn hand_over(&mut self, bytes: &[u8]) -> Result<Reply, Evidence> {
        self.recorder.begin(Step::Message);
        // Half a message is no place for another command.
        self.usable = false;
        self.recorder.note(&format!("{} octets", bytes.len()));
        // What ends here has not seen the final dot: it is no ambiguous loss.
        match self.wire.ahead().await {
            Ahead::Nothing => {}
            Ahead::End(fault) => return Err(self.fail(Step::Data, fault)),
            Ahead::Bytes => return Err(self.unasked(Step::Data, LAST_WORDS).await),
        }
        let patience = self.target.limits.data_end;
        let ends = self.by(patience);
        let stuffed = stuffed(bytes);
        if let Err(fault) = self.wire.write(&stuffed, ends).await {
            return Err(self.broken_off(Step::Data, fault).await);
        }
        if let Err(fault) = self.wire.flush(ends).await {
            return Err(self.fail(Step::Message, fault));
        }
        let ends = self.by(patience);
        let reply = self.reply(Step::Message, ends).await?;
        self.usable = reply.code != 421;
        // 25x is a yes (RFC 5321 4.2.2: the mail system). What is neither that nor a no may have been one: it is ambiguous.
        self.settle(Step::Message, reply, |code| (250..260).contains(&code))
    }

    /// The sending failed before all was sent: what the server said before it closed, if anything, says why.
    pub(super) async fn broken_off(&mut self, step: Step, fault: Fault) -> Evidence {
        self.usable = false;
        let ends = self.by(LAST_WORDS);
        match self.wire.reply(ends).await {
            Ok(raw) => {
                let reply = self.noted(raw);
                self.refuse(step, reply)
            }
            Err(_) => self.fail(step, fault),
        }
    }

    /// A new conversation over the old connection: another transcript, the whole's deadline from now, and RSET.
    ///
    /// # Errors
    /// When the connection is stale, or the server refuses.
    pub async fn renew(&mut self, recorder: Recorder, patience: Duration) -> Result<(), Evidence> {
        if let Some(credentials) = &self.target.credentials {
            recorder.hide(credentials);
        }
        self.recorder = recorder;
        self.ends = Instant::now() + self.target.limits.whole;
        self.recorder.begin(Step::Rset);
        let line = [Segment::Plain("RSET")];
        let reply = self.exchange(Step::Rset, &line, patience).await?;
        self.settle(Step::Rset, reply, |code| code == 250)?;
        Ok(())
    }
}

/// `MAIL FROM:<…>`; nothing that could end the path or the line.
fn path(verb: &str, address: &str) -> Result<String, Fault> {
    let unfit = |c: char| c.is_control() || matches!(c, '<' | '>' | ' ');
    if address.contains(unfit) || address.len() + 2 > MAX_PATH {
        let why = format!("the address behind {verb} cannot be put on the wire");
        return Err(Fault::Unbuildable(why));
    }
    Ok(format!("{verb}<{address}>"))
}

/// A line's own leading dot is doubled (RFC 5321 4.5.2); every line end is CRLF, so that no lone CR or LF can hide an end of the
/// message from one server and show it to the next; a line end and the final dot close it.
fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32 + 8);
    let mut line_start = true;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'\r' | b'\n' => {
                if byte == b'\r' && bytes.get(at) == Some(&b'\n') {
                    at += 1;
                }
                out.extend_from_slice(b"\r\n");
                line_start = true;
                continue;
            }
            b'.' if line_start => out.extend_from_slice(b".."),
            other => out.push(other),
        }
        line_start = false;
    }
    if !line_start {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

/// What is kept of a message.
fn record(message_id: &str, bytes: &[u8], recorder: &Recorder) -> MessageRecord {
    let sha256 = Sha256::digest(bytes);
    MessageRecord {
        message_id: message_id.to_owned(),
        headers: headers(bytes, recorder),
        size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn headers(bytes: &[u8], recorder: &Recorder) -> Vec<String> {
    let mut kept = Vec::new();
    let mut keep = false;
    for line in bytes.split(|b| *b == b'\n') {
        let line = super::printable(line.strip_suffix(b"\r").unwrap_or(line), MAX_HEADER);
        if line.is_empty() || kept.len() >= MAX_HEADERS {
            break;
        }
        // A folded line goes with the one before (RFC 5322 2.2.3).
        if !line.starts_with(' ') {
            let name = line.split(':').next().unwrap_or_default();
            keep = KEPT.contains(&name.to_ascii_lowercase().as_str());
        }
        if keep {
            kept.push(recorder.redacted(&line));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_stuffed_and_no_line_end_is_left_alone() {
        for (bytes, wire) in [
            (&b""[..], &b".\r\n"[..]),
            (b"a\r\n", b"a\r\n.\r\n"),
            (b"a", b"a\r\n.\r\n"),
            (b".\r\n..x\r\n", b"..\r\n...x\r\n.\r\n"),
            (b"a\n.\nb", b"a\r\n..\r\nb\r\n.\r\n"),
            (b"a\r.\rb", b"a\r\n..\r\nb\r\n.\r\n"),
            (b"a\r\r\n.b", b"a\r\n\r\n..b\r\n.\r\n"),
        ] {
            assert_eq!(stuffed(bytes), wire, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn an_address_cannot_leave_its_brackets() {
        assert_eq!(path("RCPT TO:", "a@b").unwrap(), "RCPT TO:<a@b>");
        assert_eq!(path("MAIL FROM:", "").unwrap(), "MAIL FROM:<>");
        for bad in ["a@b> NOTIFY=NEVER", "a@b\r\nDATA", "a b@c", "a\0@b", "<a@b"] {
            assert!(path("RCPT TO:", bad).is_err(), "{bad:?}");
        }
        assert!(path("RCPT TO:", &"a".repeat(255)).is_err());
    }
}
