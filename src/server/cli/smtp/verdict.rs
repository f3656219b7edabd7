//! What a failed conversation means, for people and for programs.

use serde::Serialize;

use crate::domain::smtp::diagnosis::{Diagnosis, Next};
use crate::domain::smtp::evidence::Evidence;
use crate::server::cli::exit::Exit;
use crate::server::cli::output;
use crate::server::cli::transcript::{Paint, printable};

/// A verdict as `--json` shows it.
#[derive(Debug, Serialize)]
pub struct Verdict {
    pub class: &'static str,
    pub id: &'static str,
    pub exit_code: u8,
    /// The step it failed at.
    pub step: String,
    /// The reply or the fault, on one line.
    pub evidence: String,
    pub title: &'static str,
    pub cause: &'static str,
    pub fix: &'static str,
    /// "quick", "greylist", "hold" or "never".
    pub next: Next,
}

impl Verdict {
    pub fn new(evidence: &Evidence, diagnosis: Diagnosis) -> Self {
        Self::stored(&evidence.to_string(), diagnosis)
    }

    /// Of evidence as it is stored: on one line, the step before a colon.
    pub fn stored(evidence: &str, diagnosis: Diagnosis) -> Self {
        let row = diagnosis.row;
        let step = evidence.split(':').next().unwrap_or_default();
        Self {
            class: row.class.name(),
            id: row.id,
            exit_code: Exit::of(diagnosis) as u8,
            step: printable(step),
            evidence: printable(evidence),
            title: row.title,
            cause: row.cause,
            fix: row.fix,
            next: diagnosis.next,
        }
    }

    /// Some lines: what it is called, what was said, why, and what to do.
    pub fn text(&self, paint: Paint) -> String {
        let mut text = format!(
            "{} {}\n",
            paint.bad(&format!("{}:", self.id)),
            paint.strong(&format!("{} ({})", self.title, self.class))
        );
        for (name, words) in [
            ("said", self.evidence.as_str()),
            ("cause", self.cause),
            ("fix", self.fix),
            ("mail", what_next(self.next)),
        ] {
            text.push_str(&output::hanging(&format!("  {name:<7}"), words));
        }
        text
    }

    /// Where what was said is in sight: what it is called, why, and what to do.
    pub fn short(&self, paint: Paint) -> String {
        let mut text = format!("  {} {}\n", paint.bad(&format!("{}:", self.id)), self.title);
        for (name, words) in [("cause", self.cause), ("fix", self.fix)] {
            text.push_str(&output::hanging(&format!("    {name:<7}"), words));
        }
        text
    }
}

/// What becomes of a mail that fails so.
const fn what_next(next: Next) -> &'static str {
    match next {
        Next::Quick => "A mail that fails so is tried again, within seconds at first.",
        Next::Greylist => "A mail that fails so is tried again, after a minute at first.",
        Next::Hold => "Mail that fails so is held until the settings change or a probe passes.",
        Next::Never => "A mail that fails so is not tried again.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::smtp::diagnosis::diagnose;
    use crate::domain::smtp::reply::Reply;
    use crate::domain::smtp::step::Step;

    #[test]
    fn a_verdict_says_what_why_and_what_to_do_in_80_columns() {
        let reply = Reply::new(451, vec![format!("no\u{1b}[2J {}", "word ".repeat(40))]);
        let evidence = Evidence::reply(Step::Mail, reply);
        let verdict = Verdict::new(&evidence, diagnose(&evidence));
        let text = verdict.text(Paint::Plain);
        for part in [verdict.id, "said", "cause", "fix", "tried again"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
