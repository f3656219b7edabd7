//! What an outcome of lettre means: its class, whether to try again, and one line about it that is safe to keep.

use std::error::Error as _;
use std::fmt;
use std::io::{self, ErrorKind};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Response;

use super::{Delivery, FailureClass};

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Name, network, TLS from the first byte, banner, EHLO.
    Connect,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The message itself, up to the reply to its final dot.
    Message,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Message => "message",
        })
    }
}

/// The server took the mail.
pub fn accepted(response: &Response, redact: impl Fn(&str) -> String) -> Delivery {
    let lines: Vec<&str> = response.message().collect();
    Delivery::Accepted {
        response: redact(&format!("{} {}", response.code(), lines.join(" "))),
    }
}

/// The time for the whole attempt was over.
pub fn timed_out(stage: Stage, limit: Duration) -> Delivery {
    let detail = format!("{stage}: no answer; the attempt was ended after {limit:?}");
    Delivery::TemporaryFailure {
        class: FailureClass::Connection,
        detail,
    }
}

/// The attempt failed at `stage`.
pub fn failed(stage: Stage, error: &Error, redact: impl Fn(&str) -> String) -> Delivery {
    let said = error.source().map(ToString::to_string).unwrap_or_default();
    let Some(code) = error.status().map(u16::from) else {
        let words = error.to_string();
        // lettre wraps a failed handshake twice in the same words.
        let cause = words.trim_start_matches("Connection error: ");
        let detail = redact(&format!("{stage}: {cause}"));
        return Delivery::TemporaryFailure {
            class: fault_class(stage, error, &said),
            detail,
        };
    };
    let class = reply_class(stage, code, &said);
    let detail = redact(&format!("{stage}: {code} {said}"));
    // Refused encryption or credentials say nothing of this mail: somebody can mend the settings while it still has time.
    let ours = matches!(class, FailureClass::Tls | FailureClass::Authentication);
    if code < 500 || ours {
        Delivery::TemporaryFailure { class, detail }
    } else {
        Delivery::PermanentFailure { class, detail }
    }
}

/// A reply that says no (codes: RFC 5321 4.2, RFC 4954 6, RFC 3207 4; enhanced codes: RFC 3463).
fn reply_class(stage: Stage, code: u16, said: &str) -> FailureClass {
    let policy = ["4.7.", "5.7."]
        .iter()
        .any(|prefix| said.starts_with(prefix));
    match (stage, code) {
        (Stage::StartTls, _) | (_, 523 | 538) => FailureClass::Tls,
        (Stage::Auth, _) | (_, 530 | 534 | 535) => FailureClass::Authentication,
        (_, 500..=504) => FailureClass::Protocol,
        _ if policy => FailureClass::Blocking,
        (_, 421) | (Stage::Connect, 400..=499) => FailureClass::Connection,
        (Stage::Connect, _) => FailureClass::Blocking,
        _ => FailureClass::Delivery,
    }
}

/// No reply, or none that can be read.
fn fault_class(stage: Stage, error: &Error, said: &str) -> FailureClass {
    // lettre's only word for a connection that ends where a reply should be; a test holds it.
    let ended = said == "incomplete response";
    match stage {
        Stage::StartTls => FailureClass::Tls,
        Stage::Auth if error.is_client() => FailureClass::Authentication,
        _ if error.is_response() && !ended => FailureClass::Protocol,
        _ if error.is_client() => FailureClass::Local,
        Stage::Connect if is_handshake(error) => FailureClass::Tls,
        _ => FailureClass::Connection,
    }
}

/// Whether a fault while connecting came from TLS: a TCP connect never ends in these two.
fn is_handshake(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return matches!(io.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof);
        }
        source = cause.source();
    }
    false
}
