//! Fault scripts: what is read says the same when it is read again, what is not is complained about in its place.

use std::time::Duration;

use postern::domain::smtp::faults::{Engine, MAX_DELAY, MAX_RULES, Moment, Script, Stage};
use postern::domain::smtp::transcript::Transcript;
use postern::domain::time::Timestamp;

const STAGES: [Stage; 8] = [
    Stage::Banner,
    Stage::Ehlo,
    Stage::Tls,
    Stage::Auth,
    Stage::Mail,
    Stage::Rcpt,
    Stage::Data,
    Stage::Dot,
];

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    transcript(&text);
    match Script::parse(&text) {
        Err(complaints) => {
            assert!((1..=20).contains(&complaints.len()));
            let lines = text.lines().count().max(1);
            for complaint in &complaints {
                assert!((1..=lines).contains(&complaint.line), "{complaint}");
                let longest = text
                    .lines()
                    .nth(complaint.line - 1)
                    .unwrap_or_default()
                    .chars()
                    .count();
                assert!((1..=longest + 1).contains(&complaint.column), "{complaint}");
                assert!(
                    !complaint.message.is_empty() && complaint.message.len() < 2_000,
                    "{complaint}"
                );
                assert!(!complaint.message.contains('\n'), "{complaint}");
            }
            let placed: Vec<_> = complaints.iter().map(|c| (c.line, c.column)).collect();
            assert!(placed.is_sorted(), "{placed:?}");
        }
        Ok(script) => {
            assert_eq!(script.source(), text);
            assert!(script.rules().len() <= MAX_RULES);
            assert_eq!(Script::parse(script.source()).as_ref(), Ok(&script));
            assert!(script.rules().iter().all(|rule| !rule.text.contains('\n')));
            played(script);
        }
    }
}

/// The rules, asked in turn for a while.
fn played(script: Script) {
    let mut engine = Engine::new(script);
    for n in 0..40 {
        let stage = STAGES[n % STAGES.len()];
        let now = Timestamp::from_millis(0).plus(Duration::from_secs(n as u64 * 20));
        let moment = Moment {
            stage,
            subject: "ada@example.org",
            tls: n % 2 == 0,
        };
        let deed = engine.decide(&moment, now);
        assert!(deed.delay <= MAX_DELAY);
        assert_eq!(
            deed.fired.is_empty(),
            deed == Default::default(),
            "something happened and no rule did it"
        );
    }
}

/// A transcript as it is stored: what can be read is written back as it was.
fn transcript(text: &str) {
    if let Ok(read) = serde_json::from_str::<Transcript>(text) {
        let written = serde_json::to_string(&read).unwrap_or_default();
        assert_eq!(
            serde_json::from_str::<Transcript>(&written).ok(),
            Some(read)
        );
    }
}
