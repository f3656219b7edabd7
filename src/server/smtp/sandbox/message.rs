//! A message as it came and as it reads once decoded (RFC 5322, MIME).

use mail_parser::{Address, MessageParser};

use super::mime::{Leaf, leaves};
use crate::domain::time::Timestamp;

/// Headers and addresses listed of one message, at most; the source has them all.
const MAX_LISTED: usize = 1_000;

/// What MAIL and RCPT said: who the mail is really from and for, whatever its headers claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The client's name in HELO or EHLO.
    pub helo: String,
    /// The sender; empty for `<>`.
    pub from: String,
    /// The recipients, in order.
    pub to: Vec<String>,
    /// Whether MAIL asked for SMTPUTF8.
    pub utf8: bool,
}

/// What the listener took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub envelope: Envelope,
    /// The bytes between DATA and the final dot, dots undone.
    pub source: Vec<u8>,
    /// The id of the session that brought it.
    pub session: Option<String>,
}

/// A part with a name of its own, or without a reader's use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The file name that the message gives; none where it gives none.
    pub name: Option<String>,
    /// For example `image/png`.
    pub media_type: String,
    /// Octets once decoded.
    pub size: usize,
}

/// A message in the mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Hexadecimal, never used twice.
    pub id: String,
    pub received_at: Timestamp,
    /// The id of the session that brought it; its record may be gone.
    pub session: Option<String>,
    pub envelope: Envelope,
    /// Decoded; empty where there is none.
    pub subject: String,
    /// The From header as `Name <address>`; the envelope's sender where there is none.
    pub from: String,
    /// The To and Cc headers, one entry an address.
    pub to: Vec<String>,
    /// The plain text parts, line ends as LF.
    pub text: Option<String>,
    /// The HTML parts, line ends as LF.
    pub html: Option<String>,
    /// Names and values in order, unfolded and otherwise as they came.
    pub headers: Vec<(String, String)>,
    pub attachments: Vec<Attachment>,
    pub source: Vec<u8>,
}

impl Message {
    /// Reads a message; one that cannot be parsed is kept with its source alone.
    pub fn read(id: String, received_at: Timestamp, received: Received) -> Self {
        let Received {
            envelope,
            source,
            session,
        } = received;
        let mut message = Self {
            id,
            received_at,
            session,
            from: envelope.from.clone(),
            envelope,
            subject: String::new(),
            to: Vec::new(),
            text: None,
            html: None,
            headers: Vec::new(),
            attachments: Vec::new(),
            source: Vec::new(),
        };
        if let Some(parsed) = MessageParser::default().parse_headers(&source) {
            message.fill(&parsed);
        }
        message.sort(leaves(&source));
        message.source = source;
        message
    }

    /// The source as text; bytes that are not UTF-8 show as U+FFFD.
    pub fn source_text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.source)
    }

    /// Octets this takes in memory, about.
    pub fn weight(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        self.source.len() + text(&self.text) + text(&self.html) + headers
    }

    /// Whether `needle`, in lower case, is in the subject, an address or the text.
    pub fn matches(&self, needle: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(needle);
        has(&self.subject)
            || has(&self.from)
            || has(&self.envelope.from)
            || self
                .envelope
                .to
                .iter()
                .chain(&self.to)
                .any(|address| has(address))
            || self
                .text
                .as_ref()
                .or(self.html.as_ref())
                .is_some_and(|text| has(text))
    }

    fn fill(&mut self, parsed: &mail_parser::Message<'_>) {
        self.subject = parsed.subject().unwrap_or_default().trim().to_owned();
        let from = addresses(parsed.from());
        if !from.is_empty() {
            self.from = from.join(", ");
        }
        self.to = addresses(parsed.to());
        self.to.extend(addresses(parsed.cc()));
        self.headers = headers(parsed);
    }

    fn sort(&mut self, leaves: Vec<Leaf>) {
        let (mut texts, mut htmls) = (Vec::new(), Vec::new());
        for leaf in leaves {
            match leaf {
                Leaf::Text(text) => texts.push(text),
                Leaf::Html(html) => htmls.push(html),
                Leaf::Other(attachment) => self.attachments.push(attachment),
            }
        }
        self.text = join(&texts);
        self.html = join(&htmls);
    }
}

fn addresses(header: Option<&Address<'_>>) -> Vec<String> {
    let Some(header) = header else {
        return Vec::new();
    };
    let shown = header
        .iter()
        .map(|entry| match (entry.name(), entry.address()) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (None, Some(one)) | (Some(one), None) => one.to_owned(),
            (None, None) => String::new(),
        });
    shown
        .filter(|entry| !entry.is_empty())
        .take(MAX_LISTED)
        .collect()
}

/// Every carriage return, alone or in front of others, is the end of a line.
fn join(parts: &[String]) -> Option<String> {
    let lines = || parts.join("\n").replace("\r\n", "\n").replace('\r', "\n");
    (!parts.is_empty()).then(lines)
}

fn headers(parsed: &mail_parser::Message<'_>) -> Vec<(String, String)> {
    let slice = |from: u32, to: u32| {
        let bytes = parsed
            .raw_message
            .get(from as usize..to as usize)
            .unwrap_or_default();
        String::from_utf8_lossy(bytes).replace(['\r', '\n'], "")
    };
    let listed = parsed.headers().iter().take(MAX_LISTED).map(|header| {
        let name = slice(header.offset_field, header.offset_start);
        let value = slice(header.offset_start, header.offset_end);
        (
            name.trim_end_matches([':', ' ', '\t']).to_owned(),
            value.trim().to_owned(),
        )
    });
    listed.collect()
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
