//! Replies in, lines out: everything bounded in size and time, whatever the other side does.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::fault;
use super::printable::printable;
use super::stream::Stream;
use crate::domain::smtp::evidence::Fault;

/// Octets that are read at once; together with one reply, all that a server can make us hold.
const CHUNK: usize = 4 * 1024;
/// Octets of a line that are kept; RFC 5321 4.5.3.1.5 allows 512, servers take more.
const MAX_LINE: usize = 2_000;
/// Octets of one reply, kept or not.
const MAX_REPLY: usize = 64 * 1024;
/// Lines of one reply.
const MAX_LINES: usize = 100;
/// Characters that are kept of what is no reply.
const MAX_QUOTE: usize = 200;
/// How long a closing connection may take to say so.
const FAREWELL: Duration = Duration::from_secs(1);

/// One connection.
pub struct Wire {
    /// None once the connection is over.
    stream: Option<Stream>,
    buffer: Box<[u8; CHUNK]>,
    start: usize,
    end: usize,
}

/// A reply as it came: its code and the text of each line, not yet redacted.
pub struct RawReply {
    pub code: u16,
    pub lines: Vec<String>,
}

/// What stands where no reply is expected.
pub enum Ahead {
    Nothing,
    Bytes,
    End(Fault),
}

impl Wire {
    pub fn new(stream: Stream) -> Self {
        Self {
            stream: Some(stream),
            buffer: Box::new([0; CHUNK]),
            start: 0,
            end: 0,
        }
    }

    /// The bare connection, to be wrapped in TLS; this one is over. None where it is over already or has TLS.
    pub fn take_plain(&mut self) -> Option<TcpStream> {
        match self.stream.take() {
            Some(Stream::Plain(stream)) => Some(stream),
            _ => None,
        }
    }

    pub fn is_over(&self) -> bool {
        self.stream.is_none()
    }

    /// Whether bytes were read that nobody has looked at.
    pub fn has_leftovers(&self) -> bool {
        self.start < self.end
    }

    /// Sends bytes; all of them have left us when this returns.
    pub async fn send(&mut self, bytes: &[u8], ends: Instant) -> Result<(), Fault> {
        self.write(bytes, ends).await?;
        self.flush(ends).await
    }

    /// Hands bytes to the system; an error means that not all of them were taken.
    pub async fn write(&mut self, bytes: &[u8], ends: Instant) -> Result<(), Fault> {
        let stream = self.stream.as_mut().ok_or(Fault::Closed)?;
        let sent = timeout_at(ends, stream.write_all(bytes)).await;
        let sent = sent.map_err(|_| Fault::Silent)?;
        sent.map_err(|error| fault::of_io(&error))
    }

    /// Sees to it that TLS keeps nothing back.
    pub async fn flush(&mut self, ends: Instant) -> Result<(), Fault> {
        let stream = self.stream.as_mut().ok_or(Fault::Closed)?;
        let flushed = timeout_at(ends, stream.flush()).await;
        let flushed = flushed.map_err(|_| Fault::Silent)?;
        flushed.map_err(|error| fault::of_io(&error))
    }

    /// Looks, without waiting, whether something was said, or the connection has ended, before we spoke.
    pub async fn ahead(&mut self) -> Ahead {
        if self.has_leftovers() {
            return Ahead::Bytes;
        }
        // Polled once. A timer would wait for its next tick, up to a millisecond before each command.
        let mut fill = pin!(self.fill());
        match poll_fn(|context| Poll::Ready(fill.as_mut().poll(context))).await {
            Poll::Pending => Ahead::Nothing,
            Poll::Ready(Ok(())) => Ahead::Bytes,
            Poll::Ready(Err(fault)) => Ahead::End(fault),
        }
    }

    /// Reads one whole reply.
    pub async fn reply(&mut self, ends: Instant) -> Result<RawReply, Fault> {
        let read = timeout_at(ends, self.read_reply()).await;
        read.unwrap_or(Err(Fault::Silent))
    }

