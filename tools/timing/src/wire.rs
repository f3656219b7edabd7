//! One kept connection, written to and read from without a library between: its own threads and buffers would be in the times.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Octets of one answer, at most.
const MOST: usize = 256 * 1024;

/// A form that is posted without JavaScript.
#[derive(Debug, Clone)]
pub struct Post {
    pub path: &'static str,
    /// Names and values; what is written here needs no escapes but those of `@`.
    pub fields: Vec<(&'static str, String)>,
}

/// What came back, and how long it took from the first octet out to the last one in.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Headers and body.
    pub text: String,
    pub took: Duration,
}

pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    host: String,
    sent: u32,
}

impl Wire {
    pub fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(MOST),
            host: address.to_string(),
            sent: 0,
        })
    }

    /// Sends a form and reads the whole answer; the connection stays.
    pub fn post(&mut self, post: &Post) -> anyhow::Result<Answer> {
        let pair = |(name, value): &(&str, String)| format!("{name}={}", value.replace('@', "%40"));
        let body: Vec<_> = post.fields.iter().map(pair).collect();
        let body = body.join("&");
        // Many clients, behind a proxy that is trusted: no limit by address comes near.
        self.sent = self.sent.wrapping_add(1);
        let client = self.sent % 250 + 1;
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nX-Forwarded-For: 198.51.100.{client}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            post.path,
            self.host,
            body.len()
        );
        let began = Instant::now();
        self.stream.write_all(request.as_bytes())?;
        let status = self.read()?;
        let took = began.elapsed();
        let text = String::from_utf8(self.buffer.clone()).context("an answer is not UTF-8")?;
        Ok(Answer { status, text, took })
    }

    /// Reads one answer into the buffer.
    fn read(&mut self) -> anyhow::Result<u16> {
        self.buffer.clear();
        let mut whole = None;
        loop {
            let mut piece = [0; 16 * 1024];
            let read = self.stream.read(&mut piece).context("no answer in time")?;
            ensure!(read > 0, "the server hung up");
            self.buffer.extend_from_slice(&piece[..read]);
            ensure!(self.buffer.len() <= MOST, "an answer without end");
            if whole.is_none() {
                whole = length(&self.buffer)?;
            }
            let Some((status, length)) = whole else {
                continue;
            };
            match self.buffer.len() {
                have if have < length => {}
                have if have == length => return Ok(status),
                _ => bail!("more than one answer came"),
            }
        }
    }
}

/// Status and length of an answer, headers included, once they are all there.
fn length(answer: &[u8]) -> anyhow::Result<Option<(u16, usize)>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&answer[..end])?;
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
    let named = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let ours = name.eq_ignore_ascii_case("content-length");
        ours.then(|| value.trim().parse::<usize>().ok())?
    };
    let body = lines.find_map(named);
    let (Some(status), Some(body)) = (status, body) else {
        bail!("no status or no length: {first}");
    };
    Ok(Some((status, end + 4 + body)))
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn an_answer_ends_where_its_length_says() {
        let answer = b"HTTP/1.1 303 See Other\r\nlocation: /\r\nContent-Length: 2\r\n\r\nok";
        assert_eq!(length(answer).unwrap(), Some((303, answer.len())));
        assert_eq!(length(&answer[..30]).unwrap(), None);
        assert!(length(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "no length");
        assert!(length(b"220 hello\r\n\r\n").is_err());
    }
}
