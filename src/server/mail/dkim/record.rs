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
