//! What the server says: a code and one or more lines (RFC 5321 4.2).

use std::borrow::Cow;
use std::fmt::Write;

/// One reply; its lines hold no CR or LF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits: 2xx done, 3xx go on, 4xx not now, 5xx never. 0: the lines go out as they stand, or there are none.
    pub code: u16,
    lines: Vec<Cow<'static, str>>,
}

impl Reply {
    /// A reply of one line; `text` begins with the enhanced status (RFC 2034) where one belongs.
    pub fn new(code: u16, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            lines: vec![text.into()],
        }
    }

    /// A reply of several lines, in order.
    pub fn lines(code: u16, lines: Vec<Cow<'static, str>>) -> Self {
        Self { code, lines }
    }

    /// Nothing is said.
    pub fn nothing() -> Self {
        Self::raw(Vec::new())
    }

    /// Lines that go out as they stand.
    pub fn raw(lines: Vec<String>) -> Self {
        let lines = lines.into_iter().map(Cow::Owned).collect();
        Self { code: 0, lines }
    }

    /// Whether it refuses, for now (4xx) or for good (5xx).
    pub fn is_refusal(&self) -> bool {
        self.code >= 400
    }

    /// As it goes on the wire: `250-first`, `250 last`, each with CRLF.
    pub fn to_wire(&self) -> String {
        let mut wire = String::new();
        for (index, line) in self.lines.iter().enumerate() {
            // Writing to a String cannot fail.
            let _ = match (self.code, index + 1 == self.lines.len()) {
                (0, _) => write!(wire, "{line}\r\n"),
                (code, true) => write!(wire, "{code} {line}\r\n"),
                (code, false) => write!(wire, "{code}-{line}\r\n"),
            };
        }
        wire
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_has_a_space() {
        let reply = Reply::lines(250, vec!["localhost".into(), "PIPELINING".into()]);
        assert_eq!(reply.to_wire(), "250-localhost\r\n250 PIPELINING\r\n");
        let raw = Reply::raw(vec!["HTTP/1.1 400".into(), "x".into()]);
        assert_eq!(raw.to_wire(), "HTTP/1.1 400\r\nx\r\n");
        assert_eq!(Reply::nothing().to_wire(), "");
        assert_eq!(Reply::new(221, "2.0.0 Bye").to_wire(), "221 2.0.0 Bye\r\n");
    }
}
