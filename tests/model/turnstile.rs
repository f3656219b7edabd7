//! A mail relay that lets nobody through by itself: each mail waits at RCPT, and again after the final dot if it is told to, until
//! the run says what becomes of it. So the worker's turn is a step like any other.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::op::Verdict;

/// Where a mail waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Recipient,
    Dot,
}

struct Waiting {
    stage: Stage,
    recipient: String,
    answer: oneshot::Sender<Verdict>,
}

#[derive(Clone, Default)]
struct Shared {
    waiting: Arc<Mutex<Option<Waiting>>>,
    received: Arc<Mutex<Vec<String>>>,
}

pub struct Turnstile {
    pub port: u16,
    shared: Shared,
    task: JoinHandle<()>,
}

impl Turnstile {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Shared::default();
        let talk = shared.clone();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(converse(stream, talk.clone()));
            }
        });
        Self { port, shared, task }
    }

    /// Where a mail waits, and for whom it is.
    pub fn waiting(&self) -> Option<(Stage, String)> {
        let waiting = self.shared.waiting.lock().unwrap();
        let waiting = waiting.as_ref()?;
        Some((waiting.stage, waiting.recipient.clone()))
    }

    /// Answers what waits.
    pub fn answer(&self, verdict: Verdict) {
        let waiting = self.shared.waiting.lock().unwrap().take();
        waiting
            .expect("a mail waits")
            .answer
            .send(verdict)
            .unwrap_or_else(|_| panic!("nobody waits for the answer"));
    }

    /// The server is gone: nothing waits any more.
    pub fn forget(&self) {
        drop(self.shared.waiting.lock().unwrap().take());
    }

    /// The messages whose final dot came since the last look, whatever became of them.
    pub fn fresh(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.received.lock().unwrap())
    }
}

impl Drop for Turnstile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn wait(shared: &Shared, stage: Stage, recipient: &str) -> Option<Verdict> {
    let (answer, verdict) = oneshot::channel();
    let recipient = recipient.to_owned();
    let before = shared.waiting.lock().unwrap().replace(Waiting {
        stage,
        recipient,
        answer,
    });
    assert!(before.is_none(), "one worker has one mail in hand");
    verdict.await.ok()
}

async fn converse(stream: TcpStream, shared: Shared) -> Option<()> {
    let mut stream = BufReader::new(stream);
    say(&mut stream, "220 turnstile.test").await?;
    let mut recipient = String::new();
    let mut verdict = Verdict::Accept;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.get(..4).unwrap_or_default() {
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1).unwrap_or_default();
                address.clone_into(&mut recipient);
                verdict = wait(&shared, Stage::Recipient, &recipient).await?;
                let reply = match verdict {
                    Verdict::DeferRecipient => "451 4.7.1 try again later",
                    Verdict::RefuseRecipient => "550 5.1.1 no such mailbox",
                    _ => "250 2.1.5 ok",
                };
                say(&mut stream, reply).await?;
            }
            "DATA" => {
                say(&mut stream, "354 go on").await?;
                let mut source = String::new();
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
                shared.received.lock().unwrap().push(source);
                if verdict == Verdict::Hold {
                    verdict = wait(&shared, Stage::Dot, &recipient).await?;
                }
                match verdict {
                    Verdict::Vanish => return None,
                    Verdict::DeferMessage | Verdict::DeferRecipient => {
                        say(&mut stream, "451 4.3.0 not now").await?;
                    }
                    Verdict::RefuseMessage | Verdict::RefuseRecipient => {
                        say(&mut stream, "554 5.6.0 malformed content").await?;
                    }
                    Verdict::Accept | Verdict::Hold => {
                        say(&mut stream, "250 2.0.0 queued").await?;
                    }
                }
            }
            "QUIT" => {
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
