//! The writer of a transcript: steps, lines and times, to whoever watches. Secrets reach it only as a type that cannot print.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use super::redact::Redactor;
use super::target::Credentials;
use crate::domain::smtp::step::Step;
use crate::domain::smtp::transcript::{
    MessageRecord, Side, StepRecord, StepState, TlsRecord, Transcript, WireLine,
};
use crate::server::secrets::Secret;

/// Lines of a transcript, at most.
const MAX_LINES: usize = 600;
/// Octets of all its lines, at most.
const MAX_OCTETS: usize = 128 * 1024;
/// Steps, at most: a typed session could go on for ever.
const MAX_STEPS: usize = 400;

/// A part of a line that we send.
#[derive(Debug, Clone, Copy)]
pub enum Segment<'a> {
    /// Recorded as it is.
    Plain(&'a str),
    /// Recorded as `[secret]`.
    Secret(&'a Secret),
}

/// Writes one transcript; a clone writes the same.
#[derive(Debug, Clone)]
pub struct Recorder {
    shown: Arc<watch::Sender<Transcript>>,
    started: Instant,
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    redactor: Redactor,
    lines: usize,
    octets: usize,
}

impl Recorder {
    /// Begins a transcript.
    pub fn new(transcript: Transcript) -> Self {
        Self {
            shown: Arc::new(watch::Sender::new(transcript)),
            started: Instant::now(),
            book: Arc::default(),
        }
    }

    /// The transcript as it grows: each change wakes the receiver.
    pub fn watch(&self) -> watch::Receiver<Transcript> {
        self.shown.subscribe()
    }

    /// The transcript as it is now.
    pub fn transcript(&self) -> Transcript {
        self.shown.borrow().clone()
    }

    /// From now on, these show as `[secret]` wherever a server repeats them.
    pub fn hide(&self, credentials: &Credentials) {
        self.book(|book| book.redactor.hide(credentials));
    }

    /// From now on, `what` shows as `with`.
    pub fn mask(&self, what: &str, with: &str) {
        self.book(|book| book.redactor.mask(what, with));
    }

    /// From now on, every address is masked, but not this one of ours; a message's id looks like one as well.
    pub fn spare(&self, own: &str) {
        self.book(|book| book.redactor.spare(own));
    }

    /// A stranger's words without what must not be kept.
    pub fn redacted(&self, text: &str) -> String {
        self.book(|book| book.redactor.line(text))
    }

    /// A remark within the step that runs; the last one, where none does.
    pub fn note(&self, text: &str) {
        let text = self.redacted(text);
        self.write(Side::Note, text);
    }

    /// A step begins.
    pub(super) fn begin(&self, step: Step) {
        let at_ms = self.now();
        self.shown.send_modify(|transcript| {
            if transcript.steps.len() >= MAX_STEPS {
                transcript.truncated = true;
                return;
            }
            transcript.steps.push(StepRecord {
                step,
                at_ms,
                took_ms: 0,
                state: StepState::Running,
                lines: Vec::new(),
            });
        });
    }

    /// The step that runs is over.
    pub(super) fn end(&self, state: StepState) {
        let now = self.now();
        self.shown.send_modify(|transcript| {
            let running = |step: &&mut StepRecord| step.state == StepState::Running;
            if let Some(step) = transcript.steps.iter_mut().rev().find(running) {
                step.took_ms = now.saturating_sub(step.at_ms);
                step.state = state;
            }
        });
    }

    /// A line that we send.
    pub(super) fn client(&self, segments: &[Segment<'_>]) {
        let mut text = String::new();
        for segment in segments {
            match segment {
                Segment::Plain(plain) => text.push_str(&self.redacted(plain)),
                Segment::Secret(_) => text.push_str("[secret]"),
            }
        }
        self.write(Side::Client, text);
    }

    /// A line that they sent, already redacted.
    pub(super) fn server(&self, text: String) {
        self.write(Side::Server, text);
    }

    pub(super) fn peer(&self, peer: SocketAddr) {
        self.change(|transcript| transcript.peer = Some(peer.to_string()));
    }

    /// Whether an open connection was used again, so that the first steps are missing.
    pub fn reused(&self, reused: bool) {
        self.change(|transcript| transcript.reused = reused);
    }

    pub(super) fn tls(&self, record: TlsRecord) {
        self.change(|transcript| transcript.tls = Some(record));
    }

    pub(super) fn capabilities(&self, lines: &[String], within_tls: bool) {
        self.change(|transcript| {
            let place = if within_tls {
                &mut transcript.within_tls
            } else {
                &mut transcript.before_tls
            };
            *place = lines.to_vec();
        });
    }

    pub(super) fn message(&self, record: MessageRecord) {
        self.change(|transcript| transcript.message = Some(record));
    }

    fn write(&self, from: Side, text: String) {
        let room = self.book(|book| {
            book.lines += 1;
            book.octets += text.len();
            book.lines <= MAX_LINES && book.octets <= MAX_OCTETS
        });
        let at_ms = self.now();
        self.change(|transcript| match transcript.steps.last_mut() {
            Some(step) if room => step.lines.push(WireLine { from, at_ms, text }),
            _ => transcript.truncated = true,
        });
    }

    fn change(&self, change: impl FnOnce(&mut Transcript)) {
        self.shown.send_modify(change);
    }

    /// Nothing is ever left half done within it, so that a poisoned lock does not matter.
    fn book<T>(&self, work: impl FnOnce(&mut Book) -> T) -> T {
        work(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
