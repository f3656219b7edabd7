//! One client's socket: bytes between the wire and the session.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::timeout;

use super::data::DataReader;
use super::lines::{Input, Line};
use super::message::Received;
use super::reply::Reply;
use super::session::{Next, Outcome, Session, Step};
use super::store::Mailbox;

/// Silence after which a session ends (RFC 5321 4.5.3.2.7).
pub const IDLE: Duration = Duration::from_secs(5 * 60);
/// How long the end of a connection waits for the client to read it.
const LINGER: Duration = Duration::from_secs(1);
/// Octets read at once.
const CHUNK: usize = 8 * 1024;

/// What reading brought.
enum Read {
    Bytes,
    /// The client is gone.
    End,
    /// The server says its last word.
    Last(Reply),
}

/// A conversation over any pair of streams.
pub struct Connection<S> {
    stream: S,
    mailbox: Mailbox,
    session: Session,
    input: Input,
    idle: Duration,
    /// True once the server stops.
    stop: watch::Receiver<bool>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub fn new(stream: S, mailbox: Mailbox, idle: Duration, stop: watch::Receiver<bool>) -> Self {
        let session = Session::new(mailbox.max_bytes());
        Self {
            stream,
            mailbox,
            session,
            input: Input::default(),
            idle,
            stop,
        }
    }

    /// Talks until one side has enough.
    pub async fn run(mut self) -> io::Result<()> {
        // Replies wait here until the client's pipelined commands are used up (RFC 2920 3.2).
        let mut replies = Session::banner().to_wire();
        loop {
            while let Some(line) = self.input.line() {
                let step = match line {
                    Line::Whole(line) => self.session.line(&line),
                    Line::TooLong => self.session.line_too_long(),
                };
                let Some(Step { reply, next }) = self.obey(step, &mut replies).await? else {
                    return Ok(());
                };
                replies.push_str(&reply.to_wire());
                if next == Next::Close {
                    return self.close(&replies).await;
                }
            }
            self.send(&mut replies).await?;
            match self.read().await? {
                Read::Bytes => {}
                Read::End => return Ok(()),
                Read::Last(reply) => return self.close(&reply.to_wire()).await,
            }
        }
    }

    /// Reads the message where that is what comes next; none where the connection ended over it.
    async fn obey(&mut self, step: Step, replies: &mut String) -> io::Result<Option<Step>> {
        if step.next != Next::Data {
            return Ok(Some(step));
        }
        replies.push_str(&step.reply.to_wire());
        let mut reader = DataReader::new(self.mailbox.max_bytes());
        loop {
            if let Some(end) = reader.feed(self.input.rest()) {
                self.input.skip(end);
                break;
            }
            self.input.skip(self.input.rest().len());
            self.send(replies).await?;
            match self.read().await? {
                Read::Bytes => {}
                Read::End => return Ok(None),
                Read::Last(reply) => {
                    self.close(&reply.to_wire()).await?;
                    return Ok(None);
                }
            }
        }
        let outcome = self.keep(reader).await;
        Ok(Some(self.session.after_data(outcome)))
    }

    async fn keep(&mut self, reader: DataReader) -> Outcome {
        let (Some(envelope), body) = (self.session.take_envelope(), reader.finish()) else {
            return Outcome::Failed;
        };
        let Some(source) = body else {
            return Outcome::TooLarge;
        };
        let mailbox = self.mailbox.clone();
        // Parsing megabytes takes milliseconds that other sessions need not wait for.
        let pushed =
            tokio::task::spawn_blocking(move || mailbox.push(Received { envelope, source })).await;
        match pushed {
            Ok(message) => Outcome::Kept(message.id.clone()),
            Err(error) => {
                tracing::error!(%error, "the sandbox mailbox could not keep a message");
                Outcome::Failed
            }
        }
    }

    async fn read(&mut self) -> io::Result<Read> {
        let mut chunk = [0; CHUNK];
        tokio::select! {
            biased;
            _ = self.stop.wait_for(|stop| *stop) => Ok(Read::Last(Session::stopping())),
            read = timeout(self.idle, self.stream.read(&mut chunk)) => match read {
                Err(_) => Ok(Read::Last(Session::idle())),
                Ok(Ok(0)) => Ok(Read::End),
                Ok(Ok(count)) => {
                    self.input.add(&chunk[..count]);
                    Ok(Read::Bytes)
                }
                Ok(Err(error)) => Err(error),
            },
        }
    }

    async fn send(&mut self, replies: &mut String) -> io::Result<()> {
        write(&mut self.stream, replies, self.idle).await?;
        replies.clear();
        Ok(())
    }

    /// Says the last words and waits a moment, since closing over unread input would tear them from the client's hands.
    async fn close(&mut self, last: &str) -> io::Result<()> {
        write(&mut self.stream, last, self.idle).await?;
        self.stream.shutdown().await?;
        let mut sink = [0; CHUNK];
        let drain = async { while matches!(self.stream.read(&mut sink).await, Ok(1..)) {} };
        let _ = timeout(LINGER, drain).await;
        Ok(())
    }
}

/// Writes all or gives up on a client that does not read.
pub async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    text: &str,
    patience: Duration,
) -> io::Result<()> {
    let written = timeout(patience, async {
        stream.write_all(text.as_bytes()).await?;
        stream.flush().await
    });
    written
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::clock::Clock;
    use crate::server::config::Sandbox;

    #[tokio::test]
    async fn silence_ends_it() {
        let (mut client, server) = tokio::io::duplex(1_000);
        let listen = ([127, 0, 0, 1], 0).into();
        let config = Sandbox {
            enabled: true,
            listen,
            max_messages: 10,
            max_bytes: 1_000,
        };
        let mailbox = Mailbox::new(&config, Clock::system());
        let (_stop, stopped) = watch::channel(false);
        let connection = Connection::new(server, mailbox, Duration::from_millis(20), stopped);
        let talk = tokio::spawn(connection.run());
        let mut said = String::new();
        client.read_to_string(&mut said).await.unwrap();
        drop(client);
        talk.await.unwrap().unwrap();
        assert!(said.starts_with("220 "), "{said}");
        assert!(said.contains("\r\n421 4.4.2 "), "{said}");
    }
}
