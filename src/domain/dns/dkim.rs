//! DKIM key records (RFC 6376 3.6.1, 8301, 8463): read from DNS, measured, compared with the configured key.

use serde::{Deserialize, Serialize};

use super::answers::{Answers, Looked};
use super::report::{Check, Finding, Verdict};
use super::subject::{Signature, Subject};
use super::tags;

/// Which algorithm a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    Rsa,
    Ed25519,
}

/// Everything about DKIM.
pub fn judge(subject: &Subject, answers: &Answers) -> Option<Vec<Finding>> {
    if subject.signatures.is_empty() {
        let found = "Mails are not signed here: no key is set.";
        let finding = Finding::new(Check::Dkim, Verdict::Warn, found).fix(
            "Make a key and set mail.dkim_selector and mail.dkim_key_file (Leptos.toml says how), or give --selector to look at \
             the record that your relay signs with.",
        );
        return Some(vec![finding]);
    }
    let found: Vec<_> = subject
        .signatures
        .iter()
        .map(|signature| published(signature, answers))
        .collect();
    let mut found: Vec<Finding> = found.into_iter().collect::<Option<_>>()?;
    let kinds = subject
        .signatures
        .iter()
        .filter_map(|signature| Some(signature.key.as_ref()?.kind));
    let kinds: Vec<KeyKind> = kinds.collect();
    if !kinds.is_empty() && !kinds.contains(&KeyKind::Rsa) {
        let words = "Mails are signed with Ed25519 alone, which many receivers cannot verify.";
        found.push(Finding::new(Check::Dkim, Verdict::Warn, words).fix(
            "Set mail.dkim_selector and mail.dkim_key_file to an RSA key as well; mails then get both signatures.",
        ));
    }
    Some(found)
}

fn published(signature: &Signature, answers: &Answers) -> Option<Finding> {
    let name = format!("{}._domainkey.{}", signature.selector, signature.domain);
    let publish = |finding: Finding, words: &str| match &signature.key {
        Some(key) => finding.fix(words).publish(&name, "TXT", &key.record),
        None => finding.fix(words),
    };
    let texts = match answers.texts(&name)? {
        Looked::Found(texts) => texts,
        Looked::Nothing { .. } => {
            let finding = Finding::new(
                Check::Dkim,
                Verdict::Fail,
                format!("There is no key at {name}."),
            );
            return Some(publish(
                finding,
                "Publish the key; signatures that cannot be verified count as none.",
            ));
        }
        Looked::Failed(why) => {
            let found = format!("The key at {name} is not known: {why}.");
            return Some(Finding::new(Check::Dkim, Verdict::Unknown, found));
        }
    };
    let finding = |verdict, found: String| {
        let finding = Finding::new(Check::Dkim, verdict, found);
        texts
            .iter()
            .fold(finding, |finding, text| finding.seen(text))
    };
    let [text] = texts.as_slice() else {
        let found = format!(
            "There are {} TXT records at {name}; receivers take any of them.",
            texts.len()
        );
        return Some(publish(finding(Verdict::Fail, found), "Leave one of them."));
    };
    let key = match read(text) {
        Ok(key) => key,
        Err(fault) => {
            let found = format!("The record at {name} {}.", fault.words());
            return Some(publish(
                finding(Verdict::Fail, found),
                "Publish the key as it should be.",
            ));
        }
    };
    if let Some(ours) = &signature.key
        && (ours.kind, ours.bytes.as_slice()) != (key.kind, key.canonical().as_slice())
    {
        let found = format!("The key at {name} is not the one that mails are signed with.");
        let words = "Publish the configured key, or configure the published one; as it is, every signature fails.";
        return Some(publish(finding(Verdict::Fail, found), words));
    }
    let size = match key.kind {
        KeyKind::Rsa => format!("RSA, {} bits", key.bits),
        KeyKind::Ed25519 => "Ed25519".to_owned(),
    };
    let ours = if signature.key.is_some() {
        ", the one that mails are signed with"
    } else {
        ""
    };
    let found = format!("The key at {name} is {size}{ours}.");
    Some(match key.kind {
        KeyKind::Rsa if key.bits < 1024 => finding(Verdict::Fail, found)
            .fix("Receivers do not verify RSA keys below 1024 bits (RFC 8301): make one of 2048 bits, under a new selector."),
        KeyKind::Rsa if key.bits < 2048 => finding(Verdict::Warn, found)
            .fix("Make a key of 2048 bits, under a new selector (RFC 8301)."),
        _ if key.testing => finding(Verdict::Warn, format!("{found} It says that it is a test (t=y)."))
            .fix("Remove t=y: receivers may treat mail with such a key as if it were not signed."),
        _ => finding(Verdict::Ok, found),
    })
}

/// A key as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub kind: KeyKind,
    /// As p= has it.
    pub bytes: Vec<u8>,
    pub bits: usize,
    /// t=y.
    pub testing: bool,
}

