//! What several pages of the console show, as plain data.

use crate::domain::smtp::diagnosis::{Class, Next, by_id};
use crate::domain::smtp::transcript::Transcript;
use crate::domain::time::Timestamp;
use crate::ui::text::console as text;

/// How a point in time is written; the browser's build has no calendar.
pub type When = fn(Timestamp) -> String;

/// What was typed into the probe's form, as it was typed; the password is never kept.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// `saved` or `typed`.
    pub source: String,
    pub host: String,
    pub port: String,
    pub tls: String,
    pub username: String,
    pub helo: String,
    pub to: String,
    pub stop: String,
}

/// What a failure means, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub class: String,
    pub id: String,
    pub title: String,
    /// The reply or the fault, as it was.
    pub evidence: String,
    pub cause: String,
    pub fix: String,
    pub next: String,
}

impl Verdict {
    /// From what is stored about a failure. A diagnosis of another version of this program has no words here; its evidence is shown all the same.
    pub fn of(id: &str, class: Option<Class>, next: Option<Next>, evidence: &str) -> Self {
        let row = by_id(id);
        let class = class.or(row.map(|row| row.class));
        let next = next.or(row.map(|row| row.next));
        let words = |words: Option<&str>| words.unwrap_or(text::NEVER).to_owned();
        Self {
            class: words(class.map(text::class)),
            id: id.to_owned(),
            title: row.map_or_else(|| id.to_owned(), |row| row.title.to_owned()),
            evidence: super::mask(evidence),
            cause: words(row.map(|row| row.cause)),
            fix: words(row.map(|row| row.fix)),
            next: words(next.map(text::next)),
        }
    }
}

/// How a probe stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEnd {
    Running,
    Passed,
    Failed(Verdict),
    /// It ended without a result.
    Lost,
}

impl RunEnd {
    /// In a word.
    pub fn word(&self) -> String {
        match self {
            Self::Running => text::run::RUNNING.to_owned(),
            Self::Passed => text::run::PASSED.to_owned(),
            Self::Failed(verdict) => verdict.title.clone(),
            Self::Lost => text::NEVER.to_owned(),
        }
    }

    /// The class of its mark.
    pub const fn mark(&self) -> &'static str {
        match self {
            Self::Running => "console-mark running",
            Self::Passed => "console-mark passed",
            Self::Failed(_) => "console-mark failed",
            Self::Lost => "console-mark",
        }
    }
}

/// One probe.
#[derive(Debug, Clone)]
pub struct Shown {
    pub id: String,
    /// `starttls`, `implicit`, `none`.
    pub protection: String,
    /// Whether the saved settings were tried.
    pub saved: bool,
    /// `connect`, `tls`, `auth`, `rcpt`, `data`.
    pub stop_after: String,
    pub end: RunEnd,
    pub transcript: Transcript,
}

/// One line of a history.
#[derive(Debug, Clone)]
pub struct Past {
    pub id: String,
    pub at: Timestamp,
    pub target: String,
    pub stop_after: String,
    pub end: RunEnd,
}

/// What is shown below the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    #[default]
    Lines,
    Certificate,
    Capabilities,
    History,
    Report,
}

impl View {
    pub const ALL: [Self; 5] = [
        Self::Lines,
        Self::Certificate,
        Self::Capabilities,
        Self::History,
        Self::Report,
    ];

    /// As the address says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Certificate => "certificate",
            Self::Capabilities => "capabilities",
            Self::History => "history",
            Self::Report => "report",
        }
    }

    /// The view of this name; the first for all others.
    pub fn named(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|view| view.name() == name);
        found.unwrap_or_default()
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Lines => "Wire",
            Self::Certificate => "Certificate",
            Self::Capabilities => "Capabilities",
            Self::History => "History",
            Self::Report => "Report",
        }
    }
}
