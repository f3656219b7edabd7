//! Probes that operators have started: watched while they run, remembered for some minutes, limited in number.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::domain::dns::report::Report;
use crate::domain::smtp::diagnosis::{Class, Next};
use crate::domain::smtp::transcript::Transcript;
use crate::domain::time::Timestamp;
use crate::server::config;
use crate::server::failure::Done;
use crate::server::probe::{self, Asked, Finished};
use crate::server::service::Service;

/// Probes that one operator may have under way.
const AT_ONCE: usize = 2;
/// The time in which the setting counts.
const WINDOW: Duration = Duration::from_secs(600);
/// How long a probe that is over is kept here; the database has it as well.
const REMEMBERED: Duration = Duration::from_secs(300);
/// Probes that are kept here at most.
const MOST: usize = 64;

/// The probes of one server; cheap to clone.
#[derive(Debug, Clone)]
pub struct Runs {
    per_window: usize,
    known: Arc<Mutex<Known>>,
    /// One check of the domain at a time, and what the last one found.
    checking: Arc<Semaphore>,
    report: Arc<Mutex<Option<(Timestamp, Report)>>>,
    closed: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Known {
    runs: HashMap<String, Run>,
    /// When each operator started the probes that still count.
    starts: HashMap<String, VecDeque<Timestamp>>,
}

/// One probe.
#[derive(Debug, Clone)]
pub struct Run {
    operator: String,
    pub protection: &'static str,
    pub saved: bool,
    pub stop_after: &'static str,
    pub progress: watch::Receiver<Transcript>,
    /// None while it runs.
    pub end: watch::Receiver<Option<Ended>>,
    ended_at: Option<Timestamp>,
}

/// How a probe ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    Passed,
    Failed {
        id: &'static str,
        class: Class,
        next: Next,
        evidence: String,
    },
    /// It broke off, by a fault of ours.
    Lost,
}

/// Why a probe was not started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMany {
    /// As many are under way as may be.
    AtOnce,
    /// Worth trying again after so long.
    Often(Duration),
}

impl Runs {
    /// None yet.
    pub fn new(settings: &config::Console) -> Self {
        Self {
            per_window: settings.probes_per_10min.try_into().unwrap_or(usize::MAX),
            known: Arc::default(),
            checking: Arc::new(Semaphore::new(1)),
            report: Arc::default(),
            closed: watch::Sender::new(false),
        }
    }

