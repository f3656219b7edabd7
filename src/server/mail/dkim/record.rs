//! The TXT record that makes a signing key known.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::SigningKey;
use crate::domain::dns::dkim::KeyKind;

/// The longest character-string of a TXT record (RFC 1035 3.3.14).
const STRING: usize = 255;

/// Where the record stands.
pub fn name(key: &SigningKey, domain: &str) -> String {
    format!("{}._domainkey.{domain}", key.selector())
}

/// What it says (RFC 6376 3.6.1).
pub fn value(key: &SigningKey) -> String {
    let kind = match key.kind() {
        KeyKind::Rsa => "rsa",
        KeyKind::Ed25519 => "ed25519",
    };
    format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(key.public()))
}

/// As a line of a zone file: character-strings of at most 255 octets each, which a reader joins without a space.
pub fn zone_line(name: &str, value: &str) -> String {
    // Only ASCII without quotes and backslashes comes here.
    let strings: Vec<String> = value
        .as_bytes()
        .chunks(STRING)
        .map(|part| format!("\"{}\"", String::from_utf8_lossy(part)))
        .collect();
    if strings.len() == 1 {
        return format!("{name}. IN TXT {}", strings.concat());
    }
    format!("{name}. IN TXT (\n  {} )", strings.join("\n  "))
}

/// SubjectPublicKeyInfo around a PKCS#1 public key: what receivers expect of p= (RFC 6376 erratum 3017).
pub(super) fn rsa_public_key_info(pkcs1: &[u8]) -> Vec<u8> {
    const ALGORITHM: &[u8] = &[
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ];
    let bits: Vec<u8> = std::iter::once(0).chain(pkcs1.iter().copied()).collect();
    let body = [ALGORITHM.to_vec(), element(0x03, &bits)].concat();
    element(0x30, &body)
}

/// One DER element of less than 64 KiB.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let length = match content.len() {
        0..=0x7f => vec![low],
        0x80..=0xff => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [vec![tag], length, content.to_vec()].concat()
}
