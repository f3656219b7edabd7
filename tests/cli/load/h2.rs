//! HTTP/2 by hand (RFC 9113): frames that no well-behaved client would send, in an order of the test's choice.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
#[allow(dead_code, reason = "tests/cli opens windows")]
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// RFC 9113 7.
pub const REFUSED_STREAM: u32 = 7;
pub const CANCEL: u32 = 8;

#[derive(Debug, Clone)]
pub struct Frame {
    pub kind: u8,
    #[allow(dead_code, reason = "tests/flow looks at them")]
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A request's header block without compression (RFC 7541 6.2.2): literals that are not indexed.
pub fn request(method: &str, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let own = [
        (":method", method),
        (":scheme", "http"),
        (":authority", "localhost"),
        (":path", path),
    ];
    let mut block = Vec::new();
    for (name, value) in own.iter().chain(more) {
        block.push(0);
        for text in [name, value] {
            assert!(text.len() < 127, "one byte of length");
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.as_bytes());
        }
    }
    block
}

/// How the other end took it.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// It said why.
    GoAway(u32),
    /// It hung up.
    Closed,
    /// It bore it all.
    Open,
}

pub struct Connection(TcpStream);

impl Connection {
    /// With the preface and these settings sent.
    pub fn open(mut stream: TcpStream, settings: &[(u16, u32)]) -> Self {
        stream.set_nodelay(true).unwrap();
        stream
            .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            .unwrap();
        let mut payload = Vec::new();
        for (name, value) in settings {
            payload.extend(name.to_be_bytes());
            payload.extend(value.to_be_bytes());
        }
        stream.write_all(&frame(SETTINGS, 0, 0, &payload)).unwrap();
        Self(stream)
    }

    /// Writes, unless the other end has hung up.
    pub fn write(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok()
    }

    /// Writes over and over, reading nothing, until the other end has had enough or all are written: how many went.
    pub fn flood(&mut self, times: usize, next: impl Fn(usize) -> Vec<u8>) -> usize {
        (0..times).take_while(|n| self.write(&next(*n))).count()
    }

    /// The next frame; `None` at the end.
    pub fn read(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).ok()?;
        let [a, b, c, kind, flags, s @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.0.read_exact(&mut payload).ok()?;
        let stream = u32::from_be_bytes(s) & 0x7fff_ffff;
        Some(Frame {
            kind,
            flags,
            stream,
            payload,
        })
    }

    /// Reads up to the first frame that fits.
    pub fn until(&mut self, fits: impl Fn(&Frame) -> bool) -> Option<Frame> {
        std::iter::from_fn(|| self.read()).find(|frame| fits(frame))
    }

    /// Reads on until the other end says goodbye, hangs up, or has said nothing for `quiet`.
    pub fn end(&mut self, quiet: Duration) -> End {
        self.0.set_read_timeout(Some(quiet)).unwrap();
        let mut first = [0; 1];
        loop {
            match self.0.peek(&mut first) {
                Ok(0) => return End::Closed,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return End::Open,
                Err(_) => return End::Closed,
            }
            match self.read() {
                Some(frame) if frame.kind == GOAWAY => {
                    let code = frame.payload[4..8].try_into().unwrap();
                    return End::GoAway(u32::from_be_bytes(code));
                }
                Some(_) => {}
                None => return End::Closed,
            }
        }
    }
}
