//! What a failed attempt ended with: a reply that says no, or a fault without a reply. Never a secret.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::reply::Reply;
use super::step::Step;

/// What is known about a failure: where it happened, and what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Where.
    pub step: Step,
    /// What.
    pub what: What,
}

/// A reply, or what stood in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The server said no, or said something that does not belong here.
    Reply(Reply),
    /// There was no such reply.
    Fault(Fault),
}

/// Why there was no reply to go by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The name could not be turned into an address.
    Dns(DnsFault),
    /// The network said no.
    Io(IoFault),
    /// The handshake failed; the words are for people.
    Tls(TlsFault),
    /// The connection ended where a reply should be.
    Closed,
    /// Nothing came before the deadline of the step or of the whole attempt.
    Silent,
    /// Bytes that are no SMTP at all: the beginning of what was said.
    Foreign(String),
    /// A reply that cannot be parsed, is too long, or changes its code between lines: the beginning of it.
    Garbled(String),
    /// Plaintext stood in the buffer behind the reply to STARTTLS: somebody on the way injected it (RFC 3207 6).
    Injected,
    /// TLS is wanted and STARTTLS is not offered.
    NoStartTls,
    /// Credentials are set and AUTH is not offered.
    NoAuth,
    /// None of the mechanisms that are offered is known here: those that are offered.
    NoMechanism(Vec<String>),
    /// The message is larger than the server's SIZE, in octets.
    TooLarge { size: u64, limit: u64 },
    /// The recipient needs SMTPUTF8 (RFC 6531) and the server does not offer it.
    NoUtf8,
    /// The address may not be connected to: it is private and not on the allow-list.
    Forbidden(String),
    /// The time in which the mail was worth sending is over.
    Expired,
    /// The message could not be built: why, without its content.
    Unbuildable(String),
}

/// Why a name has no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DnsFault {
    /// NXDOMAIN.
    NoSuchName,
    /// SERVFAIL, REFUSED, or no resolver answered in time.
    Unanswered,
    /// The name exists, without A and AAAA.
    NoAddress,
    /// The domain says that it takes no mail (RFC 7505).
    NullMx,
}

/// What the network said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IoFault {
    /// ECONNREFUSED.
    Refused,
    /// No answer to SYN, or ETIMEDOUT later.
    TimedOut,
    /// ENETUNREACH, EHOSTUNREACH, ENETDOWN.
    Unreachable,
    /// ECONNRESET, ECONNABORTED, EPIPE.
    Reset,
    /// EACCES, EPERM, EADDRNOTAVAIL.
    Denied,
    /// Anything else.
    Other,
}

/// Why TLS was not established.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsFault {
    /// What came was no TLS record: the server speaks plain SMTP on this port.
    NotTls,
    /// The certificate is over.
    Expired,
    /// The certificate has not begun.
    NotYetValid,
    /// The certificate is for other names: those it is for.
    WrongName(Vec<String>),
    /// Nobody we trust signed it, or an intermediate is missing.
    UnknownIssuer,
    /// Revoked.
    Revoked,
    /// Malformed, too old a version, a bad signature, or not for servers.
    BadCertificate(String),
    /// No common protocol version or cipher suite.
    Incompatible(String),
    /// The server ended it with an alert: its name.
    Alert(String),
    /// TLSA or MTA-STS forbids what the server shows.
    Policy(String),
    /// Anything else, in the library's words.
    Other(String),
}

impl Evidence {
    /// A reply at that step.
    pub fn reply(step: Step, reply: Reply) -> Self {
        let what = What::Reply(reply);
        Self { step, what }
    }

    /// A fault at that step.
    pub fn fault(step: Step, fault: Fault) -> Self {
        let what = What::Fault(fault);
        Self { step, what }
    }
}

/// One line: `AUTH: 535 5.7.8 Authentication failed`, `connect: refused`.
impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Reply(reply) => write!(f, "{}: {reply}", self.step),
            What::Fault(fault) => write!(f, "{}: {fault}", self.step),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(DnsFault::NoSuchName) => f.write_str("no such name"),
            Self::Dns(DnsFault::Unanswered) => f.write_str("the resolver has no answer"),
            Self::Dns(DnsFault::NoAddress) => f.write_str("the name has no address"),
            Self::Dns(DnsFault::NullMx) => f.write_str("the domain takes no mail (null MX)"),
            Self::Io(IoFault::Refused) => f.write_str("connection refused"),
            Self::Io(IoFault::TimedOut) => f.write_str("no answer to the connection"),
            Self::Io(IoFault::Unreachable) => f.write_str("network or host unreachable"),
            Self::Io(IoFault::Reset) => f.write_str("connection reset"),
            Self::Io(IoFault::Denied) => f.write_str("this system does not allow the connection"),
            Self::Io(IoFault::Other) => f.write_str("the network failed"),
            Self::Tls(fault) => fault.fmt(f),
            Self::Closed => f.write_str("the server closed the connection"),
            Self::Silent => f.write_str("no answer in time"),
            Self::Foreign(said) => write!(f, "this is not SMTP: {said}"),
            Self::Garbled(said) => write!(f, "a reply that cannot be read: {said}"),
            Self::Injected => f.write_str("unencrypted bytes behind the reply to STARTTLS"),
            Self::NoStartTls => f.write_str("STARTTLS is not offered"),
            Self::NoAuth => f.write_str("AUTH is not offered"),
            Self::NoMechanism(offered) => {
                write!(
                    f,
                    "no common way to sign in; offered: {}",
                    offered.join(" ")
                )
            }
            Self::TooLarge { size, limit } => {
                write!(f, "the message has {size} octets, the server takes {limit}")
            }
            Self::NoUtf8 => f.write_str("the address needs SMTPUTF8, which is not offered"),
            Self::Forbidden(address) => write!(f, "{address} may not be connected to from here"),
            Self::Expired => f.write_str("too late to be worth sending"),
            Self::Unbuildable(why) => write!(f, "the message cannot be built: {why}"),
        }
    }
}

impl fmt::Display for TlsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTls => f.write_str("the answer is not TLS"),
            Self::Expired => f.write_str("the certificate has expired"),
            Self::NotYetValid => f.write_str("the certificate is not valid yet"),
            Self::WrongName(names) if names.is_empty() => {
                f.write_str("the certificate is for another name")
            }
            Self::WrongName(names) => write!(f, "the certificate is for {}", names.join(", ")),
            Self::UnknownIssuer => f.write_str("the certificate's issuer is not trusted"),
            Self::Revoked => f.write_str("the certificate is revoked"),
            Self::BadCertificate(why) => write!(f, "the certificate is unfit: {why}"),
            Self::Incompatible(why) => write!(f, "no common TLS version or cipher: {why}"),
            Self::Alert(name) => write!(f, "the server ended the handshake: {name}"),
            Self::Policy(why) => write!(f, "a published policy forbids it: {why}"),
            Self::Other(why) => write!(f, "the handshake failed: {why}"),
        }
    }
}
