//! An SMTP server that answers as a test has written, and does what no server should.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// What it does instead of its usual answer.
#[derive(Debug, Clone)]
pub enum Act {
    /// These words and a line end.
    Say(&'static str),
    /// These bytes, and nothing else.
    Bytes(Vec<u8>),
    /// These bytes over and over, as long as they are taken.
    Endless(&'static [u8]),
    /// One byte in so much time, for ever.
    Drip(u8, Duration),
    /// Nothing, until the other side goes.
    Silence,
    /// The end of the connection.
    Close,
    /// These words, then the end.
    SayAndClose(&'static str),
    /// The end without a farewell.
    Reset,
    /// The words, then the handshake over the same connection.
    StartTls(&'static str),
}

/// A step (`BANNER`, the beginning of a command in upper case, `.` for the end of a message) and what it does there. Where a step
/// stands more than once, each counts once, in order, but for the last, which stays.
pub type Script = Vec<(&'static str, Act)>;

/// A server on a port of its own.
pub struct Server {
    pub at: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    script: Mutex<Script>,
    heard: Mutex<Vec<String>>,
    /// Octets that were written to the client, as far as the system took them.
    written: Mutex<u64>,
    connections: Mutex<usize>,
    tls: Option<TlsAcceptor>,
    implicit: bool,
}

impl Server {
    /// In the clear, at another address of this machine.
    pub async fn at(ip: std::net::IpAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind((ip, 0)).await?;
        Ok(Self::on(listener, vec![], None, false))
    }

    /// In the clear.
    pub async fn plain(script: Script) -> Self {
        Self::start(script, None, false).await
    }

    /// With STARTTLS, offered in its EHLO and done where the client asks for it.
    pub async fn starttls(script: Script, tls: Arc<ServerConfig>) -> Self {
        Self::start(script, Some(tls), false).await
    }

    /// With TLS from the first byte.
    pub async fn implicit(script: Script, tls: Arc<ServerConfig>) -> Self {
        Self::start(script, Some(tls), true).await
    }

    async fn start(script: Script, tls: Option<Arc<ServerConfig>>, implicit: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, script, tls, implicit)
    }

    fn on(
        listener: TcpListener,
        script: Script,
        tls: Option<Arc<ServerConfig>>,
        implicit: bool,
    ) -> Self {
        let at = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Mutex::new(script),
            heard: Mutex::default(),
            written: Mutex::default(),
            connections: Mutex::default(),
            tls: tls.map(TlsAcceptor::from),
            implicit,
        });
        let serving = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *serving.connections.lock().unwrap() += 1;
                tokio::spawn(serve(stream, serving.clone()));
            }
        });
        Self { at, shared }
    }

    /// All lines that clients sent, without line ends.
    pub fn heard(&self) -> Vec<String> {
        self.shared.heard.lock().unwrap().clone()
    }

    /// The commands among them that begin so.
    pub fn heard_of(&self, verb: &str) -> usize {
        let heard = self.shared.heard.lock().unwrap();
        heard.iter().filter(|line| line.starts_with(verb)).count()
    }

    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }

    pub fn written(&self) -> u64 {
        *self.shared.written.lock().unwrap()
    }
}

impl Shared {
    fn act(&self, line: &str) -> Option<Act> {
        let mut script = self.script.lock().unwrap();
        let matches = |step: &str| line.to_ascii_uppercase().starts_with(step);
        let at = script.iter().position(|(step, _)| matches(step))?;
        let step = script[at].0;
        let last = script.iter().filter(|(other, _)| *other == step).count() == 1;
        Some(if last {
            script[at].1.clone()
        } else {
            script.remove(at).1
        })
    }
}

