//! Macros in SPF's domain names (RFC 7208 7), for a sender at `postmaster@domain`.

use core::net::IpAddr;

use crate::domain::dns::answers::reversed;

/// What macros stand for.
pub struct Context<'a> {
    /// The address that connects; none where only look-ups are counted.
    pub address: Option<IpAddr>,
    /// The envelope's domain.
    pub sender: &'a str,
    /// The domain whose record is read.
    pub domain: &'a str,
}

/// The name with its macros expanded; none where one needs an address that is not known, or is none at all.
pub fn expand(text: &str, context: &Context<'_>) -> Option<String> {
    let mut name = String::new();
    let mut rest = text;
    while let Some((plain, tail)) = rest.split_once('%') {
        name.push_str(plain);
        let mut letters = tail.chars();
        rest = match letters.next()? {
            '%' => {
                name.push('%');
                letters.as_str()
            }
            '_' => {
                name.push(' ');
                letters.as_str()
            }
            '-' => {
                name.push_str("%20");
                letters.as_str()
            }
            '{' => {
                let (inner, behind) = letters.as_str().split_once('}')?;
                name.push_str(&one(inner, context)?);
                behind
            }
            _ => return None,
        };
    }
    name.push_str(rest);
    // Too long a name loses labels from its left (RFC 7208 7.3).
    let mut name = name.trim_end_matches('.');
    while name.len() > 253 {
        name = name.split_once('.')?.1;
    }
    Some(name.to_ascii_lowercase())
}

/// `ir`, `d2`, `l-`: a letter, how many labels from the right, whether reversed, where to cut.
fn one(inner: &str, context: &Context<'_>) -> Option<String> {
    let mut letters = inner.chars();
    let value = match letters.next()?.to_ascii_lowercase() {
        's' => format!("postmaster@{}", context.sender),
        'l' => "postmaster".to_owned(),
        'o' | 'h' => context.sender.to_owned(),
        'd' => context.domain.to_owned(),
        'i' => match context.address? {
            IpAddr::V4(v4) => v4.to_string(),
            // Nibbles, first to last.
            v6 @ IpAddr::V6(_) => reversed(v6).chars().rev().collect(),
        },
        'v' => match context.address? {
            IpAddr::V4(_) => "in-addr".to_owned(),
            IpAddr::V6(_) => "ip6".to_owned(),
        },
        // The validated name costs look-ups that nobody should ask of receivers (RFC 7208 7.2).
        'p' => "unknown".to_owned(),
        _ => return None,
    };
    let rest = letters.as_str();
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let count = &rest[..rest.len() - behind.len()];
    let (turned, cuts) = match behind.strip_prefix(['r', 'R']) {
        Some(cuts) => (true, cuts),
        None => (false, behind),
    };
    let cuts = if cuts.is_empty() { "." } else { cuts };
    let mut parts: Vec<&str> = value.split(|c| cuts.contains(c)).collect();
    if turned {
        parts.reverse();
    }
    let keep = if count.is_empty() {
        parts.len()
    } else {
        count.parse().ok()?
    };
    let from = parts.len().saturating_sub(keep);
    Some(parts[from..].join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_are_those_of_the_rfc() {
        // RFC 7208 7.4, but for its sender's local part.
        let context = |address: &str| Context {
            address: Some(address.parse().unwrap()),
            sender: "email.example.com",
            domain: "email.example.com",
        };
        let v4 = context("192.0.2.3");
        let v6 = context("2001:db8::cb01");
        for (text, name) in [
            ("%{s}", "postmaster@email.example.com"),
            ("%{o}", "email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            (
                "%{ir}.%{v}._spf.%{d2}",
                "3.2.0.192.in-addr._spf.example.com",
            ),
            ("%{l}._spf", "postmaster._spf"),
            ("a%%b", "a%b"),
        ] {
            assert_eq!(expand(text, &v4).as_deref(), Some(name), "{text}");
        }
        assert_eq!(
            expand("%{ir}.%{v}._spf.%{d2}", &v6).unwrap(),
            "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"
        );
        for bad in ["%", "%{", "%{z}", "%x"] {
            assert_eq!(expand(bad, &v4), None, "{bad}");
        }
        let unknown = Context {
            address: None,
            ..v4
        };
        assert_eq!(expand("%{i}.x", &unknown), None);
        let long = format!("{}.example.com", "a.".repeat(200));
        assert!(expand(&long, &v6).unwrap().len() <= 253);
    }
}
