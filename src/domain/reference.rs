//! The short reference of a reset request (`K7QF-2M`): shown on the page and in the mail, for known and unknown alike.

use std::fmt;

/// Crockford's base 32: no I, L, O or U, so that it can be read out over a telephone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Six symbols, 30 random bits: enough to find a request, useless to guess anything with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(String);

impl Reference {
    /// From 30 of 32 random bits.
    pub fn from_random(bits: u32) -> Self {
        let symbol = |place: u32| char::from(ALPHABET[(bits >> (5 * place)) as usize & 31]);
        let symbols: String = (0..6).map(symbol).collect();
        Self(format!("{}-{}", &symbols[..4], &symbols[4..]))
    }

    /// Reads one back, from a query or from a person; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 16 {
            return None;
        }
        let symbols: String = text
            .chars()
            .filter(|c| *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let fits = symbols.len() == 6 && symbols.bytes().all(|b| ALPHABET.contains(&b));
        fits.then(|| Self(format!("{}-{}", &symbols[..4], &symbols[4..])))
    }

    /// With its hyphen.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bits_make_a_reference_that_reads_back() {
        for bits in [0, 1, 0x1234_5678, u32::MAX] {
            let reference = Reference::from_random(bits);
            assert_eq!(reference.as_str().len(), 7);
            assert_eq!(
                Reference::parse(reference.as_str()),
                Some(reference.clone())
            );
            assert_eq!(
                Reference::parse(&reference.as_str().to_lowercase()),
                Some(reference)
            );
        }
    }

    #[test]
    fn nothing_else_is_a_reference() {
        for text in [
            "",
            "K7QF-2",
            "K7QF-2MM",
            "K7QF-2U",
            "<b>K7QF",
            "ÄÄÄÄÄÄ",
            "K7QF-2M-----------",
        ] {
            assert_eq!(Reference::parse(text), None, "{text:?}");
        }
    }
}
