//! Command lines out of a stream of bytes, bounded.

/// Octets of a command line with its end, at most: above RFC 5321's 512 (4.5.3.1.4), since extensions add to it.
pub const MAX_LINE: usize = 1_000;

/// What has been read and not been used yet.
#[derive(Debug, Default)]
pub struct Input {
    bytes: Vec<u8>,
    /// How much of `bytes` is used up.
    used: usize,
    /// Whether the line being read is already too long, so that its rest is dropped.
    dropping: bool,
}

/// A line, or the notice that one was too long.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// Without its line end.
    Whole(Vec<u8>),
    TooLong,
}

impl Input {
    /// Adds what was read.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.used);
        self.used = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// What is there, whatever it is.
    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.used..]
    }

    /// Marks bytes at the front as used.
    pub fn skip(&mut self, count: usize) {
        self.used = (self.used + count).min(self.bytes.len());
    }

    /// The next line, where there is one. A bare LF ends it too: people type, and only in DATA does it matter.
    pub fn line(&mut self) -> Option<Line> {
        let rest = self.rest();
        let Some(end) = rest.iter().position(|&byte| byte == b'\n') else {
            if self.dropping || rest.len() >= MAX_LINE {
                self.dropping = true;
                self.used = self.bytes.len();
            }
            return None;
        };
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        let line = if self.dropping || end + 1 > MAX_LINE {
            Line::TooLong
        } else {
            Line::Whole(line.to_vec())
        };
        self.dropping = false;
        self.skip(end + 1);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(line: &[u8]) -> Option<Line> {
        Some(Line::Whole(line.to_vec()))
    }

    #[test]
    fn lines_come_as_they_are_completed() {
        let mut input = Input::default();
        input.add(b"NOOP\r\nRS");
        assert_eq!(input.line(), whole(b"NOOP"));
        assert_eq!(input.line(), None);
        input.add(b"ET\nDATA\r\n\0\r\r\nrest");
        assert_eq!(input.line(), whole(b"RSET"));
        assert_eq!(input.line(), whole(b"DATA"));
        assert_eq!(input.line(), whole(b"\0\r"));
        assert_eq!(input.rest(), b"rest");
    }

    #[test]
    fn a_long_line_is_dropped_and_told_once() {
        let mut input = Input::default();
        for _ in 0..100 {
            input.add(&[b'x'; 900]);
            assert_eq!(input.line(), None);
            assert!(input.rest().len() < MAX_LINE);
        }
        input.add(b"\r\nNOOP\r\n");
        assert_eq!(input.line(), Some(Line::TooLong));
        assert_eq!(input.line(), whole(b"NOOP"));
        let mut line = vec![b'x'; MAX_LINE - 2];
        line.extend(b"\r\n");
        input.add(&line);
        assert_eq!(input.line(), whole(&line[..MAX_LINE - 2]));
        line.insert(0, b'x');
        input.add(&line);
        assert_eq!(input.line(), Some(Line::TooLong));
    }
}
