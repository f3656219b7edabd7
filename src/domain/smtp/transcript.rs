//! The record of one conversation, as it is stored, shown and sent to a page. Whoever writes it has taken out what must not be kept.

use serde::{Deserialize, Serialize};

use super::evidence::TlsFault;
use super::step::Step;
use crate::domain::time::Timestamp;

/// One conversation, step by step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// When it began.
    pub started_at: Timestamp,
    /// `host:port` as it was asked for.
    pub target: String,
    /// The address that was chosen, with port; none before there was one.
    pub peer: Option<String>,
    /// Whether an open connection was used again, so that the first steps are missing.
    pub reused: bool,
    /// In order; the last one may be under way.
    pub steps: Vec<StepRecord>,
    /// The lines of EHLO's reply, raw, before TLS.
    pub before_tls: Vec<String>,
    /// The lines of EHLO's reply, raw, within TLS.
    pub within_tls: Vec<String>,
    /// The handshake, also when it failed.
    pub tls: Option<TlsRecord>,
    /// What is kept of the message.
    pub message: Option<MessageRecord>,
    /// Whether lines were left out because there were too many.
    pub truncated: bool,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    pub step: Step,
    /// Milliseconds from the beginning of the conversation.
    pub at_ms: u64,
    /// Milliseconds that it took so far.
    pub took_ms: u64,
    pub state: StepState,
    pub lines: Vec<WireLine>,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    Running,
    Passed,
    Failed,
}

/// One line of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireLine {
    pub from: Side,
    /// Milliseconds from the beginning of the conversation.
    pub at_ms: u64,
    /// Printable, without line end; secrets show as `[secret]`.
    pub text: String,
}

/// Who says a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// We, on the wire.
    Client,
    /// They, on the wire.
    Server,
    /// A remark of ours that was not on the wire, such as a resolved address.
    Note,
}

/// The TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsRecord {
    /// `TLSv1.3`; none where the handshake did not get there.
    pub version: Option<String>,
    /// `TLS13_AES_256_GCM_SHA384`.
    pub cipher: Option<String>,
    /// The name that the certificate was checked against.
    pub expected_name: String,
    /// Whether the leaf is for that name.
    pub name_matches: bool,
    /// Whether the chain leads to a root that is trusted here, whatever the name and the dates.
    pub trusted: bool,
    /// Why the handshake failed; none where it did not.
    pub fault: Option<TlsFault>,
    /// As the server sent it: its own certificate first.
    pub chain: Vec<CertificateRecord>,
}

/// One certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateRecord {
    pub subject: String,
    pub issuer: String,
    /// DNS names and addresses of the subjectAltName.
    pub names: Vec<String>,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// Whole days until it ends, seen at the handshake; negative once it is over.
    pub days_left: i64,
    /// Lower-case hexadecimal.
    pub serial: String,
    /// `RSA 2048`, `EC P-256`, `Ed25519`.
    pub key: String,
    /// `sha256WithRSAEncryption`.
    pub signature: String,
    /// SHA-256 of the DER, lower-case hexadecimal.
    pub sha256: String,
}

/// What is kept of a message: enough to recognise it, nothing of what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRecord {
    /// With angle brackets.
    pub message_id: String,
    /// Header lines without To and without anything secret.
    pub headers: Vec<String>,
    /// Octets on the wire before dot-stuffing.
    pub size: u64,
    /// SHA-256 of these octets, lower-case hexadecimal.
    pub sha256: String,
}

impl Transcript {
    /// An empty one.
    pub fn new(started_at: Timestamp, target: String) -> Self {
        Self {
            started_at,
            target,
            peer: None,
            reused: false,
            steps: Vec::new(),
            before_tls: Vec::new(),
            within_tls: Vec::new(),
            tls: None,
            message: None,
            truncated: false,
        }
    }

    /// Milliseconds from the first step to the end of the last.
    pub fn took_ms(&self) -> u64 {
        self.steps
            .iter()
            .map(|step| step.at_ms.saturating_add(step.took_ms))
            .max()
            .unwrap_or(0)
    }
}
