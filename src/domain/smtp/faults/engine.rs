//! Which rules fire: from the step, counters and the time that is handed in. The same conversation meets the same faults.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::{Act, Count, MAX_DELAY, Rule, Script, Stage};
use crate::domain::time::Timestamp;

/// Addresses that one greylisting rule remembers; when there are more, it begins anew.
const MAX_GREY: usize = 10_000;

/// A moment at which something may go wrong.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    pub stage: Stage,
    /// The address, name or user that `match` is about; empty where there is none.
    pub subject: &'a str,
    /// Whether the conversation is inside TLS.
    pub tls: bool,
}

/// What happens at a moment; usually nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deed {
    /// All delays together, at most [`MAX_DELAY`].
    pub delay: Duration,
    /// What happens instead of the step: the first that fires.
    pub act: Option<Act>,
    /// `no X`, upper case.
    pub withheld: Vec<String>,
    /// `offer X …`.
    pub offered: Vec<String>,
    /// The rules that did it, as written.
    pub fired: Vec<String>,
}

/// A script with its counters.
#[derive(Debug, Clone, Default)]
pub struct Engine {
    script: Script,
    counters: Vec<Counter>,
}

/// What one rule has seen.
#[derive(Debug, Clone, Default)]
struct Counter {
    occasions: u64,
    fired: u64,
    /// When the last ones passed; of `RATE`.
    passed: VecDeque<Timestamp>,
    /// When an address was first seen; of `grey`.
    seen: HashMap<String, Timestamp>,
}

impl Engine {
    /// A script that has seen nothing.
    pub fn new(script: Script) -> Self {
        let counters = vec![Counter::default(); script.rules.len()];
        Self { script, counters }
    }

    /// The script.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// Each rule with how often its step came and how often it fired.
    pub fn counts(&self) -> impl Iterator<Item = (&Rule, u64, u64)> {
        let pairs = self.script.rules.iter().zip(&self.counters);
        pairs.map(|(rule, counter)| (rule, counter.occasions, counter.fired))
    }

    /// What happens now. Every rule of the step counts the moment, whichever fires.
    pub fn decide(&mut self, moment: &Moment<'_>, now: Timestamp) -> Deed {
        let mut deed = Deed::default();
        for (rule, counter) in self.script.rules.iter().zip(&mut self.counters) {
            if !rule.is_about(moment) {
                continue;
            }
            counter.occasions += 1;
            if !counter.holds(rule, moment, now) || !deed.takes(&rule.act) {
                continue;
            }
            counter.fired += 1;
            deed.fired.push(rule.text.clone());
        }
        deed
    }
}

impl Rule {
    fn is_about(&self, moment: &Moment<'_>) -> bool {
        let here = match self.stage {
            Stage::Any => !matches!(moment.stage, Stage::Banner | Stage::Tls | Stage::Dot),
            Stage::Rate => moment.stage == Stage::Mail,
            stage => stage == moment.stage,
        };
        let pattern = self.when.pattern.as_ref();
        here && self.when.tls.is_none_or(|tls| tls == moment.tls)
            && pattern.is_none_or(|pattern| pattern.matches(moment.subject))
    }
}

impl Counter {
    fn holds(&mut self, rule: &Rule, moment: &Moment<'_>, now: Timestamp) -> bool {
        let counted = match rule.when.count {
            None => true,
            Some(Count::Nth(n)) => self.occasions == u64::from(n),
            Some(Count::First(n)) => self.occasions <= u64::from(n),
            Some(Count::After(n)) => self.occasions > u64::from(n),
            Some(Count::Every(n)) => self.occasions.is_multiple_of(u64::from(n)),
        };
        let grey = rule.when.grey.is_none_or(|span| {
            if self.seen.len() >= MAX_GREY
                && !self.seen.contains_key(&moment.subject.to_lowercase())
            {
                self.seen.clear();
            }
            let first = *self
                .seen
                .entry(moment.subject.to_lowercase())
                .or_insert(now);
            now.since(first) < span
        });
        counted
            && grey
            && rule.when.rate.is_none_or(|rate| {
                while self
                    .passed
                    .front()
                    .is_some_and(|first| now.since(*first) >= rate.span)
                {
                    self.passed.pop_front();
                }
                let over = self.passed.len() >= rate.most as usize;
                if !over {
                    self.passed.push_back(now);
                }
                over
            })
    }
}

impl Deed {
    /// Takes an act; false where another one happens already.
    fn takes(&mut self, act: &Act) -> bool {
        match act {
            Act::Delay(span) => self.delay = self.delay.saturating_add(*span).min(MAX_DELAY),
            Act::Withhold(keyword) => self.withheld.push(keyword.clone()),
            Act::Offer(words) => self.offered.push(words.clone()),
            act if self.act.is_none() => self.act = Some(act.clone()),
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greylisting_remembers_a_bounded_number() {
        let script = Script::parse("RCPT:grey=5m:451").expect("a script");
        let mut engine = Engine::new(script);
        for n in 0..MAX_GREY * 2 + 5 {
            let subject = format!("{n}@x");
            let moment = Moment {
                stage: Stage::Rcpt,
                subject: &subject,
                tls: false,
            };
            engine.decide(&moment, Timestamp::from_millis(0));
            assert!(engine.counters[0].seen.len() <= MAX_GREY);
        }
    }
}
