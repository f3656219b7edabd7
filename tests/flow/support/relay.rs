//! A mail server on a script: what it answers to which mail, when it keeps silent, when it hangs up.

use std::collections::VecDeque;
use std::net::TcpListener as StdListener;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::until;

/// What one attempt at a mail meets: connections are used for several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// 250 to everything.
    Accept,
    /// This line to MAIL.
    Mail(&'static str),
    /// This line to RCPT.
    Rcpt(&'static str),
    /// This line to DATA.
    Data(&'static str),
    /// This line to the final dot; the mail is not kept.
    Message(&'static str),
    /// The answer to RCPT comes when the gate is opened.
    HoldRcpt,
    /// AUTH is offered on a new connection, and this line is the answer to it.
    Auth(&'static str),
    /// A new connection gets not even a greeting.
    Silent,
    /// The answer to the final dot comes when the gate is opened.
    Hold,
    /// The connection ends after the final dot, unanswered.
    Vanish,
}

/// Opened by the test.
pub type Gate = watch::Sender<bool>;

pub struct Relay {
    pub port: u16,
    pub gate: Gate,
    script: Arc<Mutex<VecDeque<Reply>>>,
    received: Arc<Mutex<Vec<String>>>,
    tries: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

/// A port outside the range that the system gives to outgoing connections, free at this moment.
pub fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let offset =
            (std::process::id() * 37) as u16 % 9_000 + NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 20_000 + offset % 10_000;
        if StdListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl Relay {
    /// Each mail takes one reply from the script; after its end all are accepted.
    pub async fn start(script: &[Reply]) -> Self {
        Self::start_at(port(), script).await
    }

    pub async fn start_at(port: u16, script: &[Reply]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let (gate, opened) = watch::channel(false);
        let script: VecDeque<Reply> = script.iter().copied().collect();
        let script = Arc::new(Mutex::new(script));
        let received = Arc::new(Mutex::new(Vec::new()));
        let tries = Arc::new(AtomicUsize::new(0));
        let connections = Arc::new(AtomicUsize::new(0));
        let talk = Talk {
            script: script.clone(),
            received: received.clone(),
            tries: tries.clone(),
            connections: connections.clone(),
            gate: opened,
        };
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(converse(stream, talk.clone()));
            }
        });
        Self {
            port,
            gate,
            script,
            received,
            tries,
            connections,
            task,
        }
    }

    /// What the next mails meet.
    pub fn then(&self, script: &[Reply]) {
        self.script.lock().unwrap().extend(script);
    }

    /// How often somebody tried to hand a mail over.
    pub fn tries(&self) -> usize {
        self.tries.load(Ordering::SeqCst)
    }

    /// How often somebody connected.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The sources of the mails whose final dot came, with the envelope's recipients in the first line.
    pub fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until so many have come.
    pub async fn got(&self, mails: usize) -> Vec<String> {
        until("mail at the relay", async || {
            let received = self.received();
            (received.len() >= mails).then_some(received)
        })
        .await
    }

    /// Waits until somebody has tried so often.
    pub async fn tried(&self, times: usize) {
        until("an attempt at the relay", async || {
            (self.tries() >= times).then_some(())
        })
        .await;
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What all connections share.
#[derive(Clone)]
struct Talk {
    script: Arc<Mutex<VecDeque<Reply>>>,
    received: Arc<Mutex<Vec<String>>>,
    tries: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    gate: watch::Receiver<bool>,
}

impl Talk {
    /// What the next mail meets; a new connection takes what is about connections alone.
    fn next(&self, new: bool) -> Option<Reply> {
        let fits = |reply: &mut Reply| matches!(reply, Reply::Silent | Reply::Auth(_)) == new;
        let next = self.script.lock().unwrap().pop_front_if(fits);
        if next.is_some() || !new {
            self.tries.fetch_add(1, Ordering::SeqCst);
        }
        next
    }
}

async fn converse(stream: TcpStream, mut talk: Talk) -> Option<()> {
    let mut stream = BufReader::new(stream);
    talk.connections.fetch_add(1, Ordering::SeqCst);
    let mut reply = talk.next(true).unwrap_or(Reply::Accept);
    if reply == Reply::Silent {
        let mut line = String::new();
        while stream.read_line(&mut line).await.ok()? > 0 {}
        return None;
    }
    say(&mut stream, "220 relay.test").await?;
    let mut recipients = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        if verb == "MAIL" {
            recipients.clear();
            reply = talk.next(false).unwrap_or(Reply::Accept);
        }
        match (verb.as_str(), reply) {
            ("MAIL", Reply::Mail(answer))
            | ("RCPT", Reply::Rcpt(answer))
            | ("DATA", Reply::Data(answer))
            | ("AUTH", Reply::Auth(answer)) => say(&mut stream, answer).await?,
            ("EHLO", Reply::Auth(_)) => {
                say(&mut stream, "250-relay.test\r\n250 AUTH PLAIN LOGIN").await?;
            }
            ("RCPT", _) => {
                if reply == Reply::HoldRcpt {
                    drop(talk.gate.wait_for(|open| *open).await);
                }
                recipients.push_str(line.trim_end());
                say(&mut stream, "250 2.1.5 ok").await?;
            }
            ("DATA", _) => {
                say(&mut stream, "354 go on").await?;
                let mut source = format!("{recipients}\n");
                loop {
                    let mut line = Vec::new();
                    if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
                        return None;
                    }
                    if line == b".\r\n" {
                        break;
                    }
                    source.push_str(&String::from_utf8_lossy(&line));
                }
                if let Reply::Message(answer) = reply {
                    say(&mut stream, answer).await?;
                    continue;
                }
                talk.received.lock().unwrap().push(source);
                match reply {
                    Reply::Vanish => return None,
                    Reply::Hold => drop(talk.gate.wait_for(|open| *open).await),
                    _ => {}
                }
                say(&mut stream, "250 2.0.0 queued").await?;
            }
            ("QUIT", _) => {
                say(&mut stream, "221 bye").await?;
                return None;
            }
            _ => say(&mut stream, "250 ok").await?,
        }
    }
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> Option<()> {
    stream
        .write_all(format!("{line}\r\n").as_bytes())
        .await
        .ok()
}
