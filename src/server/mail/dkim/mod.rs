//! DKIM: signs what goes out with an RSA and an Ed25519 key (RFC 6376, 8301, 8463).

pub mod key;
pub mod record;

pub use key::{KeyError, SigningKey};

use mail_auth::common::crypto::SigningKey as _;
use mail_auth::common::headers::{HeaderStream, Writable, Writer};
use mail_auth::dkim::canonicalize::CanonicalHeaders;
use mail_auth::dkim::{Canonicalization, Signature};

use crate::domain::time::Timestamp;

/// What is signed. A name that stands twice is also signed as absent behind its last one ("oversigned", RFC 6376 5.4.2), so that
/// nobody can add a second From or Subject that a mail program might show instead.
const HEADERS: [&str; 15] = [
    "From",
    "From",
    "To",
    "To",
    "Subject",
    "Subject",
    "Reply-To",
    "Reply-To",
    "Content-Type",
    "Content-Type",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Auto-Submitted",
    "Cc",
];

/// Puts one DKIM-Signature for each key before a whole message whose lines end in CRLF. `domain` is d=, in A-labels.
///
/// # Errors
/// When the library refuses to sign, which a key that was read by [`SigningKey::from_pem`] gives no cause for.
pub fn sign(
    message: &[u8],
    domain: &str,
    keys: &[SigningKey],
    at: Timestamp,
) -> Result<Vec<u8>, mail_auth::Error> {
    let mut signed = Vec::with_capacity(message.len() + 1024 * keys.len());
    for key in keys {
        signature(message, domain, key, at)?.write(&mut signed, true);
    }
    signed.extend_from_slice(message);
    Ok(signed)
}

/// As mail-auth's own signer does it, but for the time, which is a parameter here.
fn signature(
    message: &[u8],
    domain: &str,
    key: &SigningKey,
    at: Timestamp,
) -> Result<Signature, mail_auth::Error> {
    let private = key.private();
    let mut signature = Signature {
        v: 1,
        a: private.algorithm(),
        d: domain.to_owned(),
        s: key.selector().to_owned(),
        h: HEADERS.map(str::to_owned).to_vec(),
        ch: Canonicalization::Relaxed,
        cb: Canonicalization::Relaxed,
        t: u64::try_from(at.millis().div_euclid(1000)).unwrap_or(0),
        ..Signature::default()
    };
    let (_, headers, names, body) = signature.canonicalize(Fields(message));
    signature.bh = private.hash(body).as_ref().to_vec();
    signature.h = names;
    signature.b = private.sign(Signable {
        headers,
        signature: &signature,
    })?;
    Ok(signature)
}

/// What the key signs: the chosen headers, then the signature's own with an empty b= (RFC 6376 3.7).
struct Signable<'a> {
    headers: CanonicalHeaders<'a>,
    signature: &'a Signature,
}

impl Writable for Signable<'_> {
    fn write(self, writer: &mut impl Writer) {
        self.headers.write(writer);
        self.signature.write(writer, false);
    }
}

/// The header fields of a message of our own, whose lines end in CRLF, and its body.
struct Fields<'a>(&'a [u8]);

impl<'a> HeaderStream<'a> for Fields<'a> {
    /// Name and value; the value goes to the end of its last folded line, CRLF included.
    fn next_header(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        if self.0.starts_with(b"\r\n") {
            return None;
        }
        let ends = |at: usize| !matches!(self.0.get(at), Some(b' ' | b'\t'));
        let mut breaks = self.0.windows(2).enumerate();
        let (at, _) = breaks.find(|(at, two)| *two == b"\r\n" && ends(at + 2))?;
        let (field, rest) = self.0.split_at(at + 2);
        let colon = field.iter().position(|byte| *byte == b':')?;
        self.0 = rest;
        Some((&field[..colon], &field[colon + 1..]))
    }

    fn body(&mut self) -> &'a [u8] {
        self.0.strip_prefix(b"\r\n").unwrap_or_default()
    }
}
