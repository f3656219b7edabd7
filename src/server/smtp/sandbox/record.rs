//! A session as it is shown afterwards: who said what and when, without secrets and without messages; bounded.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::session::{Shown, printable};
use super::store::Mailbox;
use crate::domain::time::Timestamp;
use crate::server::clock::Clock;

/// Lines of one session that are kept, at most.
const MAX_LINES: usize = 1_000;
/// Octets of one session that are kept, about: 100 sessions of this size are 13 MB.
const MAX_OCTETS: usize = 128 * 1024;
/// Mails of one session that are linked, at most.
const MAX_MESSAGES: usize = 100;

/// One session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Hexadecimal, never used twice.
    pub id: String,
    pub started_at: Timestamp,
    pub client: SocketAddr,
    /// The last name of HELO or EHLO.
    pub helo: Option<String>,
    /// Version and cipher, once there is TLS.
    pub tls: Option<String>,
    /// In order.
    pub lines: Vec<Entry>,
    /// Whether more happened than is kept.
    pub truncated: bool,
    /// The ids of the mails it brought, which may be gone meanwhile.
    pub messages: Vec<String>,
    /// How often the fault script stepped in.
    pub faults: u32,
    /// How it ended; none while it goes on.
    pub ending: Option<Ending>,
    octets: usize,
}

/// One line of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Milliseconds since the session began.
    pub at_ms: u64,
    pub who: Who,
    pub text: String,
}

/// Who says a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Client,
    Server,
    /// What happened beside the words: TLS, a message, a wait.
    Note,
    /// A rule of the fault script that fired: the rule.
    Fault,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// We closed: after QUIT, after 421, by the script.
    Closed,
    /// The client closed without QUIT.
    Left,
    /// We tore the connection, as the script says.
    Torn,
    /// The handshake failed: why.
    NoTls(String),
    /// The network failed.
    Broken,
}

impl Ending {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Closed => "closed by the sandbox".to_owned(),
            Self::Left => "the client left without QUIT".to_owned(),
            Self::Torn => "torn by the sandbox".to_owned(),
            Self::NoTls(why) => format!("no TLS: {why}"),
            Self::Broken => "the connection broke".to_owned(),
        }
    }
}

/// The writer of one record; the mailbox holds the same.
#[derive(Debug)]
pub struct Recording {
    record: Arc<Mutex<Record>>,
    clock: Clock,
    /// Hears of each change; not its channel, which would keep listeners waiting after the mailbox is closed.
    mailbox: Mailbox,
}

impl Recording {
    /// Begins a record.
    pub fn new(id: String, client: SocketAddr, clock: Clock, mailbox: Mailbox) -> Self {
        let record = Record {
            id,
            started_at: clock.now(),
            client,
            helo: None,
            tls: None,
            lines: Vec::new(),
            truncated: false,
            messages: Vec::new(),
            faults: 0,
            ending: None,
            octets: 0,
        };
        Self {
            record: Arc::new(Mutex::new(record)),
            clock,
            mailbox,
        }
    }

    /// The record, as it grows.
    pub fn shared(&self) -> Arc<Mutex<Record>> {
        Arc::clone(&self.record)
    }

    /// Its id.
    pub fn id(&self) -> String {
        self.lock().id.clone()
    }

    /// What the client said.
    pub fn client(&self, line: Shown) {
        self.add(Who::Client, line.into_text());
    }

    /// What we say, as it goes on the wire.
    pub fn server(&self, wire: &str) {
        for line in wire.lines() {
            self.add(Who::Server, printable(line.as_bytes()));
        }
    }

    /// What happened beside the words.
    pub fn note(&self, text: impl Into<String>) {
        self.add(Who::Note, text.into());
    }

    /// The rules of the script that step in.
    pub fn fired(&self, rules: &[String]) {
        for rule in rules {
            self.add(Who::Fault, printable(rule.as_bytes()));
        }
        self.lock().faults += u32::try_from(rules.len()).unwrap_or(u32::MAX);
    }

    /// The client's name.
    pub fn greeted(&self, helo: &str) {
        let mut record = self.lock();
        if record.helo.as_deref() != Some(helo) {
            record.helo = Some(printable(helo.as_bytes()));
        }
    }

    /// TLS is there.
    pub fn secured(&self, facts: String) {
        self.lock().tls = Some(facts.clone());
        self.note(facts);
    }

    /// A mail was kept.
    pub fn kept(&self, id: &str) {
        let mut record = self.lock();
        if record.messages.len() < MAX_MESSAGES {
            record.messages.push(id.to_owned());
        }
    }

    /// It is over.
    pub fn end(&self, ending: Ending) {
        self.note(ending.words());
        self.lock().ending = Some(ending);
        self.tell();
    }

    fn add(&self, who: Who, text: String) {
        {
            let mut record = self.lock();
            let room = record.lines.len() < MAX_LINES && record.octets + text.len() < MAX_OCTETS;
            if record.truncated || !room {
                // What follows the gap would only confuse.
                record.truncated = true;
                return;
            }
            record.octets += text.len();
            let at = self.clock.now().since(record.started_at).as_millis();
            let at_ms = u64::try_from(at).unwrap_or(u64::MAX);
            record.lines.push(Entry { at_ms, who, text });
        }
        self.tell();
    }

    fn tell(&self) {
        self.mailbox.talked(self.id());
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
