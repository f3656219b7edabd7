//! A server's reply: three digits, perhaps an enhanced status code, and text (RFC 5321 4.2, RFC 3463, RFC 2034).

use std::fmt;

use serde::{Deserialize, Serialize};

/// One reply, whole. Its lines are printable, bounded, and without what must not be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// 200 to 599.
    pub code: u16,
    /// From the beginning of the text, where there is one.
    pub enhanced: Option<Enhanced>,
    /// The text of each line, without the digits, with the enhanced code.
    pub lines: Vec<String>,
}

/// An enhanced status code, such as 5.7.8 (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Enhanced {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    pub class: u8,
    /// 1 address, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// Within the subject.
    pub detail: u16,
}

impl Enhanced {
    /// Reads `5.7.8` at the beginning of a text; it must end there or be followed by white space.
    pub fn parse(text: &str) -> Option<Self> {
        let word = text.split([' ', '\t']).next()?;
        let mut parts = word.split('.');
        let number = |part: Option<&str>| -> Option<u16> {
            let part = part?;
            let digits = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse().ok())?
        };
        let class = number(parts.next())?;
        let (subject, detail) = (number(parts.next())?, number(parts.next())?);
        let whole = parts.next().is_none() && matches!(class, 2 | 4 | 5);
        whole.then_some(Self {
            class: u8::try_from(class).ok()?,
            subject,
            detail,
        })
    }
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl Reply {
    /// From a code and the texts of its lines.
    pub fn new(code: u16, lines: Vec<String>) -> Self {
        let enhanced = lines.first().and_then(|line| Enhanced::parse(line));
        Self {
            code,
            enhanced,
            lines,
        }
    }

    /// 2xx or 3xx.
    pub const fn is_positive(&self) -> bool {
        self.code < 400
    }

    /// 4xx.
    pub const fn is_transient(&self) -> bool {
        self.code >= 400 && self.code < 500
    }

    /// All lines as one, without the digits.
    pub fn text(&self) -> String {
        self.lines.join(" ")
    }
}

/// `535 5.7.8 Authentication failed`, on one line.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enhanced_codes_stand_at_the_beginning() {
        let reply = Reply::new(535, vec!["5.7.8 Authentication failed".into()]);
        assert_eq!(reply.enhanced.unwrap().to_string(), "5.7.8");
        assert_eq!(reply.to_string(), "535 5.7.8 Authentication failed");
        for none in [
            "", "5.7", "5.7.8.9", "3.1.1 x", "1.2.3", "5.7.x", "5.7.1234", "x 5.7.8",
        ] {
            assert_eq!(Enhanced::parse(none), None, "{none}");
        }
    }
}