    /// Starts a probe, where the operator has one left; tells its id.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn start(
        &self,
        service: &Service,
        operator: &str,
        protection: &'static str,
        asked: Asked,
    ) -> Done<Result<String, TooMany>> {
        let now = service.now();
        // Held over the start, which does not wait: two requests at once must not both be the last.
        let mut known = self.known();
        if let Err(refused) = known.take(operator, self.per_window, now) {
            return Ok(Err(refused));
        }
        let (saved, stop_after) = (asked.target.is_none(), asked.stop_after.name());
        let probe = probe::start(service, asked)?;
        let (ended, end) = watch::channel(None);
        let run = Run {
            operator: operator.to_owned(),
            protection,
            saved,
            stop_after,
            progress: probe.progress,
            end,
            ended_at: None,
        };
        known.runs.insert(probe.id.clone(), run);
        drop(known);
        let (runs, clock, id) = (self.clone(), service.clock.clone(), probe.id.clone());
        tokio::spawn(async move {
            let finished = probe.end.await;
            if let Some(run) = runs.known().runs.get_mut(&id) {
                run.ended_at = Some(clock.now());
            }
            ended.send_replace(Some(finished.map_or(Ended::Lost, Ended::of)));
        });
        Ok(Ok(probe.id))
    }

    /// The probe of that id, while it is remembered.
    pub fn get(&self, id: &str) -> Option<Run> {
        self.known().runs.get(id).cloned()
    }

    /// True once the server stops: who watches must not hold up its end.
    pub fn closing(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }

    /// Ends what is watched.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    /// A turn to check the domain, which counts as a probe; none while somebody else's runs, or after too many.
    pub fn turn(&self, operator: &str, now: Timestamp) -> Option<OwnedSemaphorePermit> {
        let turn = Arc::clone(&self.checking).try_acquire_owned().ok()?;
        let allowed = self.known().take(operator, self.per_window, now);
        allowed.ok().map(|()| turn)
    }

    /// Keeps what a check of the domain found.
    pub fn keep_report(&self, at: Timestamp, report: Report) {
        let mut kept = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((at, report));
    }

    /// What the last check of the domain found.
    pub fn report(&self) -> Option<(Timestamp, Report)> {
        let kept = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Counts one more start of that operator.
    fn take(&mut self, operator: &str, per_window: usize, now: Timestamp) -> Result<(), TooMany> {
        self.forget(now);
        let open = |run: &&Run| run.ended_at.is_none() && run.operator == operator;
        if self.runs.values().filter(open).count() >= AT_ONCE {
            return Err(TooMany::AtOnce);
        }
        let starts = self.starts.entry(operator.to_owned()).or_default();
        if let Some(first) = starts.front().filter(|_| starts.len() >= per_window) {
            return Err(TooMany::Often(first.plus(WINDOW).since(now)));
        }
        starts.push_back(now);
        Ok(())
    }

    fn forget(&mut self, now: Timestamp) {
        for starts in self.starts.values_mut() {
            while starts.front().is_some_and(|at| at.plus(WINDOW) <= now) {
                starts.pop_front();
            }
        }
        self.starts.retain(|_, starts| !starts.is_empty());
        self.runs
            .retain(|_, run| run.ended_at.is_none_or(|at| at.plus(REMEMBERED) > now));
        while self.runs.len() >= MOST {
            let over = self
                .runs
                .iter()
                .filter_map(|(id, run)| Some((run.ended_at?, id)));
            let Some(oldest) = over.min().map(|(_, id)| id.clone()) else {
                break;
            };
            self.runs.remove(&oldest);
        }
    }
}

impl Ended {
    fn of(finished: Finished) -> Self {
        match finished.failure {
            None => Self::Passed,
            Some((evidence, diagnosis)) => Self::Failed {
                id: diagnosis.id(),
                class: diagnosis.class(),
                next: diagnosis.next,
                evidence: evidence.to_string(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(operator: &str, ended_at: Option<Timestamp>) -> Run {
        let start = Timestamp::from_millis(0);
        let (_, progress) = watch::channel(Transcript::new(start, String::new()));
        let (_, end) = watch::channel(None);
        Run {
            operator: operator.to_owned(),
            protection: "none",
            saved: true,
            stop_after: "connect",
            progress,
            end,
            ended_at,
        }
    }

    #[test]
    fn each_operator_has_a_number_in_ten_minutes_and_two_at_once() {
        let mut known = Known::default();
        let now = Timestamp::from_millis(1_000_000);
        for _ in 0..3 {
            known.take("ada", 3, now).unwrap();
        }
        assert_eq!(known.take("ada", 3, now), Err(TooMany::Often(WINDOW)));
        known.take("bob", 3, now).unwrap();
        known.take("ada", 3, now.plus(WINDOW)).unwrap();

        known.runs.insert("1".into(), run("bob", None));
        known.runs.insert("2".into(), run("bob", Some(now)));
        known.take("bob", 9, now).unwrap();
        known.runs.insert("3".into(), run("bob", None));
        assert_eq!(known.take("bob", 9, now), Err(TooMany::AtOnce));
        known.take("ada", 9, now).unwrap();
    }

    #[test]
    fn what_is_over_is_forgotten_and_what_runs_is_not() {
        let mut known = Known::default();
        let now = Timestamp::from_millis(1_000_000);
        for number in 0..100 {
            let at = Timestamp::from_millis(number);
            known.runs.insert(format!("{number}"), run("ada", Some(at)));
        }
        known.runs.insert("open".into(), run("ada", None));
        known.forget(Timestamp::from_millis(100));
        assert_eq!(known.runs.len(), MOST - 1);
        assert!(known.runs.contains_key("99") && !known.runs.contains_key("0"));
        known.forget(now);
        assert_eq!(known.runs.len(), 1);
        assert!(known.runs.contains_key("open"));
    }
}
