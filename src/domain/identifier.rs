//! What people type to name an account: a username, an address, or either; parsed once, at the edge.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Longest identifier that is looked at, in bytes (RFC 5321 4.5.3.1: a path of 254 and room for a slip).
pub const MAX_IDENTIFIER_BYTES: usize = 320;

/// `[reset] identifier`: what `/forgot` and `/sign-in` take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierMode {
    Either,
    Username,
    Email,
}

/// Why a text is no username, address or identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Nothing was typed.
    Empty,
    /// More than the field takes.
    TooLong,
    /// Not of the form that is asked for.
    Form,
}

/// `[a-z0-9._-]{3,32}`, lower-cased.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Reads what was typed; letters may be upper case, space around it is forgiven.
    ///
    /// # Errors
    /// When it is empty, too long, or has other characters than `a-z 0-9 . _ -`.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        let text = trimmed(text)?;
        if text.len() > 32 {
            return Err(Unfit::TooLong);
        }
        let name = text.to_ascii_lowercase();
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
        if name.len() < 3 || !name.bytes().all(fits) {
            return Err(Unfit::Form);
        }
        Ok(Self(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A mail address as it is written to, with the key by which two are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress {
    address: String,
    key: String,
}

impl EmailAddress {
    /// Reads what was typed. ASCII only: a domain beyond it is in A-labels by now (`server::idn`), a mailbox beyond it is refused. So
    /// no look-alike can equal an address that is stored, and no mail of ours needs SMTPUTF8 (RFC 6531), which its next relay may lack.
    ///
    /// # Errors
    /// When it is empty, longer than RFC 5321 4.5.3.1 allows, or not `dot-atom@domain`.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        let text = trimmed(text)?;
        if text.len() > 254 {
            return Err(Unfit::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(Unfit::Form)?;
        if local.len() > 64 {
            return Err(Unfit::TooLong);
        }
        let dotted = |s: &str, part: fn(&str) -> bool| s.split('.').all(part);
        if !dotted(local, is_atom) || !dotted(domain, is_label) || domain.len() > 253 {
            return Err(Unfit::Form);
        }
        let domain = domain.to_ascii_lowercase();
        let address = format!("{local}@{domain}");
        let key = format!("{}@{domain}", local.to_ascii_lowercase());
        Ok(Self { address, key })
    }

    /// As mail is sent to.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// As two addresses are compared: all in lower case.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Behind the `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.key.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// For logs and screens of others: `a…@example.org`.
    pub fn masked(&self) -> String {
        let (local, domain) = self.address.split_once('@').unwrap_or((&self.address, ""));
        format!("{}…@{domain}", local.chars().next().unwrap_or('?'))
    }
}

/// RFC 5322 3.2.3 atext, ASCII.
fn is_atom(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    !text.is_empty() && text.bytes().all(fits)
}

fn is_label(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let edge = text.starts_with('-') || text.ends_with('-');
    (1..=63).contains(&text.len()) && text.bytes().all(fits) && !edge
}

fn trimmed(text: &str) -> Result<&str, Unfit> {
    let text = text.trim();
    match text.len() {
        0 => Err(Unfit::Empty),
        n if n > MAX_IDENTIFIER_BYTES => Err(Unfit::TooLong),
        _ => Ok(text),
    }
}

/// What was typed into `/forgot` or `/sign-in`. It may be nobody's: that is looked up later, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier {
    Username(Username),
    Email(EmailAddress),
    /// Well-sized text that can be nobody's; it goes the same way, so that it tells nothing. Normalised.
    Nobody(String),
}

impl Identifier {
    /// Reads what was typed.
    ///
    /// # Errors
    /// Only for what is empty or too long: anything else might be somebody's.
    pub fn parse(text: &str, mode: IdentifierMode) -> Result<Self, Unfit> {
        let text = trimmed(text)?;
        let username = || Username::parse(text).map(Self::Username);
        let email = || EmailAddress::parse(text).map(Self::Email);
        let parsed = match mode {
            IdentifierMode::Username => username(),
            IdentifierMode::Email => email(),
            IdentifierMode::Either if text.contains('@') => email(),
            IdentifierMode::Either => username(),
        };
        Ok(parsed.unwrap_or_else(|_| Self::Nobody(normalised(text))))
    }

    /// How a request row keeps it: so that what names nobody when it is asked names nobody when it is looked up.
    pub fn stored(&self) -> String {
        let kind = match self {
            Self::Username(_) => "username",
            Self::Email(_) => "email",
            Self::Nobody(_) => "nobody",
        };
        format!("{kind}:{}", self.key())
    }

    /// Reads back what a request row keeps.
    pub fn from_stored(text: &str) -> Self {
        let (kind, key) = text.split_once(':').unwrap_or(("", text));
        let parsed = match kind {
            "username" => Username::parse(key).map(Self::Username),
            "email" => EmailAddress::parse(key).map(Self::Email),
            _ => Err(Unfit::Form),
        };
        parsed.unwrap_or_else(|_| Self::Nobody(key.to_owned()))
    }

    /// The key that requests are limited by: the same for every way to type it.
    pub fn key(&self) -> &str {
        match self {
            Self::Username(name) => name.as_str(),
            Self::Email(address) => address.key(),
            Self::Nobody(text) => text,
        }
    }
}

/// NFKC, lower case, no control characters: a key for limits, never for a look-up. Done twice it changes nothing more: lower case can
/// undo NFKC (a capital I with a dot above and a cedilla), and what goes can leave a space at the end.
fn normalised(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    let lower = plain.nfkc().flat_map(char::to_lowercase);
    let key: String = lower.nfkc().take(MAX_IDENTIFIER_BYTES).collect();
    key.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_lower_cased_and_bounded() {
        assert_eq!(
            Username::parse(" Alice.B-1 ").unwrap().as_str(),
            "alice.b-1"
        );
        assert_eq!(Username::parse("al"), Err(Unfit::Form));
        assert_eq!(Username::parse("a@b"), Err(Unfit::Form));
        assert_eq!(Username::parse("аlice"), Err(Unfit::Form), "Cyrillic a");
        assert_eq!(Username::parse(&"a".repeat(33)), Err(Unfit::TooLong));
        assert_eq!(Username::parse("  "), Err(Unfit::Empty));
    }

    #[test]
    fn addresses_are_the_same_only_by_case() {
        let a = EmailAddress::parse("Alice@Example.ORG").unwrap();
        assert_eq!(a.as_str(), "Alice@example.org");
        assert_eq!(a.key(), "alice@example.org");
        assert_eq!(a.masked(), "A…@example.org");
    }

    #[test]
    fn look_alikes_and_injections_are_no_addresses() {
        for text in [
            "mıke@example.org",
            "\u{212a}im@example.org",
            "a@exаmple.org",
            "a@example.org.",
            "a@example.org\r\nBcc: b@c.d",
            "a\r\n@example.org",
            "a b@example.org",
            "victim@example.org,evil@example.org",
            "\"a b\"@example.org",
            "a@b@example.org",
            "a..b@example.org",
            "@example.org",
            "a@",
            "a@-x.org",
            "a\0@example.org",
        ] {
            assert_eq!(EmailAddress::parse(text), Err(Unfit::Form), "{text:?}");
        }
        assert_eq!(
            EmailAddress::parse(&format!("{}@x.org", "a".repeat(65))),
            Err(Unfit::TooLong)
        );
    }

    #[test]
    fn an_identifier_takes_any_text_that_fits() {
        let parse = |text: &str| Identifier::parse(text, IdentifierMode::Either);
        assert_eq!(parse("ALICE").unwrap().key(), "alice");
        assert_eq!(
            parse("Alice@Example.org").unwrap().key(),
            "alice@example.org"
        );
        assert_eq!(
            parse("Ａ\u{7} l").unwrap(),
            Identifier::Nobody("a l".into())
        );
        for text in ["a \u{1}", "\u{130}\u{327}x", "\u{b4}a b"] {
            let key = parse(text).unwrap().key().to_owned();
            assert_eq!(parse(&key).unwrap().key(), key, "{text:?}");
        }
        assert_eq!(parse(""), Err(Unfit::Empty));
        assert_eq!(parse(&"x".repeat(321)), Err(Unfit::TooLong));
        for text in [
            "alice",
            "alice@example.org",
            "ＡＬＩＣＥ",
            "\u{212a}im@example.org",
            "a:b",
        ] {
            let identifier = parse(text).unwrap();
            assert_eq!(
                Identifier::from_stored(&identifier.stored()),
                identifier,
                "{text}"
            );
        }
        let by_name = Identifier::parse("a@b.org", IdentifierMode::Username).unwrap();
        assert_eq!(by_name, Identifier::Nobody("a@b.org".into()));
    }
}
