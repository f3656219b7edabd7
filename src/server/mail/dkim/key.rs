//! Private keys for DKIM: read from PEM, judged, and never shown.

use std::fmt;
use std::sync::Arc;

use mail_auth::common::crypto::{DkimKey, Ed25519Key, RsaKey, Sha256};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::domain::dns::dkim::{KeyKind, rsa_bits, rsa_public_key_info};

/// Object identifiers as DER writes them, by which a PKCS#8 file says what it holds.
const RSA: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
];
const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];

/// A private key with its selector. A clone is the same key; it does not print.
#[derive(Clone)]
pub struct SigningKey {
    selector: String,
    kind: KeyKind,
    public: Vec<u8>,
    bits: usize,
    private: Arc<DkimKey>,
}

/// Why a file is no key to sign with; each prints as what is wrong with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("holds no private key in PEM (\"-----BEGIN PRIVATE KEY-----\")")]
    NoPem,
    #[error("holds an encrypted key; the server cannot ask for its password")]
    Encrypted,
    #[error("holds a public key or a certificate; the private key is needed")]
    Public,
    #[error("holds an RSA key, which is for mail.dkim_key_file")]
    IsRsa,
    #[error("holds an Ed25519 key, which is for mail.dkim_ed25519_key_file")]
    IsEd25519,
    #[error("holds a key that is neither RSA nor Ed25519")]
    OtherKind,
    #[error("holds an RSA key of fewer than 2048 bits, which receivers do not trust (RFC 8301)")]
    TooSmall,
    #[error("holds an RSA key of more than 4096 bits, which receivers do not verify")]
    TooLarge,
    #[error("holds a key that is damaged")]
    Damaged,
}

impl SigningKey {
    /// Reads an RSA key in PKCS#1 or PKCS#8, or an Ed25519 key in PKCS#8 (with or without its public half).
    ///
    /// # Errors
    /// When the text is no such key, or an RSA key is not of 2048 to 4096 bits.
    pub fn from_pem(text: &[u8], kind: KeyKind, selector: &str) -> Result<Self, KeyError> {
        let der = private_key(text)?;
        let (private, public, bits) = match kind {
            KeyKind::Rsa => rsa(der)?,
            KeyKind::Ed25519 => ed25519(&der)?,
        };
        Ok(Self {
            selector: selector.to_owned(),
            kind,
            public,
            bits,
            private: Arc::new(private),
        })
    }

    /// The name below `_domainkey`.
    pub fn selector(&self) -> &str {
        &self.selector
    }

    /// Which algorithm.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The public half as p= shows it before base64: SubjectPublicKeyInfo of RSA, the 32 bytes of Ed25519 (RFC 8463 4).
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// The modulus of RSA; 256 of Ed25519.
    pub fn bits(&self) -> usize {
        self.bits
    }

    pub(super) fn private(&self) -> &DkimKey {
        &self.private
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("selector", &self.selector)
            .field("kind", &self.kind)
            .field("bits", &self.bits)
            .finish_non_exhaustive()
    }
}

fn private_key(text: &[u8]) -> Result<PrivateKeyDer<'static>, KeyError> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| {
        let says = |words: &str| {
            text.windows(words.len())
                .any(|part| part == words.as_bytes())
        };
        match error {
            pem::Error::NoItemsFound if says("BEGIN ENCRYPTED PRIVATE KEY") => KeyError::Encrypted,
            pem::Error::NoItemsFound if says("PUBLIC KEY-----") || says("BEGIN CERTIFICATE") => {
                KeyError::Public
            }
            pem::Error::NoItemsFound => KeyError::NoPem,
            // PKCS#1 with a password has its headers where base64 should be.
            _ if says("Proc-Type: 4,ENCRYPTED") => KeyError::Encrypted,
            _ => KeyError::Damaged,
        }
    })
}

fn rsa(der: PrivateKeyDer<'static>) -> Result<(DkimKey, Vec<u8>, usize), KeyError> {
    match &der {
        PrivateKeyDer::Pkcs8(key) if is(key, ED25519) => return Err(KeyError::IsEd25519),
        PrivateKeyDer::Pkcs8(key) if !is(key, RSA) => return Err(KeyError::OtherKind),
        PrivateKeyDer::Sec1(_) => return Err(KeyError::OtherKind),
        _ => {}
    }
    let key = RsaKey::<Sha256>::from_key_der(der).map_err(|error| {
        // ring's words; it signs with 2048 to 4096 bits.
        let words = error.to_string();
        match () {
            () if words.contains("TooSmall") => KeyError::TooSmall,
            () if words.contains("TooLarge") => KeyError::TooLarge,
            () => KeyError::Damaged,
        }
    })?;
    let public = rsa_public_key_info(&key.public_key());
    let bits = rsa_bits(&public).ok_or(KeyError::Damaged)?;
    Ok((DkimKey::Rsa(key), public, bits))
}

fn ed25519(der: &PrivateKeyDer<'static>) -> Result<(DkimKey, Vec<u8>, usize), KeyError> {
    let key = match der {
        PrivateKeyDer::Pkcs8(key) if is(key, ED25519) => key,
        PrivateKeyDer::Pkcs1(_) => return Err(KeyError::IsRsa),
        PrivateKeyDer::Pkcs8(key) if is(key, RSA) => return Err(KeyError::IsRsa),
        _ => return Err(KeyError::OtherKind),
    };
    // OpenSSL leaves the public half out of the file; it is computed then.
    let key = Ed25519Key::from_pkcs8_maybe_unchecked_der(key.secret_pkcs8_der());
    let key = key.map_err(|_| KeyError::Damaged)?;
    let public = key.public_key();
    Ok((DkimKey::Ed25519(key), public, 256))
}

/// Whether PKCS#8 names that algorithm: it stands within the first bytes (RFC 5958 2).
fn is(key: &PrivatePkcs8KeyDer<'_>, oid: &[u8]) -> bool {
    let head = key.secret_pkcs8_der();
    let head = head.get(..32).unwrap_or(head);
    head.windows(oid.len()).any(|part| part == oid)
}
