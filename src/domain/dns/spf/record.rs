//! An SPF record, read (RFC 7208 4.5, 4.6, 5, 6).

use core::net::{Ipv4Addr, Ipv6Addr};

/// A record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// The mechanisms, in their order.
    pub terms: Vec<Term>,
    /// `redirect=`.
    pub redirect: Option<String>,
}

/// A mechanism and what a match of it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub qualifier: Qualifier,
    pub mechanism: Mechanism,
    /// As it is written.
    pub text: String,
}

/// What a match means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Qualifier {
    /// `+`
    Pass,
    /// `-`
    Fail,
    /// `~`
    SoftFail,
    /// `?`
    Neutral,
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mechanism {
    All,
    Include(String),
    A(Target),
    Mx(Target),
    Ptr,
    Ip4(Ipv4Addr, u8),
    Ip6(Ipv6Addr, u8),
    Exists(String),
}

/// Whose addresses, and how many of their leading bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// None: the record's own domain.
    pub domain: Option<String>,
    pub v4: u8,
    pub v6: u8,
}

/// Whether a TXT record is an SPF record at all (RFC 7208 4.5).
pub fn is_spf(text: &str) -> bool {
    let version = text.split(' ').next().unwrap_or_default();
    version.eq_ignore_ascii_case("v=spf1")
}

/// Reads a record.
///
/// # Errors
/// The first term that is none.
pub fn parse(text: &str) -> Result<Record, String> {
    let mut record = Record::default();
    for word in text.split_ascii_whitespace().skip(1) {
        let bad = || word.to_owned();
        // A modifier has a name before its `=`; a mechanism's `=` could only stand behind `:` or `/`.
        let modifier = word.split_once('=').filter(|(name, _)| {
            let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(fits)
        });
        match modifier {
            Some((name, value)) if name.eq_ignore_ascii_case("redirect") => {
                if record.redirect.is_some() || !is_domain_spec(value) {
                    return Err(bad());
                }
                record.redirect = Some(value.to_owned());
            }
            Some(_) => {}
            None => record.terms.push(term(word).ok_or_else(bad)?),
        }
    }
    Ok(record)
}

fn term(word: &str) -> Option<Term> {
    let (qualifier, rest) = match word.as_bytes().first()? {
        b'+' => (Qualifier::Pass, &word[1..]),
        b'-' => (Qualifier::Fail, &word[1..]),
        b'~' => (Qualifier::SoftFail, &word[1..]),
        b'?' => (Qualifier::Neutral, &word[1..]),
        _ => (Qualifier::Pass, word),
    };
    let end = rest.find([':', '/']).unwrap_or(rest.len());
    let (name, argument) = rest.split_at(end);
    let mechanism = match name.to_ascii_lowercase().as_str() {
        "all" if argument.is_empty() => Mechanism::All,
        "include" => Mechanism::Include(domain(argument)?),
        "exists" => Mechanism::Exists(domain(argument)?),
        "a" => Mechanism::A(target(argument)?),
        "mx" => Mechanism::Mx(target(argument)?),
        "ptr" if argument.is_empty() || domain(argument).is_some() => Mechanism::Ptr,
        "ip4" => {
            let (address, bits) = network(argument.strip_prefix(':')?, 32)?;
            Mechanism::Ip4(address.parse().ok()?, bits)
        }
        "ip6" => {
            let (address, bits) = network(argument.strip_prefix(':')?, 128)?;
            Mechanism::Ip6(address.parse().ok()?, bits)
        }
        _ => return None,
    };
    let text = word.to_owned();
    Some(Term {
        qualifier,
        mechanism,
        text,
    })
}

/// `:domain`.
fn domain(argument: &str) -> Option<String> {
    let domain = argument.strip_prefix(':')?;
    is_domain_spec(domain).then(|| domain.to_owned())
}

/// `[:domain][/bits][//bits]`.
fn target(argument: &str) -> Option<Target> {
    let (named, bits) = match argument.find('/') {
        Some(at) => argument.split_at(at),
        None => (argument, ""),
    };
    let domain = match named {
        "" => None,
        named => Some(domain(named)?),
    };
    let (v4, v6) = match bits.split_once("//") {
        Some((v4, v6)) => (v4, Some(v6)),
        None => (bits, None),
    };
    let v4 = v4
        .strip_prefix('/')
        .map_or(Some(32), |bits| size(bits, 32))?;
    let v6 = v6.map_or(Some(128), |bits| size(bits, 128))?;
    Some(Target { domain, v4, v6 })
}

fn network(text: &str, most: u8) -> Option<(&str, u8)> {
    match text.split_once('/') {
        None => Some((text, most)),
        Some((address, bits)) => Some((address, size(bits, most)?)),
    }
}

fn size(text: &str, most: u8) -> Option<u8> {
    let plain =
        text.bytes().all(|b| b.is_ascii_digit()) && !(text.len() > 1 && text.starts_with('0'));
    text.parse().ok().filter(|bits| plain && *bits <= most)
}

/// Visible ASCII of a name's length, with macros whole.
fn is_domain_spec(text: &str) -> bool {
    let visible =
        !text.is_empty() && text.len() <= 255 && text.bytes().all(|b| b.is_ascii_graphic());
    let whole = text
        .split('%')
        .skip(1)
        .all(|part| part.starts_with(['{', '_', '-']) || part.is_empty());
    visible && whole && !text.contains('/')
}
