//! Secrets as types that cannot print, and the one place that draws randomness.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A secret text: a password, an SMTP credential. Prints as `Secret(..)`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself; every call is a place to review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// 32 random bytes that travel as 43 characters of base64url: a mailed token or a session cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<[u8; 32]>);

impl Token {
    /// Draws a new one from the operating system.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// Reads what a person pasted: the code, or the whole link around it (`…#CODE.SECONDS`); white space around and inside is
    /// forgiven, as mail programs break lines.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 512 {
            return None;
        }
        let code = text.rsplit('#').next().unwrap_or(text);
        let code = code.split('.').next().unwrap_or(code);
        let compact: Zeroizing<String> =
            Zeroizing::new(code.chars().filter(|c| !c.is_whitespace()).collect());
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(compact.as_bytes()).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// The 43 characters; only for the mail or the cookie that carries it.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_slice()))
    }

    /// What the database keeps: 256 random bits need no slow hash (ASVS 6.5.2).
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_slice()).into())
    }

    /// A value bound to this one that does not give it away: the CSRF token of a session.
    pub fn derive(&self, purpose: &str) -> String {
        let mut digest = Sha256::new();
        digest.update(b"postern:");
        digest.update(purpose.as_bytes());
        digest.update(b":");
        digest.update(self.0.as_slice());
        URL_SAFE_NO_PAD.encode(digest.finalize())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// SHA-256 of a [`Token`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The bytes as the database keeps them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

/// Fills `bytes` from the operating system.
///
/// # Errors
/// When the operating system has no randomness to give.
#[expect(clippy::disallowed_methods, reason = "this is the room of randomness")]
pub fn fill(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
    getrandom::fill(bytes)
}

/// A random id of 128 bits as 32 hexadecimal digits, for rows and requests; not a secret.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn random_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Compares without telling by time where two texts differ.
pub fn same(left: &str, right: &str) -> bool {
    use subtle::ConstantTimeEq;
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_from_code_and_link_and_from_nothing_else() {
        let token = Token::draw().unwrap();
        let code = token.expose();
        let (head, tail) = code.split_at(20);
        for text in [
            code.to_string(),
            format!("  {head}\r\n {tail} "),
            format!("{}.1790000000", *code),
            format!("https://a.example/reset#{}.1790000000", *code),
        ] {
            assert!(Token::parse(&text) == Some(token.clone()), "{text}");
        }
        for text in [
            "",
            "x",
            &code[1..],
            &format!("{}A", *code),
            &"A".repeat(600),
            "ÄÖÜ",
            "null",
            "0",
        ] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let token = Token::draw().unwrap();
        let printed = format!(
            "{token:?} {:?} {:?}",
            token.hash(),
            Secret::new("hunter2".into())
        );
        assert_eq!(printed, "Token(..) TokenHash(..) Secret(..)");
    }
}
