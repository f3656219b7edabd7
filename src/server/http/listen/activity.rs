//! What one connection is doing, and by when it has to do something else.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a connection that does nothing is kept when others want its place.
const WANTED: Duration = Duration::from_secs(1);

/// How long a connection may do nothing.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// `limits.header_timeout`: until its first request has come whole.
    pub header: Duration,
    /// `limits.idle_timeout`: until the next request has come whole, and between two parts of an answer that it takes.
    pub idle: Duration,
}

/// Counts the requests of one connection; shared with their answers.
#[derive(Debug, Clone)]
pub struct Activity(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Debug)]
struct State {
    /// Requests whose handlers run; those have their own timeout.
    handled: usize,
    /// Answers that are being taken.
    answered: usize,
    /// Whether there was any request.
    asked: bool,
    /// The last time that something went on.
    since: Instant,
}

impl Activity {
    /// Of a connection that has just come.
    pub fn new() -> Self {
        let state = State {
            handled: 0,
            answered: 0,
            asked: false,
            since: Instant::now(),
        };
        Self(Arc::new(Shared {
            state: Mutex::new(state),
            ended: Notify::new(),
        }))
    }

    /// A request has come whole, but for its body.
    pub fn request(&self) -> Handling {
        self.note(|state| {
            state.handled += 1;
            state.asked = true;
        });
        Handling(self.clone())
    }

    /// When it has done nothing for too long; `None` while a handler runs. `wanted`: whether its place is.
    pub fn deadline(&self, patience: Patience, wanted: bool) -> Option<Instant> {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let patience = match *state {
            State { handled: 1.., .. } => return None,
            State { answered: 1.., .. } => patience.idle,
            State { asked: true, .. } if !wanted => patience.idle,
            State { asked: true, .. } => patience.idle.min(WANTED),
            _ if !wanted => patience.header,
            _ => patience.header.min(WANTED),
        };
        Some(state.since + patience)
    }

    /// A handler has ended, so that there is a deadline again.
    pub async fn ended(&self) {
        self.0.ended.notified().await;
    }

    fn note(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        state.since = Instant::now();
    }
}

/// A request whose handler runs, until dropped.
#[derive(Debug)]
pub struct Handling(Activity);

impl Handling {
    /// It is answered; the answer may still have to be taken.
    pub fn answer(self) -> Answering {
        self.0.note(|state| state.answered += 1);
        Answering(self.0.clone())
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.0.note(|state| state.handled -= 1);
        self.0.0.ended.notify_one();
    }
}

/// An answer that is being taken, until dropped.
#[derive(Debug)]
pub struct Answering(Activity);

impl Answering {
    /// Some more of it was taken.
    pub fn went_on(&self) {
        self.0.note(|_| {});
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.note(|state| state.answered -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Patience = Patience {
        header: Duration::from_secs(10),
        idle: Duration::from_secs(60),
    };

    /// Whole seconds from its last sign of life to its deadline.
    fn patience(activity: &Activity, wanted: bool) -> Option<u64> {
        let deadline = activity.deadline(SHORT, wanted)?;
        let since = activity.0.state.lock().unwrap().since;
        Some(deadline.duration_since(since).as_secs())
    }

    #[test]
    fn d4_time_runs_while_nothing_goes_on() {
        let activity = Activity::new();
        assert_eq!(patience(&activity, false), Some(10), "the first header");
        assert_eq!(patience(&activity, true), Some(1), "others want the place");
        let (one, other) = (activity.request(), activity.request());
        assert_eq!(patience(&activity, true), None, "handlers have their own");
        let one = one.answer();
        assert_eq!(patience(&activity, true), None, "the other still runs");
        let other = other.answer();
        assert_eq!(
            patience(&activity, true),
            Some(60),
            "answers are taken in peace"
        );
        let before = activity.0.state.lock().unwrap().since;
        one.went_on();
        assert!(
            activity.0.state.lock().unwrap().since > before,
            "as long as they are taken"
        );
        drop((one, other));
        assert_eq!(patience(&activity, false), Some(60), "the next header");
        assert_eq!(patience(&activity, true), Some(1));
    }
}
