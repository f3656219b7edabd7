//! The script that is in force, shared by all connections: what it says about a moment, and what it has done so far.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::smtp::faults::{Deed, Engine, Moment, Script, ScriptError};
use crate::domain::time::Timestamp;
use crate::server::clock::Clock;

/// The script in force; a clone is the same one.
#[derive(Debug, Clone)]
pub struct Faults {
    active: Arc<Mutex<Active>>,
    clock: Clock,
}

#[derive(Debug)]
struct Active {
    engine: Engine,
    set_at: Timestamp,
}

/// What a script has done so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultReport {
    /// As it was written; empty where nothing goes wrong.
    pub source: String,
    /// When it was set, and its counters with it.
    pub set_at: Timestamp,
    pub rules: Vec<RuleReport>,
}

/// What one rule has done so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleReport {
    /// Where it is written; from 1.
    pub line: usize,
    pub text: String,
    /// How often its step came, where `match` and `tls` fitted.
    pub seen: u64,
    pub fired: u64,
}

impl Faults {
    /// A script from its beginning.
    pub fn new(script: Script, clock: Clock) -> Self {
        let active = Active {
            engine: Engine::new(script),
            set_at: clock.now(),
        };
        Self {
            active: Arc::new(Mutex::new(active)),
            clock,
        }
    }

    /// What happens at this moment.
    pub fn decide(&self, moment: &Moment<'_>) -> Deed {
        self.active().engine.decide(moment, self.clock.now())
    }

    /// Whether the script has something to say about TLS.
    pub fn wants_tls(&self) -> bool {
        self.active().engine.script().wants_tls()
    }

    /// Whether anything may go wrong.
    pub fn is_active(&self) -> bool {
        !self.active().engine.script().is_empty()
    }

    /// Puts another script in force; all counters begin anew, also where it is the same.
    ///
    /// # Errors
    /// What is wrong with it; then the old one stays as it is.
    pub fn set(&self, source: &str) -> Result<(), Vec<ScriptError>> {
        let script = Script::parse(source)?;
        let set_at = self.clock.now();
        let engine = Engine::new(script);
        *self.active() = Active { engine, set_at };
        Ok(())
    }

    /// Takes the script away.
    pub fn clear(&self) {
        let set_at = self.clock.now();
        let engine = Engine::default();
        *self.active() = Active { engine, set_at };
    }

    /// What is in force, and what it has done.
    pub fn report(&self) -> FaultReport {
        let active = self.active();
        let rules = active
            .engine
            .counts()
            .map(|(rule, seen, fired)| RuleReport {
                line: rule.line,
                text: rule.text.clone(),
                seen,
                fired,
            });
        FaultReport {
            source: active.engine.script().source().to_owned(),
            set_at: active.set_at,
            rules: rules.collect(),
        }
    }

    /// A panic elsewhere leaves nothing half-done in here, so a poisoned lock is as good as any.
    fn active(&self) -> MutexGuard<'_, Active> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::smtp::faults::Stage;

    #[test]
    fn another_script_counts_anew_and_a_bad_one_changes_nothing() {
        let faults = Faults::new(Script::default(), Clock::system());
        assert!(!faults.is_active());
        let fires = || {
            let moment = Moment {
                stage: Stage::Rcpt,
                subject: "a@b",
                tls: false,
            };
            faults.decide(&moment).act.is_some()
        };
        let script = "RCPT:first=1:451 4.7.1";
        for _ in 0..2 {
            faults.set(script).unwrap();
            assert_eq!([fires(), fires()], [true, false]);
        }
        assert_eq!(faults.set("RCPT").unwrap_err().len(), 1);
        let report = faults.report();
        assert_eq!((report.source.as_str(), report.rules.len()), (script, 1));
        assert_eq!((report.rules[0].seen, report.rules[0].fired), (2, 1));
        faults.clear();
        assert!(!faults.is_active() && !fires());
    }
}
