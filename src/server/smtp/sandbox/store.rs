//! The mailbox itself: in memory, bounded in number and size, and watched by the pages that show it.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::broadcast;

use super::faults::Faults;
use super::message::{Message, Received};
use super::record::{Record, Recording};
use super::session::Policy;
use super::tls::Authority;
use crate::server::clock::Clock;
use crate::server::config::Sandbox;

/// The whole mailbox, as a multiple of one message's limit.
const TOTAL_FACTOR: usize = 20;
/// Events that a slow subscriber may be behind before it is told that it missed some.
const BACKLOG: usize = 64;
/// Sessions that are kept; more than may be open at once.
const MAX_SESSIONS: usize = 150;

/// What changed.
#[derive(Debug, Clone)]
pub enum Event {
    Arrived(Arc<Message>),
    /// One or more were deleted by hand.
    Removed,
}

/// All messages; a clone is the same mailbox.
#[derive(Debug, Clone)]
pub struct Mailbox {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    clock: Clock,
    policy: Policy,
    faults: Faults,
    authority: Authority,
    max_messages: usize,
    configured: SocketAddr,
    listening: OnceLock<SocketAddr>,
}

#[derive(Debug)]
struct State {
    /// Oldest first.
    messages: VecDeque<Arc<Message>>,
    /// The sum of their weights.
    weight: usize,
    next_id: u64,
    /// Oldest first; those still going on grow in here.
    sessions: VecDeque<Arc<Mutex<Record>>>,
    /// None once closed: dropping it ends every subscription.
    events: Option<broadcast::Sender<Event>>,
    /// The ids of sessions that go on. Apart from the messages, so that much talk does not push out an arrival.
    talks: Option<broadcast::Sender<String>>,
}

