//! E2 in short: the program of `make timing` with few pairs against the real server. It asserts that everything is measured and that
//! all answers are the same; what their times say is printed and not judged, since a loaded machine would judge at random.

#[path = "../tools/timing/src/cases.rs"]
mod cases;
#[path = "../tools/timing/src/mask.rs"]
mod mask;
#[path = "../tools/timing/src/measure.rs"]
mod measure;
#[path = "../tools/timing/src/people.rs"]
mod people;
#[path = "../tools/timing/src/server.rs"]
mod server;
#[path = "../tools/timing/src/stats.rs"]
mod stats;
#[path = "../tools/timing/src/wire.rs"]
mod wire;

#[allow(dead_code, unused_imports, reason = "other tests use the rest")]
mod support_db;

use std::path::Path;

use crate::measure::{WARM_UP, measure};
use crate::people::People;
use crate::server::Server;
use crate::stats::Finding;
use crate::support_db::Database;
use crate::wire::Wire;

/// POSTERN_TIMING_PAIRS asks for more.
fn pairs() -> usize {
    let asked = std::env::var("POSTERN_TIMING_PAIRS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(40)
}

#[tokio::test(flavor = "multi_thread")]
async fn e2_known_and_unknown_are_answered_alike_and_timed() {
    let program = Path::new(env!("CARGO_BIN_EXE_postern"));
    let pairs = pairs();
    let folder = tempfile::tempdir().unwrap();
    let database = Database::new(&folder.path().join("timing.sqlite"));
    let server = Server::start(program, Some(&database.url())).unwrap();
    let people = People::make(&server.config, pairs).await.unwrap();
    let mut wire = Wire::connect(server.address).unwrap();
    for case in cases::all() {
        let named = format!("{}: {}", case.name, case.classes.join(" / "));
        let measured = measure(&case, &people, &mut wire, pairs).await.unwrap();
        let status = match case.name.split(':').next().unwrap() {
            "reset" => 422,
            "sign-in" => 401,
            _ => 303,
        };
        assert_eq!(
            measured.statuses.iter().collect::<Vec<_>>(),
            [&status],
            "{named}"
        );
        let answers: Vec<_> = measured.answers.iter().collect();
        assert_eq!(
            answers.len(),
            1,
            "{named}: {}",
            answers
                .iter()
                .map(|a| a.as_str())
                .collect::<Vec<_>>()
                .join("\n----\n")
        );
        let timed = pairs - WARM_UP.min(pairs / 10);
        for times in [&measured.series.first, &measured.series.second] {
            assert_eq!(times.len(), timed, "{named}");
            assert!(times.iter().all(|time| *time > 0.0), "{named}");
        }
        let finding = Finding::of(&measured.series);
        println!(
            "{named}: medians {:?} µs, t {:.1}, worst {:.1}, {}",
            finding.medians,
            finding.t,
            finding.worst,
            finding.passes()
        );
    }
    people.close().await;
}
