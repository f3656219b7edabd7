//! The invariants of the attack catalogue as a model: random runs of everything that people, support, the relay, the clock and a crash
//! can do, made on the real server over HTTP and on a reference in plain data, and compared after every step.
//!
//! `POSTERN_MODEL_CASES` says how many runs (10), `POSTERN_MODEL_STEPS` how long they are at most (40). A run that fails is shrunk, and
//! its seed is kept in `regressions.txt`, which is tried first from then on; what it found belongs into `found.rs`, step by step.

mod acts;
mod check;
mod found;
mod op;
mod pages;
mod post;
mod reference;
mod run;
#[path = "../flow/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "the house of tests/flow has more rooms than are used here"
)]
mod support;
#[path = "../support_db/mod.rs"]
mod support_db;
mod turnstile;
mod world;

use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner};

/// Makes these steps; panics where a promise is broken.
fn made(ops: &[op::Op]) {
    let driver = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    driver.block_on(async {
        run::Run::new().await.all(ops).await;
    });
}

fn number(variable: &str, usual: usize) -> usize {
    let given = std::env::var(variable).ok();
    given.map_or(usual, |text| text.parse().expect(variable))
}

#[test]
fn every_promise_holds_whatever_happens_in_whatever_order() {
    let cases = number("POSTERN_MODEL_CASES", 10);
    let kept = FileFailurePersistence::Direct("tests/model/regressions.txt");
    let config = Config {
        cases: u32::try_from(cases).unwrap(),
        failure_persistence: Some(Box::new(kept)),
        max_shrink_iters: u32::try_from(number("POSTERN_MODEL_SHRINK", 300)).unwrap(),
        ..Config::default()
    };
    let steps = op::run(number("POSTERN_MODEL_STEPS", 40));
    let outcome = TestRunner::new(config).run(&steps, |ops| {
        made(&ops);
        Ok::<(), TestCaseError>(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