impl Mailbox {
    /// An empty mailbox with the bounds, the fault script and the credentials of `config`, and with a certificate authority of its own.
    ///
    /// # Errors
    /// When no certificate can be made.
    pub fn new(config: &Sandbox, clock: Clock) -> io::Result<Self> {
        // Counting from the time of the start keeps an old tab from showing another message after a restart.
        let next_id = u64::try_from(clock.now().millis()).unwrap_or_default();
        let state = State {
            messages: VecDeque::new(),
            weight: 0,
            next_id,
            sessions: VecDeque::new(),
            events: Some(broadcast::Sender::new(BACKLOG)),
            talks: Some(broadcast::Sender::new(BACKLOG)),
        };
        let policy = Policy {
            max_bytes: config.max_bytes,
            starttls: config.starttls,
            credentials: config.credentials.clone(),
        };
        let shared = Shared {
            state: Mutex::new(state),
            policy,
            faults: Faults::new(config.faults.clone(), clock.clone()),
            authority: Authority::generate(clock.now())?,
            clock,
            max_messages: config.max_messages,
            configured: config.listen,
            listening: OnceLock::new(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Where mail is taken: the configured address until a listener says its own.
    pub fn address(&self) -> SocketAddr {
        *self
            .shared
            .listening
            .get()
            .unwrap_or(&self.shared.configured)
    }

    /// Tells where the listener is; it may have been given port 0.
    pub(super) fn listens_at(&self, address: SocketAddr) {
        // A second listener into the same mailbox changes nothing.
        let _ = self.shared.listening.set(address);
    }

    /// What the listener is to everybody.
    pub(super) fn policy(&self) -> &Policy {
        &self.shared.policy
    }

    /// What goes wrong on purpose.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The certificates.
    pub(super) fn authority(&self) -> &Authority {
        &self.shared.authority
    }

    /// The certificate, in PEM, of the authority that signs for this sandbox: with it among its roots, a client trusts the sandbox.
    pub fn ca_pem(&self) -> &str {
        self.shared.authority.pem()
    }

    /// Begins the record of a session.
    pub(super) fn record(&self, client: SocketAddr) -> Recording {
        let mut state = self.state();
        state.next_id += 1;
        let id = format!("{:x}", state.next_id);
        let recording = Recording::new(id, client, self.shared.clock.clone(), self.clone());
        state.sessions.push_back(recording.shared());
        if state.sessions.len() > MAX_SESSIONS {
            state.sessions.pop_front();
        }
        recording
    }

    /// The last sessions, newest first, as they are now.
    pub fn sessions(&self) -> Vec<Record> {
        let sessions: Vec<_> = self.state().sessions.iter().rev().cloned().collect();
        sessions.iter().map(copied).collect()
    }

    /// One session as it is now.
    pub fn session(&self, id: &str) -> Option<Record> {
        let sessions: Vec<_> = self.state().sessions.iter().cloned().collect();
        sessions.iter().map(copied).find(|record| record.id == id)
    }

    /// Forgets all sessions; those still going on are not shown any more.
    pub fn forget_sessions(&self) {
        let mut state = self.state();
        state.sessions.clear();
        drop(state);
        self.talked(String::new());
    }

    /// Tells those who follow that this session said something.
    pub(super) fn talked(&self, id: String) {
        if let Some(talks) = &self.state().talks {
            // An error only says that nobody listens.
            let _ = talks.send(id);
        }
    }

    /// The ids of sessions that go on, at each line; ends when the mailbox closes.
    pub fn follow(&self) -> broadcast::Receiver<String> {
        match &self.state().talks {
            Some(talks) => talks.subscribe(),
            None => broadcast::Sender::new(1).subscribe(),
        }
    }

    /// Keeps a message; the oldest go where there is no room.
    pub fn push(&self, received: Received) -> Arc<Message> {
        let id = {
            let mut state = self.state();
            state.next_id += 1;
            format!("{:x}", state.next_id)
        };
        // Outside the lock: reading a large message takes a while.
        let message = Arc::new(Message::read(id, self.shared.clock.now(), received));
        let mut state = self.state();
        state.weight += message.weight();
        state.messages.push_back(Arc::clone(&message));
        let total = self.shared.policy.max_bytes.saturating_mul(TOTAL_FACTOR);
        while state.messages.len() > 1
            && (state.messages.len() > self.shared.max_messages || state.weight > total)
        {
            if let Some(oldest) = state.messages.pop_front() {
                state.weight -= oldest.weight();
            }
        }
        state.tell(Event::Arrived(Arc::clone(&message)));
        message
    }

    /// All messages, newest first.
    pub fn list(&self) -> Vec<Arc<Message>> {
        self.state().messages.iter().rev().cloned().collect()
    }

    /// Those that have `query` in subject, addresses or text, whatever the case; newest first.
    pub fn search(&self, query: &str) -> Vec<Arc<Message>> {
        let needle = query.trim().to_lowercase();
        let mut messages = self.list();
        if !needle.is_empty() {
            messages.retain(|message| message.matches(&needle));
        }
        messages
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.state().messages.len()
    }

    /// One message.
    pub fn get(&self, id: &str) -> Option<Arc<Message>> {
        self.state()
            .messages
            .iter()
            .find(|message| message.id == id)
            .cloned()
    }

    /// Deletes one message; false where there is none of this id.
    pub fn delete(&self, id: &str) -> bool {
        let mut state = self.state();
        let Some(at) = state.messages.iter().position(|message| message.id == id) else {
            return false;
        };
        if let Some(message) = state.messages.remove(at) {
            state.weight -= message.weight();
        }
        state.tell(Event::Removed);
        true
    }

    /// Deletes all messages.
    pub fn clear(&self) {
        let mut state = self.state();
        state.messages.clear();
        state.weight = 0;
        state.tell(Event::Removed);
    }

    /// What changes from now on; ends when the mailbox closes.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        match &self.state().events {
            Some(events) => events.subscribe(),
            // Its sender is dropped at once, so that it ends at once.
            None => broadcast::Sender::new(1).subscribe(),
        }
    }

    /// Ends every subscription, so that open event streams do not hold up a server that stops. Messages stay.
    pub fn close(&self) {
        let mut state = self.state();
        state.events = None;
        state.talks = None;
    }

    /// A panic elsewhere leaves nothing half-done in here, so a poisoned lock is as good as any.
    fn state(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn copied(record: &Arc<Mutex<Record>>) -> Record {
    record
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

impl State {
    fn tell(&self, event: Event) {
        if let Some(events) = &self.events {
            // An error only says that nobody listens.
            let _ = events.send(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::Envelope;
    use super::*;

    fn mailbox(max_messages: usize, max_bytes: usize) -> Mailbox {
        let config = Sandbox {
            max_messages,
            max_bytes,
            ..Sandbox::default()
        };
        Mailbox::new(&config, Clock::system()).unwrap()
    }

    fn received(source: &str) -> Received {
        let envelope = Envelope {
            helo: "x".into(),
            from: "a@b".into(),
            to: vec!["c@d".into()],
            utf8: false,
        };
        Received {
            envelope,
            source: source.as_bytes().to_vec(),
            session: None,
        }
    }

    #[test]
    fn the_oldest_go_first_and_ids_are_never_reused() {
        let mailbox = mailbox(3, 1_000);
        let ids: Vec<String> = (0..5)
            .map(|n| {
                mailbox
                    .push(received(&format!("Subject: {n}\r\n\r\n")))
                    .id
                    .clone()
            })
            .collect();
        let subjects: Vec<String> = mailbox.list().iter().map(|m| m.subject.clone()).collect();
        assert_eq!(subjects, ["4", "3", "2"]);
        assert!(mailbox.get(&ids[0]).is_none());
        mailbox.clear();
        let id = mailbox.push(received("")).id.clone();
        assert!(!ids.contains(&id));
        assert!(mailbox.delete(&id) && !mailbox.delete(&id));
    }

    #[test]
    fn the_whole_is_bounded_in_size() {
        let mailbox = mailbox(1_000, 1_000);
        let source = format!("Subject: x\r\n\r\n{}", "y".repeat(900));
        for _ in 0..100 {
            mailbox.push(received(&source));
        }
        let list = mailbox.list();
        let weight: usize = list.iter().map(|message| message.weight()).sum();
        assert!(
            weight <= 20_000 && list.len() > 5,
            "{weight} in {}",
            list.len()
        );
    }

    #[test]
    fn search_looks_at_subject_addresses_and_text() {
        let mailbox = mailbox(10, 1_000);
        mailbox.push(received("Subject: Straße\r\n\r\none"));
        mailbox.push(received("Subject: other\r\n\r\nTWO"));
        assert_eq!(mailbox.search("STRASSE").len(), 0);
        assert_eq!(mailbox.search("straße").len(), 1);
        assert_eq!(mailbox.search(" two ").len(), 1);
        assert_eq!(mailbox.search("C@D").len(), 2);
        assert_eq!(mailbox.search("").len(), 2);
    }

    #[test]
    fn subscriptions_hear_and_end() {
        let mailbox = mailbox(10, 1_000);
        let mut events = mailbox.subscribe();
        let pushed = mailbox.push(received("Subject: x\r\n\r\n"));
        assert!(
            matches!(events.try_recv(), Ok(Event::Arrived(message)) if message.id == pushed.id)
        );
        mailbox.close();
        assert_eq!(
            events.try_recv().unwrap_err(),
            broadcast::error::TryRecvError::Closed
        );
        let late = mailbox.subscribe().try_recv();
        assert_eq!(late.unwrap_err(), broadcast::error::TryRecvError::Closed);
    }
}