    async fn read_reply(&mut self) -> Result<RawReply, Fault> {
        let mut lines = Vec::new();
        let mut code = None;
        let mut octets = 0;
        loop {
            let (line, cut) = self.line(&mut octets, code.is_none()).await?;
            let Some((digits, more, text)) = parse(&line) else {
                return Err(not_a_reply(&line));
            };
            if *code.get_or_insert(digits) != digits {
                return Err(Fault::Garbled(printable(&line, MAX_QUOTE)));
            }
            let mut text = printable(text, MAX_LINE);
            if cut {
                text.push('…');
            }
            lines.push(text);
            if !more {
                return Ok(RawReply {
                    code: digits,
                    lines,
                });
            }
            if lines.len() >= MAX_LINES {
                return Err(Fault::Garbled(format!(
                    "more than {MAX_LINES} lines, the last: {}",
                    printable(&line, MAX_QUOTE)
                )));
            }
        }
    }

    /// One line without its end, as much of it as is kept, and whether some was not.
    async fn line(&mut self, octets: &mut usize, first: bool) -> Result<(Vec<u8>, bool), Fault> {
        let mut line = Vec::new();
        let mut cut = false;
        loop {
            if !self.has_leftovers() {
                match self.fill().await {
                    Ok(()) => {}
                    // Words without an end say more than the end.
                    Err(_) if first && is_foreign(&line) => return Err(not_a_reply(&line)),
                    Err(fault) => return Err(fault),
                }
            }
            let fresh = &self.buffer[self.start..self.end];
            let (taken, ended) = match fresh.iter().position(|b| *b == b'\n') {
                Some(at) => (at + 1, true),
                None => (fresh.len(), false),
            };
            let content = &fresh[..taken - usize::from(ended)];
            let room = MAX_LINE.saturating_sub(line.len()).min(content.len());
            line.extend_from_slice(&content[..room]);
            cut |= room < content.len();
            *octets += taken;
            self.start += taken;
            // TLS speaks in records, not in lines: there may be no end to wait for.
            if first && is_tls(&line) {
                return Err(not_a_reply(&line));
            }
            if *octets > MAX_REPLY {
                return Err(Fault::Garbled(format!(
                    "more than {MAX_REPLY} octets: {}",
                    printable(&line, MAX_QUOTE)
                )));
            }
            if ended {
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok((line, cut));
            }
        }
    }

    /// Reads what there is; the buffer was empty.
    async fn fill(&mut self) -> Result<(), Fault> {
        let stream = self.stream.as_mut().ok_or(Fault::Closed)?;
        let read = match stream.read(self.buffer.as_mut_slice()).await {
            Ok(0) => Err(Fault::Closed),
            Ok(read) => Ok(read),
            // Within TLS, a connection that ends without a farewell.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(Fault::Closed),
            Err(error) => Err(fault::of_io(&error)),
        };
        match read {
            Ok(read) => {
                (self.start, self.end) = (0, read);
                Ok(())
            }
            Err(fault) => {
                self.stream = None;
                Err(fault)
            }
        }
    }

    /// Ends the connection.
    pub async fn close(&mut self) {
        if let Some(mut stream) = self.stream.take() {
            let _ = timeout(FAREWELL, stream.shutdown()).await;
        }
    }
}

/// Code, whether more lines follow, text.
fn parse(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    let fits = digits.iter().all(u8::is_ascii_digit) && (b'2'..=b'5').contains(&digits[0]);
    if !fits {
        return None;
    }
    let code = digits
        .iter()
        .fold(0, |code, digit| code * 10 + u16::from(*digit - b'0'));
    let (more, text) = match rest {
        [] => (false, rest),
        [b' ', text @ ..] => (false, text),
        [b'-', text @ ..] => (true, text),
        _ => return None,
    };
    Some((code, more, text))
}

fn not_a_reply(line: &[u8]) -> Fault {
    let quote = printable(line, MAX_QUOTE);
    if is_foreign(line) {
        Fault::Foreign(quote)
    } else {
        Fault::Garbled(quote)
    }
}

/// What other protocols begin with.
fn is_foreign(line: &[u8]) -> bool {
    let words: [&[u8]; 7] = [
        b"HTTP/", b"SSH-", b"<html", b"<!DOC", b"* OK", b"+OK", b"RFB ",
    ];
    words.iter().any(|word| line.starts_with(word)) || is_tls(line)
}

/// A TLS record: alert or handshake, version 3.x (RFC 8446 5.1).
fn is_tls(line: &[u8]) -> bool {
    matches!(line, [0x15 | 0x16, 0x03, ..])
}
