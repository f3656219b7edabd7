//! Programs of other people that tests compare with: brought by the set-up beside the tests, or on PATH.

use std::path::PathBuf;
use std::process::Command;

/// The program of the set-up (`scripts/setup-peers.sh`), or the first of the others whose `probe` succeeds. None where it is missing,
/// which is said; with `POSTERN_TEST_REQUIRE_PEERS=1` it fails the test.
pub fn peer(name: &str, others: &[&str], probe: &[&str]) -> Option<PathBuf> {
    let target = option_env!("CARGO_TARGET_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target"),
        PathBuf::from,
    );
    let own = target.join("tools/peers/bin").join(name);
    let runs = |program: &PathBuf| {
        let ran = Command::new(program).args(probe).output();
        ran.is_ok_and(|ran| ran.status.success())
    };
    let all = std::iter::once(own).chain(others.iter().map(PathBuf::from));
    let found = all.into_iter().find(runs);
    if found.is_none() {
        let required = std::env::var_os("POSTERN_TEST_REQUIRE_PEERS").is_some_and(|on| on == "1");
        assert!(
            !required,
            "{name} is needed for this test: scripts/setup-peers.sh brings it"
        );
        eprintln!("skipped: {name} is not here; scripts/setup-peers.sh brings it");
    }
    found
}
