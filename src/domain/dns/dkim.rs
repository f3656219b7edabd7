//! DKIM key records (RFC 6376 3.6.1, 8463): read from DNS, measured, compared.

use serde::{Deserialize, Serialize};

/// Which algorithm a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    Rsa,
    Ed25519,
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
