//! `[mail] dkim_*`: the keys that mails are signed with, read and judged at the start.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::error::ConfigError;
use super::mail::{DOMAIN, domain};
use super::origin_url::is_name;
use super::section::Section;
use crate::domain::dns::dkim::KeyKind;
use crate::server::mail::dkim::SigningKey;

/// An RSA key of 4096 bits takes 3,300 bytes.
const MOST_BYTES: u64 = 64 * 1024;

/// `[mail] dkim_*`.
#[derive(Debug, Clone, Default)]
pub struct Dkim {
    /// `dkim_domain`: d=; default From's domain.
    pub domain: Option<String>,
    /// `dkim_selector` with `dkim_key_file`, `dkim_ed25519_selector` with `dkim_ed25519_key_file`: each mail gets a signature of
    /// each key.
    pub keys: Vec<SigningKey>,
    /// The settings whose files everybody on this machine may read.
    pub(super) exposed: Vec<&'static str>,
}

pub(super) fn read(section: &mut Section<'_>) -> Result<Dkim, ConfigError> {
    let mut dkim = Dkim {
        domain: section.parsed("dkim_domain", DOMAIN, domain)?,
        ..Dkim::default()
    };
    let allowed = "a selector: letters, digits, hyphens and dots";
    let pairs = [
        (KeyKind::Rsa, "dkim_selector", "dkim_key_file"),
        (
            KeyKind::Ed25519,
            "dkim_ed25519_selector",
            "dkim_ed25519_key_file",
        ),
    ];
    for (kind, selector_key, file_key) in pairs {
        let named = |text: &str| is_name(text).then(|| text.to_ascii_lowercase());
        let selector = section.parsed(selector_key, allowed, named)?;
        let file = section.path(file_key, "the path of a file with a private key in PEM")?;
        let (selector, file) = match (selector, file) {
            (None, None) => continue,
            (Some(_), None) => {
                let complaint = format!("needs mail.{file_key} as well");
                return Err(section.refuse(selector_key, complaint));
            }
            (None, Some(_)) => {
                let complaint = format!("needs mail.{selector_key} as well");
                return Err(section.refuse(file_key, complaint));
            }
            (Some(selector), Some(file)) => (selector, file),
        };
        let (text, exposed) = content(&file)
            .map_err(|error| section.refuse(file_key, format!("cannot be read: {error}")))?;
        let key = SigningKey::from_pem(&text, kind, &selector)
            .map_err(|error| section.refuse(file_key, error.to_string()))?;
        if dkim.keys.iter().any(|other| other.selector() == selector) {
            let complaint = "must differ from mail.dkim_selector: a selector has one key";
            return Err(section.refuse(selector_key, complaint));
        }
        if exposed {
            dkim.exposed.push(file_key);
        }
        dkim.keys.push(key);
    }
    Ok(dkim)
}

/// The bytes of a file, and whether everybody may read it.
fn content(path: &Path) -> std::io::Result<(Zeroizing<Vec<u8>>, bool)> {
    let file = File::open(path)?;
    let exposed = file.metadata()?.mode() & 0o004 != 0;
    // With room from the start, so that no copy of a key is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(16 * 1024));
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok((bytes, exposed))
}
