//! One client's socket: bytes between the wire and the session.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{sleep_until, timeout};

use super::data::DataReader;
use super::lines::{Input, Line};
use super::message::Received;
use super::record::{Ending, Recording};
use super::reply::Reply;
use super::session::{Next, Outcome, Session, Step};
use super::store::Mailbox;
use super::wire::{Peer, Wire};

mod handshake;

/// Silence after which a session ends (RFC 5321 4.5.3.2.7).
pub const IDLE: Duration = Duration::from_secs(5 * 60);
/// How long the end of a connection waits for the client to read it.
const LINGER: Duration = Duration::from_secs(1);
/// Octets read at once.
const CHUNK: usize = 8 * 1024;
/// Octets taken in while the script makes a client wait, at most; more are left with the system.
const WAITING: usize = 64 * 1024;

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
    wire: Wire<S>,
    mailbox: Mailbox,
    session: Session,
    record: Recording,
    input: Input,
    idle: Duration,
    /// Whether TLS begins with the first byte.
    implicit: bool,
    /// True once the server stops.
    stop: watch::Receiver<bool>,
}

impl<S: Peer> Connection<S> {
    /// A conversation that has not begun; `implicit` has TLS from the first byte.
    pub fn new(
        stream: S,
        mailbox: Mailbox,
        record: Recording,
        implicit: bool,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let session = Session::new(mailbox.policy().clone(), mailbox.faults().clone());
        Self {
            wire: Wire::Plain(stream),
            mailbox,
            session,
            record,
            input: Input::default(),
            idle: IDLE,
            implicit,
            stop,
        }
    }

    /// Talks until one side has enough.
    ///
    /// # Errors
    /// When the network fails; that is in the record, too.
    pub async fn run(mut self) -> io::Result<()> {
        let talked = self.talk().await;
        let ending = talked.as_ref().map_or(Ending::Broken, Ending::clone);
        self.record.end(ending);
        talked.map(|_| ())
    }

    async fn talk(&mut self) -> io::Result<Ending> {
        if self.implicit
            && let Some(ending) = self.secure().await?
        {
            return Ok(ending);
        }
        // Replies wait here until the client's pipelined commands are used up (RFC 2920 3.2).
        let mut replies = String::new();
        let first = self.session.open();
        if let Some(ending) = self.obey(first, &mut replies).await? {
            return Ok(ending);
        }
        loop {
            while let Some(line) = self.input.line() {
                let step = match line {
                    Line::Whole(line) => {
                        self.record.client(self.session.shown(&line));
                        self.session.line(&line)
                    }
                    Line::TooLong => {
                        self.record.note("a line longer than is read");
                        self.session.line_too_long()
                    }
                };
                if let Some(helo) = self.session.helo() {
                    self.record.greeted(helo);
                }
                if let Some(ending) = self.obey(step, &mut replies).await? {
                    return Ok(ending);
                }
            }
            self.send(&mut replies).await?;
            if let Some(ending) = self.more().await? {
                return Ok(ending);
            }
        }
    }

    /// Carries a step out; an ending where it was the last.
    async fn obey(&mut self, mut step: Step, replies: &mut String) -> io::Result<Option<Ending>> {
        loop {
            self.record.fired(&step.fired);
            if !step.wait.is_zero() {
                self.send(replies).await?;
                if let Some(ending) = self.pause(step.wait).await? {
                    return Ok(Some(ending));
                }
            }
            let wire = step.reply.to_wire();
            self.record.server(&wire);
            replies.push_str(&wire);
            match step.next {
                Next::Line => return Ok(None),
                Next::Close => {
                    self.close(replies).await?;
                    return Ok(Some(Ending::Closed));
                }
                Next::Reset => {
                    self.send(replies).await?;
                    self.wire.tear();
                    return Ok(Some(Ending::Torn));
                }
                Next::Silence => {
                    self.send(replies).await?;
                    return self.silence().await.map(Some);
                }
                Next::Tls => {
                    self.send(replies).await?;
                    return self.secure().await;
                }
                Next::Data => match self.message(replies).await? {
                    Ok(told) => step = told,
                    Err(ending) => return Ok(Some(ending)),
                },
            }
        }
    }

