//! The steps of a delivery, in the order in which they happen.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One step of a conversation with a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Looking the host up: A and AAAA, or MX first.
    Dns,
    /// TCP.
    Connect,
    /// The handshake and the certificate's verdict.
    Tls,
    /// The server's first words (RFC 5321 3.1).
    Banner,
    /// EHLO or HELO; once more after STARTTLS (RFC 3207 4.2).
    Ehlo,
    /// The STARTTLS command; the handshake itself is [`Step::Tls`].
    StartTls,
    /// RFC 4954.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// The DATA command, up to its 354.
    Data,
    /// The message itself, up to the reply to its final dot.
    Message,
    /// RSET, before a connection is used again.
    Rset,
    /// NOOP and what else a person types into a session.
    Other,
    /// QUIT.
    Quit,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 14] = [
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Banner,
        Self::Ehlo,
        Self::StartTls,
        Self::Auth,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::Message,
        Self::Rset,
        Self::Other,
        Self::Quit,
    ];

    /// As people read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "DNS",
            Self::Connect => "connect",
            Self::Tls => "TLS",
            Self::Banner => "banner",
            Self::Ehlo => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Message => "message",
            Self::Rset => "RSET",
            Self::Other => "command",
            Self::Quit => "QUIT",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
