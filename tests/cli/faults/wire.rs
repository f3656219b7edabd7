//! A wire between Postern and PostgreSQL that does something at the n-th COMMIT of something written. The protocol is that of PostgreSQL's manual, 55.7:
//! after the first message, each has a letter and its length.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Where in a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// PostgreSQL never gets the word, and undoes everything.
    Before,
    /// PostgreSQL has committed and said so; nobody hears it.
    After,
    /// PostgreSQL gets the word, and what happens happens in that moment.
    Amid,
}

/// What is done there, before both ends of that connection are cut.
type Act = Box<dyn FnMut() + Send>;

struct Plan {
    at: At,
    /// Commits to go.
    left: usize,
    act: Act,
}

#[derive(Default)]
struct State {
    plan: Mutex<Option<Plan>>,
    server: AtomicU16,
    /// Every connection to the server.
    open: Mutex<Vec<TcpStream>>,
}

/// Such a wire; its threads end with the test.
pub struct Wire {
    pub port: u16,
    state: Arc<State>,
}

impl Wire {
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        state.server.store(server, Ordering::Relaxed);
        let shared = state.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let state = shared.clone();
                thread::spawn(move || carry(client, &state));
            }
        });
        Self { port, state }
    }

    /// At the `n`-th commit from now on, counted from one: `act`, then the connection is cut.
    pub fn plan(&self, n: usize, at: At, act: impl FnMut() + Send + 'static) {
        let act = Box::new(act);
        *self.state.plan.lock().unwrap() = Some(Plan { at, left: n, act });
    }

    /// Whether the plan's commit has not come.
    pub fn waits(&self) -> bool {
        self.state
            .plan
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// From then on nobody gets through, nor does who was through already.
    pub fn break_off(&self) -> impl FnMut() + Send + 'static {
        let state = self.state.clone();
        move || {
            state.server.store(0, Ordering::SeqCst);
            for open in state.open.lock().unwrap().drain(..) {
                let _ = open.shutdown(Shutdown::Both);
            }
        }
    }

    /// Everybody gets through to that port again.
    pub fn mend(&self, server: u16) {
        self.state.server.store(server, Ordering::SeqCst);
    }

    /// Forgets the plan.
    pub fn free(&self) {
        *self.state.plan.lock().unwrap() = None;
    }
}

/// What both directions of a connection know of each other.
#[derive(Default)]
struct Seen {
    /// Whether this transaction changed anything.
    wrote: AtomicBool,
    /// Whether answers are held back.
    muted: AtomicBool,
    /// Whether one was.
    answered: AtomicBool,
}

/// One connection.
fn carry(client: TcpStream, state: &State) -> Option<()> {
    let port = state.server.load(Ordering::SeqCst);
    let server = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    state.open.lock().unwrap().push(server.try_clone().ok()?);
    let seen = Arc::new(Seen::default());
    let (from, to, shared) = (
        server.try_clone().ok()?,
        client.try_clone().ok()?,
        seen.clone(),
    );
    thread::spawn(move || {
        answers(&from, &to, &shared);
        let _ = (to.shutdown(Shutdown::Both), from.shutdown(Shutdown::Both));
        shared.answered.store(true, Ordering::SeqCst);
    });
    let ended = talk(&client, &server, state, &seen);
    let _ = (
        client.shutdown(Shutdown::Both),
        server.shutdown(Shutdown::Both),
    );
    ended
}

/// One message, whole: its letter, where it has one, and what it says.
fn message(mut from: &TcpStream, lettered: bool) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut head = vec![0; if lettered { 5 } else { 4 }];
    from.read_exact(&mut head).ok()?;
    let length = u32::from_be_bytes(head[head.len() - 4..].try_into().ok()?);
    let mut body = vec![0; usize::try_from(length).ok()?.checked_sub(4)?];
    from.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// What PostgreSQL says.
fn answers(from: &TcpStream, mut to: &TcpStream, seen: &Seen) -> Option<()> {
    loop {
        let (head, body) = message(from, true)?;
        let changes: [&[u8]; 3] = [b"INSERT", b"UPDATE", b"DELETE"];
        if head[0] == b'C'
            && changes.iter().any(|tag| body.starts_with(tag))
            && !body.ends_with(b" 0\0")
        {
            seen.wrote.store(true, Ordering::SeqCst);
        }
        if seen.muted.load(Ordering::SeqCst) {
            seen.answered.store(true, Ordering::SeqCst);
        } else {
            to.write_all(&[head, body].concat()).ok()?;
        }
    }
}

/// What Postern says.
fn talk(client: &TcpStream, mut server: &TcpStream, state: &State, seen: &Seen) -> Option<()> {
    let mut first = true;
    loop {
        let (head, body) = message(client, !first)?;
        let commit = !first && head[0] == b'Q' && body == b"COMMIT\0";
        let wrote = commit && seen.wrote.swap(false, Ordering::SeqCst);
        first = false;
        let message = [head, body].concat();
        let Some(mut plan) = wrote.then(|| due(state)).flatten() else {
            server.write_all(&message).ok()?;
            continue;
        };
        if plan.at != At::Before {
            seen.muted.store(true, Ordering::SeqCst);
            server.write_all(&message).ok()?;
        }
        let began = Instant::now();
        while plan.at == At::After && !seen.answered.load(Ordering::SeqCst) {
            assert!(began.elapsed().as_secs() < 30, "PostgreSQL does not answer");
            thread::sleep(Duration::from_millis(1));
        }
        (plan.act)();
        return None;
    }
}

/// The plan, where this commit is the one.
fn due(state: &State) -> Option<Plan> {
    let mut plan = state.plan.lock().unwrap_or_else(PoisonError::into_inner);
    let waiting = plan.as_mut()?;
    waiting.left -= 1;
    if waiting.left == 0 { plan.take() } else { None }
}
