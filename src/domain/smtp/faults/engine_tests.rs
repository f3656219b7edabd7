//! When rules fire: counters, patterns, times, and which of several.

use std::time::Duration;

use super::*;
use crate::domain::time::Timestamp;

fn engine(text: &str) -> Engine {
    Engine::new(Script::parse(text).unwrap())
}

fn at(stage: Stage, subject: &str) -> Moment<'_> {
    let tls = false;
    Moment {
        stage,
        subject,
        tls,
    }
}

/// Which of so many moments are refused.
fn fires(engine: &mut Engine, moment: &Moment<'_>, times: usize) -> Vec<bool> {
    let now = Timestamp::from_millis(0);
    (0..times)
        .map(|_| engine.decide(moment, now).act.is_some())
        .collect()
}

#[test]
fn counting() {
    for (condition, expected) in [
        ("", [true; 5]),
        ("nth=2:", [false, true, false, false, false]),
        ("first=2:", [true, true, false, false, false]),
        ("after=3:", [false, false, false, true, true]),
        ("every=2:", [false, true, false, true, false]),
    ] {
        let mut engine = engine(&format!("RCPT:{condition}451"));
        assert_eq!(
            fires(&mut engine, &at(Stage::Rcpt, "a@b"), 5),
            expected,
            "{condition}"
        );
    }
}

#[test]
fn only_what_matches_is_counted() {
    let mut engine = engine("RCPT:match=*@x:nth=2:550; EHLO:tls=yes:first=1:close");
    let (here, there) = (at(Stage::Rcpt, "a@X"), at(Stage::Rcpt, "a@y"));
    assert_eq!(fires(&mut engine, &there, 3), [false; 3]);
    assert_eq!(fires(&mut engine, &here, 3), [false, true, false]);
    let inside = Moment {
        tls: true,
        ..at(Stage::Ehlo, "")
    };
    assert_eq!(fires(&mut engine, &at(Stage::Ehlo, ""), 2), [false; 2]);
    assert_eq!(fires(&mut engine, &inside, 2), [true, false]);
    let counts: Vec<_> = engine
        .counts()
        .map(|(rule, seen, fired)| (rule.line, seen, fired))
        .collect();
    assert_eq!(counts, [(1, 3, 1), (1, 2, 1)]);
}

#[test]
fn the_first_that_fires_wins_and_delays_add_up() {
    let mut engine =
        engine("*:delay=2s\nMAIL:delay=3s\nMAIL:nth=2:451 first\nMAIL:550 second\n*:close");
    let now = Timestamp::from_millis(0);
    let mut next = || engine.decide(&at(Stage::Mail, "a@b"), now);
    let first = next();
    assert_eq!(first.delay, Duration::from_secs(5));
    assert!(matches!(first.act, Some(Act::Reply { code: 550, .. })));
    assert_eq!(
        first.fired,
        ["*:delay=2s", "MAIL:delay=3s", "MAIL:550 second"]
    );
    assert!(matches!(next().act, Some(Act::Reply { code: 451, .. })));
    for stage in [Stage::Banner, Stage::Tls, Stage::Dot] {
        assert_eq!(engine.decide(&at(stage, ""), now), Deed::default());
    }
    assert_eq!(
        engine.decide(&at(Stage::Any, ""), now).act,
        Some(Act::Close)
    );
    let mut long = self::engine("*:delay=9m;*:delay=9m");
    assert_eq!(long.decide(&at(Stage::Quit, ""), now).delay, MAX_DELAY);
}

#[test]
fn extensions_add_up() {
    let mut engine = engine("EHLO:no AUTH;EHLO:no size;EHLO:offer AUTH CRAM-MD5;EHLO:STARTTLS");
    let deed = engine.decide(&at(Stage::Ehlo, "me"), Timestamp::from_millis(0));
    assert_eq!(deed.withheld, ["AUTH", "SIZE"]);
    assert_eq!(deed.offered, ["AUTH CRAM-MD5", "STARTTLS"]);
    assert_eq!(deed.act, None);
}

#[test]
fn rates_slide_and_grey_addresses_wait() {
    let mut rated = engine("RATE:2/min:421");
    let mut mail = |second: i64| {
        let now = Timestamp::from_millis(second * 1_000);
        rated.decide(&at(Stage::Mail, "a@b"), now).act.is_some()
    };
    // What is refused does not count against those that come later.
    let seen = [0, 30, 40, 59, 60, 61, 90].map(&mut mail);
    assert_eq!(seen, [false, false, true, true, false, true, false]);
    let mut grey = engine("RCPT:grey=5m:451 4.7.1 Greylisted");
    let mut rcpt = |second: i64, to: &str| {
        let now = Timestamp::from_millis(second * 1_000);
        grey.decide(&at(Stage::Rcpt, to), now).act.is_some()
    };
    assert!(rcpt(0, "a@b") && rcpt(299, "A@b") && rcpt(299, "c@d"));
    assert!(!rcpt(300, "a@b") && rcpt(300, "c@d") && !rcpt(600, "c@d"));
}
