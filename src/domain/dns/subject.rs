//! What is checked: the domain, who signs, where mail leaves.

use core::net::IpAddr;

use super::answers::{Answers, Looked};
use super::dkim::KeyKind;

/// A domain and what sends for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The envelope's domain, in A-labels and lower case: SPF's, and where bounces go.
    pub domain: String,
    /// From's domain; the same as a rule.
    pub from_domain: String,
    /// The signatures that mails get.
    pub signatures: Vec<Signature>,
    pub relay: Relay,
    /// The blocklists to ask, as domains.
    pub blocklists: Vec<String>,
}

/// A signature that mails get, or a selector to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// d=.
    pub domain: String,
    pub selector: String,
    /// The public half of the configured key; none where only the record is known.
    pub key: Option<PublicKey>,
}

/// The public half of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub kind: KeyKind,
    /// As p= holds it before base64.
    pub bytes: Vec<u8>,
    /// The whole record that makes it known.
    pub record: String,
}

/// Where mail leaves to the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relay {
    /// A program on this machine, whose address towards the world is not known.
    Unknown,
    /// A relay that takes mail under that name; it may send from other addresses.
    Host(String),
    /// These addresses, as somebody said.
    Addresses(Vec<IpAddr>),
}

impl Relay {
    /// The addresses, as far as they are known.
    pub fn addresses(&self, answers: &Answers) -> Option<Looked<IpAddr>> {
        match self {
            Self::Unknown => Some(Looked::Nothing { exists: true }),
            Self::Addresses(all) => Some(Looked::Found(all.clone())),
            Self::Host(host) => match host.parse() {
                Ok(literal) => Some(Looked::Found(vec![literal])),
                Err(_) => answers.addresses(host),
            },
        }
    }
}
