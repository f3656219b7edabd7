//! Builds the message that goes out: two bodies, few headers, and nothing of the account but the address in To.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use lettre::address::{Address, Envelope};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MessageBuilder, MultiPart};
use thiserror::Error;

use super::render::{Rendered, turns};
use super::{dkim, encoded_word};
use crate::domain::identifier::EmailAddress;
use crate::domain::time::Timestamp;
use crate::server::config::Mail;
use crate::server::idn;
use crate::server::secrets::random_id;

/// The last second that a Date header can show: 9999-12-31T23:59:59Z.
const LAST_SECOND: i64 = 253_402_300_799;

/// A message as it goes over the wire, and its envelope. Its body holds a secret and does not print.
#[derive(Clone)]
pub struct OutgoingMessage {
    envelope: Envelope,
    message_id: String,
    bytes: Vec<u8>,
}

/// Why a message could not be built. All but the last are wrong settings.
#[derive(Debug, Error)]
pub enum MessageError {
    /// `[mail] from` or `reply_to`.
    #[error(
        "mail.{0} is no mail address with a local part in ASCII, with or without a name before it"
    )]
    Mailbox(&'static str),
    /// An address that lettre does not take although we did.
    #[error("the recipient's address cannot be written to")]
    Recipient,
    /// lettre refused.
    #[error("the message cannot be built: {0}")]
    Build(#[from] lettre::error::Error),
    /// The message could not be signed.
    #[error("the message cannot be signed: {0}")]
    Sign(#[from] mail_auth::Error),
    /// The operating system had no randomness for the Message-ID.
    #[error("no randomness: {0}")]
    Random(#[from] getrandom::Error),
}

impl OutgoingMessage {
    /// What somebody else has built: header and body, lines ended by CRLF.
    pub fn new(envelope: Envelope, message_id: String, bytes: Vec<u8>) -> Self {
        Self {
            envelope,
            message_id,
            bytes,
        }
    }

    /// Who sends and who receives, as MAIL and RCPT name them (RFC 5321 3.3).
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The Message-ID with its angle brackets: what an attempt is found by in the logs of a mail server.
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// Header and body in ASCII, lines ended by CRLF, dots not yet stuffed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for OutgoingMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingMessage")
            .field("message_id", &self.message_id)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Builds the message to `to`, dated `at`, and signs it with the settings' keys. Each call draws a new Message-ID, at a domain of
/// the settings: neither this machine's name nor anything of the account is in it (third seed, rule 5).
///
/// # Errors
/// When From or Reply-To of the settings are no addresses, or there is no randomness.
pub fn build(
    rendered: &Rendered,
    to: &EmailAddress,
    settings: &Mail,
    at: Timestamp,
) -> Result<OutgoingMessage, MessageError> {
    let from = mailbox(&settings.from, "from")?;
    let to: Address = to.as_str().parse().map_err(|_| MessageError::Recipient)?;
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.clone()])?;
    let subject = encoded_word::one_line(&rendered.subject);
    let from_domain = from.email.domain().to_ascii_lowercase();
    let id_domain = settings.message_id_domain.as_ref().unwrap_or(&from_domain);
    let message_id = format!("<{}@{id_domain}>", random_id()?);
    let seconds = at.millis().div_euclid(1000).clamp(0, LAST_SECOND);
    let date = UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs());

    let mut builder = Message::builder()
        .envelope(envelope.clone())
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(subject.as_str())
        .date(date)
        .message_id(Some(message_id.clone()))
        // No holiday notice and no "out of office" in answer: RFC 3834 5, and what Exchange looks for instead.
        .raw_header(header(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated",
        ))
        .raw_header(header(
            HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"),
            "All",
        ));
    builder = named(builder, "From", &from);
    if encoded_word::needed(&subject) {
        builder = builder.raw_header(encoded("Subject", &subject, encoded_word::encode(&subject)));
    }
    if let Some(reply_to) = &settings.reply_to {
        let reply_to = mailbox(reply_to, "reply_to")?;
        builder = named(builder.reply_to(reply_to.clone()), "Reply-To", &reply_to);
    }
    let bodies = MultiPart::alternative_plain_html(lines(&rendered.text), lines(&rendered.html));
    let bytes = builder.multipart(bodies)?.formatted();
    let domain = settings.dkim.domain.as_ref().unwrap_or(&from_domain);
    let bytes = dkim::sign(&bytes, domain, &settings.dkim.keys, at)?;
    Ok(OutgoingMessage {
        envelope,
        message_id,
        bytes,
    })
}

/// The address that mail comes from, for the envelope (RFC 5321 3.3).
///
/// # Errors
/// When From of the settings is none.
pub fn sender(settings: &Mail) -> Result<EmailAddress, MessageError> {
    let from = mailbox(&settings.from, "from")?;
    EmailAddress::parse(from.email.as_ref()).map_err(|_| MessageError::Mailbox("from"))
}

fn header(name: HeaderName, value: &str) -> HeaderValue {
    HeaderValue::new(name, value.to_owned())
}

/// Where a name needs encoded words, the header with them in the place of lettre's.
fn named(builder: MessageBuilder, header: &'static str, mailbox: &Mailbox) -> MessageBuilder {
    match &mailbox.name {
        Some(name) if encoded_word::needed(name) => {
            let words = format!("{}\r\n <{}>", encoded_word::encode(name), mailbox.email);
            builder.raw_header(encoded(header, &mailbox.to_string(), words))
        }
        _ => builder,
    }
}

fn encoded(name: &'static str, plain: &str, words: String) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(name, plain.to_owned(), words)
}

/// A body with one kind of line end and no control characters but the tab: a bare CR or a NUL may not go over the wire (RFC 5322 2.3).
fn lines(body: &str) -> String {
    let unix = body.replace("\r\n", "\n").replace('\r', "\n");
    let fits = |c: &char| matches!(c, '\n' | '\t') || !c.is_control();
    unix.chars().filter(fits).collect()
}

/// lettre ignores what follows an address, and encodes a line end in a name; we refuse both, and what
/// turns the direction of writing, by which a name can show another address. A domain beyond ASCII is written in
/// A-labels; an address whose other part is, would need SMTPUTF8 (RFC 6531) and is refused.
fn mailbox(text: &str, key: &'static str) -> Result<Mailbox, MessageError> {
    let refused = || MessageError::Mailbox(key);
    if text.chars().any(|c| c.is_control() || turns(c)) {
        return Err(refused());
    }
    let mut mailbox: Mailbox = text.parse().map_err(|_| refused())?;
    let domain = idn::to_ascii(mailbox.email.domain()).ok_or_else(refused)?;
    mailbox.email = Address::new(mailbox.email.user(), &domain).map_err(|_| refused())?;
    if !mailbox.email.user().is_ascii() {
        return Err(refused());
    }
    Ok(mailbox)
}