/// Why a record is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    NoTags,
    Version,
    NoKey,
    Revoked,
    Kind,
    Hash,
    Service,
    Damaged,
}

impl Fault {
    fn words(self) -> &'static str {
        match self {
            Self::NoTags => "is no list of tags",
            Self::Version => "begins with another version than DKIM1",
            Self::NoKey => "has no p=",
            Self::Revoked => "revokes the key (p= is empty)",
            Self::Kind => "is for an algorithm that is neither RSA nor Ed25519 (k=)",
            Self::Hash => "does not allow SHA-256 (h=)",
            Self::Service => "is not for mail (s=)",
            Self::Damaged => "holds no key that can be read (p=)",
        }
    }
}

/// Reads a key record.
///
/// # Errors
/// What receivers would refuse it for.
pub fn read(text: &str) -> Result<Published, Fault> {
    let list = tags::read(text).ok_or(Fault::NoTags)?;
    let listed = |name: &str, word: &str| {
        let value = tags::get(&list, name);
        value.map(|value| {
            value
                .split(':')
                .any(|part| part.trim().eq_ignore_ascii_case(word))
        })
    };
    if let Some(version) = tags::get(&list, "v")
        && (version != "DKIM1" || list.first().is_none_or(|(name, _)| name != "v"))
    {
        return Err(Fault::Version);
    }
    let kind = match tags::get(&list, "k") {
        None => KeyKind::Rsa,
        Some(kind) if kind.eq_ignore_ascii_case("rsa") => KeyKind::Rsa,
        Some(kind) if kind.eq_ignore_ascii_case("ed25519") => KeyKind::Ed25519,
        Some(_) => return Err(Fault::Kind),
    };
    if listed("h", "sha256") == Some(false) {
        return Err(Fault::Hash);
    }
    if listed("s", "email") == Some(false) && listed("s", "*") == Some(false) {
        return Err(Fault::Service);
    }
    let p = tags::get(&list, "p").ok_or(Fault::NoKey)?;
    if p.is_empty() {
        return Err(Fault::Revoked);
    }
    let bytes = tags::base64(p).ok_or(Fault::Damaged)?;
    let bits = match kind {
        KeyKind::Rsa => rsa_bits(&bytes).ok_or(Fault::Damaged)?,
        KeyKind::Ed25519 if bytes.len() == 32 => 256,
        KeyKind::Ed25519 => return Err(Fault::Damaged),
    };
    Ok(Published {
        kind,
        bytes,
        bits,
        testing: listed("t", "y") == Some(true),
    })
}

impl Published {
    /// With the algorithm around an RSA key, which some publish without it.
    fn canonical(&self) -> Vec<u8> {
        match self.kind {
            KeyKind::Rsa if is_bare(&self.bytes) => rsa_public_key_info(&self.bytes),
            _ => self.bytes.clone(),
        }
    }
}

/// Whether a sequence begins with a number, as PKCS#1 does.
fn is_bare(der: &[u8]) -> bool {
    let inner = element(der).map(|(_, inner, _)| inner);
    inner.and_then(|inner| inner.first()) == Some(&0x02)
}

/// SubjectPublicKeyInfo around a PKCS#1 public key: what receivers expect of p= (RFC 6376 erratum 3017).
pub fn rsa_public_key_info(pkcs1: &[u8]) -> Vec<u8> {
    const ALGORITHM: &[u8] = &[
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ];
    let bits: Vec<u8> = core::iter::once(0).chain(pkcs1.iter().copied()).collect();
    let body = [ALGORITHM.to_vec(), der(0x03, &bits)].concat();
    der(0x30, &body)
}

/// One DER element of less than 64 KiB.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let length = match content.len() {
        0..=0x7f => vec![low],
        0x80..=0xff => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [vec![tag], length, content.to_vec()].concat()
}

/// The bits of an RSA modulus in a SubjectPublicKeyInfo or a bare PKCS#1 public key; none where it is neither.
pub fn rsa_bits(der: &[u8]) -> Option<usize> {
    let (tag, sequence, _) = element(der)?;
    if tag != 0x30 {
        return None;
    }
    let (tag, first, rest) = element(sequence)?;
    match tag {
        // AlgorithmIdentifier, then a BIT STRING whose first octet counts unused bits.
        0x30 => {
            let (tag, bits, _) = element(rest)?;
            let (0x03, [0, key @ ..]) = (tag, bits) else {
                return None;
            };
            rsa_bits(key)
        }
        0x02 => {
            let modulus = first.strip_prefix(&[0]).unwrap_or(first);
            let top = modulus.first()?;
            Some(modulus.len() * 8 - top.leading_zeros() as usize)
        }
        _ => None,
    }
}

/// Tag, content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => {
            let [high, low] = *rest.first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes([high, low])), rest.get(2..)?)
        }
        _ => return None,
    };
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}
