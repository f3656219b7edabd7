//! The bytes after DATA, up to CRLF.CRLF and to nothing else (RFC 5321 4.1.1.4, 4.5.2).
//!
//! A bare LF or CR is a byte like any other: whoever took it for a line end would let one message smuggle in another.

/// Takes a message's bytes as they come and undoes the doubling of dots.
#[derive(Debug)]
pub struct DataReader {
    limit: usize,
    body: Vec<u8>,
    too_large: bool,
    at: At,
}

/// Where in a line the next byte stands.
#[derive(Debug, Clone, Copy)]
enum At {
    LineStart,
    /// After a dot at the start of a line, which is kept back.
    Dot,
    /// After that dot and CR.
    DotCr,
    Text,
    Cr,
}

impl DataReader {
    /// A reader of at most `limit` octets; what is longer is read to its end and not kept.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            body: Vec::new(),
            too_large: false,
            at: At::LineStart,
        }
    }

    /// Takes bytes up to the end of the message: how many, where the end is among them; none where all were taken.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        for (index, &byte) in bytes.iter().enumerate() {
            self.at = match (self.at, byte) {
                (At::LineStart, b'.') => At::Dot,
                (At::Dot, b'\r') => At::DotCr,
                (At::DotCr, b'\n') => return Some(index + 1),
                (At::DotCr, _) => {
                    self.keep(b'\r');
                    self.keep(byte);
                    if byte == b'\r' { At::Cr } else { At::Text }
                }
                (At::Cr, b'\n') => {
                    self.keep(byte);
                    At::LineStart
                }
                (_, b'\r') => {
                    self.keep(byte);
                    At::Cr
                }
                _ => {
                    self.keep(byte);
                    At::Text
                }
            };
        }
        None
    }

    /// The message, or none where it was larger than the limit.
    pub fn finish(self) -> Option<Vec<u8>> {
        (!self.too_large).then_some(self.body)
    }

    fn keep(&mut self, byte: u8) {
        if self.too_large {
            return;
        }
        if self.body.len() == self.limit {
            self.too_large = true;
            self.body = Vec::new();
        } else {
            self.body.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds everything in pieces of one size; the message and what is left over.
    fn read(input: &[u8], piece: usize) -> Option<(Vec<u8>, usize)> {
        let mut reader = DataReader::new(1_000);
        let mut taken = 0;
        for bytes in input.chunks(piece) {
            if let Some(end) = reader.feed(bytes) {
                return Some((reader.finish()?, input.len() - taken - end));
            }
            taken += bytes.len();
        }
        None
    }

    #[test]
    fn ends_and_dots() {
        for (input, body, rest) in [
            (&b".\r\n"[..], &b""[..], 0),
            (b"a\r\n.\r\nQUIT\r\n", b"a\r\n", 6),
            (b"..\r\n...\r\n.a\r\n.\r\n", b".\r\n..\r\na\r\n", 0),
            (
                b"a\n.\nb\n.\r\nc\r.\rd\r\n.\r\n",
                b"a\n.\nb\n.\r\nc\r.\rd\r\n",
                0,
            ),
            (b"a\r\n.\nb\r\n.\r\n", b"a\r\n\nb\r\n", 0),
            (b"a\r\n.\r\r\nb\r\n.\r\n", b"a\r\n\r\r\nb\r\n", 0),
            (b"\r\r\n.\r\n", b"\r\r\n", 0),
            (b"\0\xff\r\n.\r\n", b"\0\xff\r\n", 0),
        ] {
            for piece in 1..=input.len() {
                let got = read(input, piece);
                assert_eq!(got, Some((body.to_vec(), rest)), "{}", input.escape_ascii());
            }
        }
    }

    #[test]
    fn nothing_else_ends() {
        for input in [
            &b"a\n.\n"[..],
            b"a\r\n.\n",
            b"a\n.\r\n",
            b"a\r.\r",
            b"a\r\n.\r",
            b"a\r\n..\r\n",
        ] {
            assert_eq!(read(input, 1), None, "{}", input.escape_ascii());
        }
    }

    #[test]
    fn too_large_is_read_to_its_end() {
        let mut reader = DataReader::new(4);
        assert_eq!(reader.feed(b"ab\r\n.\r\nX"), Some(7));
        assert_eq!(reader.finish(), Some(b"ab\r\n".to_vec()));
        let mut reader = DataReader::new(4);
        assert_eq!(reader.feed(b"abc\r\n.\r\n"), Some(8));
        assert_eq!(reader.finish(), None);
    }
}
