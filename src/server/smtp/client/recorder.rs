//! The writer of a transcript: steps, lines and times, to whoever watches. Secrets reach it only as a type that cannot print.

use tokio::sync::watch;

use crate::domain::smtp::transcript::Transcript;

/// Writes one transcript; a clone writes the same.
#[derive(Debug, Clone)]
pub struct Recorder {
    shown: std::sync::Arc<watch::Sender<Transcript>>,
}

impl Recorder {
    /// Begins a transcript.
    pub fn new(transcript: Transcript) -> Self {
        Self {
            shown: std::sync::Arc::new(watch::Sender::new(transcript)),
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
}