/// The connection goes on within TLS, where the client wants it.
enum Next {
    Over,
    Handshake,
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let Some(tls) = shared.tls.clone() else {
        let _ = talk(stream, &shared, true, false).await;
        return;
    };
    if shared.implicit {
        if let Ok(stream) = tls.accept(stream).await {
            let _ = talk(stream, &shared, true, true).await;
        }
        return;
    }
    let Some((Next::Handshake, stream)) = talk(stream, &shared, true, false).await else {
        return;
    };
    if let Ok(stream) = tls.accept(stream).await {
        let _ = talk(stream, &shared, false, true).await;
    }
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {
    /// No farewell when it is dropped.
    fn reset(&self) {}
}

impl Wire for TcpStream {
    fn reset(&self) {
        // Zero seconds to linger: the system sends RST.
        let _ = self.set_zero_linger();
    }
}

impl Wire for tokio_rustls::server::TlsStream<TcpStream> {
    fn reset(&self) {
        let _ = self.get_ref().0.set_zero_linger();
    }
}

async fn talk<S: Wire>(
    stream: S,
    shared: &Shared,
    greet: bool,
    protected: bool,
) -> Option<(Next, S)> {
    let mut stream = BufReader::new(stream);
    let mut in_data = false;
    if greet {
        let act = shared.act("BANNER").unwrap_or(Act::Say("220 test ESMTP"));
        if !perform(&mut stream, shared, act).await {
            return Some((Next::Over, stream.into_inner()));
        }
    }
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await.unwrap_or(0) == 0 {
            return Some((Next::Over, stream.into_inner()));
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        shared.heard.lock().unwrap().push(line.clone());
        let act = if in_data {
            if line != "." {
                continue;
            }
            in_data = false;
            shared
                .act(".")
                .unwrap_or(Act::Say("250 2.0.0 Ok: queued as 4XyZ"))
        } else {
            let act = shared
                .act(&line)
                .unwrap_or_else(|| usual(&line, shared, protected));
            in_data = line == "DATA" && matches!(act, Act::Say(words) if words.starts_with("354"));
            act
        };
        if let Act::StartTls(words) = act {
            let said = perform(&mut stream, shared, Act::Say(words)).await;
            return said.then(|| (Next::Handshake, stream.into_inner()));
        }
        if !perform(&mut stream, shared, act).await || line == "QUIT" {
            return Some((Next::Over, stream.into_inner()));
        }
    }
}

fn usual(line: &str, shared: &Shared, protected: bool) -> Act {
    let verb = line
        .split(' ')
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase();
    Act::Say(match verb.as_str() {
        "EHLO" if shared.tls.is_some() && !protected => {
            "250-test\r\n250-PIPELINING\r\n250 STARTTLS"
        }
        "EHLO" => "250-test\r\n250-SIZE 1000000\r\n250 AUTH PLAIN LOGIN XOAUTH2",
        "STARTTLS" => return Act::StartTls("220 go on"),
        "AUTH" => "235 2.7.0 welcome",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "250 ok",
    })
}

/// Whether the conversation goes on.
async fn perform<S: Wire>(stream: &mut BufReader<S>, shared: &Shared, act: Act) -> bool {
    match act {
        Act::Say(words) => write(stream, shared, format!("{words}\r\n").as_bytes()).await,
        Act::Bytes(bytes) => write(stream, shared, &bytes).await,
        Act::Endless(bytes) => {
            while write(stream, shared, bytes).await {}
            false
        }
        Act::Drip(byte, every) => {
            while write(stream, shared, &[byte]).await {
                tokio::time::sleep(every).await;
            }
            false
        }
        Act::Silence => {
            let _ = tokio::io::copy(stream, &mut tokio::io::sink()).await;
            false
        }
        Act::Close => false,
        Act::SayAndClose(words) => {
            write(stream, shared, format!("{words}\r\n").as_bytes()).await;
            false
        }
        Act::Reset => {
            stream.get_ref().reset();
            false
        }
        Act::StartTls(_) => true,
    }
}

async fn write<S: Wire>(stream: &mut BufReader<S>, shared: &Shared, bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        match stream.write(rest).await {
            Ok(0) | Err(_) => return false,
            Ok(taken) => {
                *shared.written.lock().unwrap() += taken as u64;
                rest = &rest[taken..];
            }
        }
    }
    stream.flush().await.is_ok()
}

/// Reads all that a client sends and answers with these bytes, whatever it said: no SMTP at all.
pub async fn foreign(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut heard = [0; 512];
                let _ = stream.read(&mut heard).await;
                let _ = stream.write_all(answer).await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            });
        }
    });
    at
}
