//! What the mailbox's page shows, as plain data.

use super::rooms::InForce;
use crate::domain::mail_check::Checks;

/// Everything the page shows.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// What is searched for; empty for everything.
    pub query: String,
    /// The search as the end of an address: `?q=…`, or empty.
    pub suffix: String,
    /// Messages in the mailbox, found or not.
    pub total: usize,
    /// What was found, newest first.
    pub rows: Vec<Row>,
    pub open: Open,
    /// Where mail is taken: `127.0.0.1:1025`.
    pub listens: String,
    /// The fault script, while there is one.
    pub in_force: Option<InForce>,
}

/// One line of the list.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: String,
    pub href: String,
    pub subject: String,
    pub to: String,
    /// RFC 3339.
    pub received_at: String,
    /// The same for people.
    pub received: String,
    /// Whether this one is open.
    pub current: bool,
}

/// What the larger half shows.
#[derive(Debug, Clone)]
pub enum Open {
    Nothing,
    /// A message that is not there any more.
    Gone,
    Message(Box<Opened>),
}

/// One message.
#[derive(Debug, Clone)]
pub struct Opened {
    pub id: String,
    pub subject: String,
    pub from: String,
    pub to: String,
    pub envelope_from: String,
    pub envelope_to: String,
    pub received_at: String,
    pub received: String,
    /// The session that brought it, where its record is still there.
    pub session: Option<String>,
    pub attachments: Vec<Attached>,
    pub tab: Tab,
    /// The addresses of the views, in the order of [`Tab::ALL`].
    pub views: [String; 5],
    pub body: Body,
}

/// An attachment's line.
#[derive(Debug, Clone)]
pub struct Attached {
    pub name: String,
    pub media_type: String,
    /// Octets.
    pub size: usize,
}

/// The view of a message that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Html,
    Text,
    Headers,
    Source,
    Checks,
}

impl Tab {
    pub const ALL: [Self; 5] = [
        Self::Html,
        Self::Text,
        Self::Headers,
        Self::Source,
        Self::Checks,
    ];

    /// As the address says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "text",
            Self::Headers => "headers",
            Self::Source => "source",
            Self::Checks => "checks",
        }
    }

    /// The view of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.name() == name)
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Html => "HTML",
            Self::Text => "Text",
            Self::Headers => "Headers",
            Self::Source => "Source",
            Self::Checks => "Checks",
        }
    }
}

/// What the view shows.
#[derive(Debug, Clone)]
pub enum Body {
    /// The address of the HTML, which a sandboxed frame shows.
    Frame(String),
    Text(String),
    Headers(Vec<(String, String)>),
    Source(String),
    Checks(Box<Checks>),
    /// Why there is nothing.
    Missing(&'static str),
}
