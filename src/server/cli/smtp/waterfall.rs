//! A conversation as it goes, printed from the top down: a step is shown once it is over.

use crate::domain::smtp::transcript::{StepState, Transcript};
use crate::server::cli::transcript::{self, Paint};

/// What was shown already.
pub struct Waterfall {
    paint: Paint,
    /// So many steps.
    shown: usize,
    headed: bool,
}

impl Waterfall {
    pub const fn new(paint: Paint) -> Self {
        Self {
            paint,
            shown: 0,
            headed: false,
        }
    }

    /// What is new: all steps that are over.
    pub fn grow(&mut self, transcript: &Transcript) -> String {
        let running = |step: &&_| step_runs(step);
        let over = transcript.steps.len() - transcript.steps.iter().filter(running).count();
        self.until(transcript, over)
    }

    /// The rest, and the certificates.
    pub fn finish(&mut self, transcript: &Transcript) -> String {
        let mut text = self.until(transcript, transcript.steps.len());
        if let Some(tls) = &transcript.tls {
            text.push_str(&transcript::tls(tls, self.paint));
        }
        if transcript.truncated {
            text.push_str("\nLines are missing here: there were too many to keep.\n");
        }
        text
    }

    fn until(&mut self, transcript: &Transcript, end: usize) -> String {
        let mut text = String::new();
        if !self.headed {
            text.push_str(&transcript::heading(transcript, self.paint));
            self.headed = true;
        }
        for step in transcript.steps.iter().take(end).skip(self.shown) {
            text.push_str(&transcript::step(step, self.paint));
        }
        self.shown = self.shown.max(end);
        text
    }
}

fn step_runs(step: &crate::domain::smtp::transcript::StepRecord) -> bool {
    step.state == StepState::Running
}