    /// Reads the message that comes next, up to its final dot.
    async fn message(&mut self, replies: &mut String) -> io::Result<Result<Step, Ending>> {
        let mut reader = DataReader::new(self.mailbox.policy().max_bytes);
        let mut octets = 0;
        loop {
            let fed = reader.feed(self.input.rest());
            let taken = fed.unwrap_or(self.input.rest().len());
            octets += taken;
            self.input.skip(taken);
            if fed.is_some() {
                break;
            }
            self.send(replies).await?;
            if let Some(ending) = self.more().await? {
                self.record
                    .note(format!("{octets} octets of a message without its end"));
                return Ok(Err(ending));
            }
        }
        // Without the final dot and its line end.
        let size = octets - 3;
        self.record.note(format!("a message of {size} octets"));
        let ended = self.session.dot();
        let outcome = if ended.is_kept() {
            Some(self.keep(reader).await)
        } else {
            self.record.note("the message is not kept");
            None
        };
        Ok(Ok(self.session.after_data(ended, outcome)))
    }

    async fn keep(&mut self, reader: DataReader) -> Outcome {
        let (Some(envelope), body) = (self.session.take_envelope(), reader.finish()) else {
            return Outcome::Failed;
        };
        let Some(source) = body else {
            return Outcome::TooLarge;
        };
        let received = Received {
            envelope,
            source,
            session: Some(self.record.id()),
        };
        let mailbox = self.mailbox.clone();
        // Parsing megabytes takes milliseconds that other sessions need not wait for.
        match tokio::task::spawn_blocking(move || mailbox.push(received)).await {
            Ok(message) => {
                self.record.kept(&message.id);
                Outcome::Kept(message.id.clone())
            }
            Err(error) => {
                tracing::error!(%error, "the sandbox mailbox could not keep a message");
                Outcome::Failed
            }
        }
    }

    /// Reads once; an ending where there is no more to read.
    async fn more(&mut self) -> io::Result<Option<Ending>> {
        match self.read().await? {
            Read::Bytes => Ok(None),
            Read::End => Ok(Some(Ending::Left)),
            Read::Last(reply) => {
                let wire = reply.to_wire();
                self.record.server(&wire);
                self.close(&wire).await?;
                Ok(Some(Ending::Closed))
            }
        }
    }

    async fn read(&mut self) -> io::Result<Read> {
        let mut chunk = [0; CHUNK];
        tokio::select! {
            biased;
            _ = self.stop.wait_for(|stop| *stop) => Ok(Read::Last(Session::stopping())),
            read = timeout(self.idle, self.wire.read(&mut chunk)) => match read {
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

    /// Makes the client wait; an ending where it leaves or the server stops meanwhile.
    async fn pause(&mut self, span: Duration) -> io::Result<Option<Ending>> {
        let until = tokio::time::Instant::now() + span;
        let mut chunk = [0; CHUNK];
        loop {
            let full = self.input.rest().len() >= WAITING;
            let read = tokio::select! {
                biased;
                () = sleep_until(until) => return Ok(None),
                _ = self.stop.wait_for(|stop| *stop) => None,
                read = self.wire.read(&mut chunk), if !full => Some(read?),
            };
            match read {
                Some(0) => return Ok(Some(Ending::Left)),
                Some(count) => self.input.add(&chunk[..count]),
                None => {
                    let wire = Session::stopping().to_wire();
                    self.record.server(&wire);
                    self.close(&wire).await?;
                    return Ok(Some(Ending::Closed));
                }
            }
        }
    }

    /// Says nothing any more: what comes is read and forgotten.
    async fn silence(&mut self) -> io::Result<Ending> {
        loop {
            match self.read().await? {
                Read::Bytes => self.input = Input::default(),
                Read::End => return Ok(Ending::Left),
                Read::Last(_) => return Ok(Ending::Closed),
            }
        }
    }

    async fn send(&mut self, replies: &mut String) -> io::Result<()> {
        if !replies.is_empty() {
            write(&mut self.wire, replies.as_bytes(), self.idle).await?;
            replies.clear();
        }
        Ok(())
    }

    /// Says the last words and waits a moment, since closing over unread input would tear them from the client's hands.
    async fn close(&mut self, last: &str) -> io::Result<()> {
        write(&mut self.wire, last.as_bytes(), self.idle).await?;
        self.wire.shutdown().await?;
        let mut sink = [0; CHUNK];
        let drain = async { while matches!(self.wire.read(&mut sink).await, Ok(1..)) {} };
        let _ = timeout(LINGER, drain).await;
        Ok(())
    }
}

/// Writes all or gives up on a client that does not read.
pub async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    bytes: &[u8],
    patience: Duration,
) -> io::Result<()> {
    let written = timeout(patience, async {
        stream.write_all(bytes).await?;
        stream.flush().await
    });
    written
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
