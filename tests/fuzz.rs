//! Replays the corpus of the fuzz targets on the stable toolchain: each file as it is, and in mutations that are the same at every run.
//! `make fuzz` looks for new files; whatever it finds comes into fuzz/corpus, and stays there for good.

#[path = "../fuzz/src/lib.rs"]
mod bodies;

use std::fs;
use std::path::PathBuf;

use postern::server::mail::relay::End;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// The files of a target, by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read(path).unwrap(),
            )
        })
        .collect();
    files.sort();
    assert!(files.len() >= 5, "{target} has a corpus");
    files
}

/// One change: a byte set, put in, or taken out, or a piece doubled.
type Edit = (u8, Index, u8);

fn mutated(file: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for (kind, place, value) in edits {
        let at = place.index(bytes.len() + 1);
        let end = bytes.len().min(at + usize::from(*value % 16) + 1);
        match kind % 4 {
            0 if at < bytes.len() => bytes[at] = *value,
            1 if at < bytes.len() => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => bytes.insert(at, *value),
        }
    }
    bytes
}

fn replay(target: &str, mutations: u32) {
    let (_, body) = bodies::ALL
        .into_iter()
        .find(|(name, _)| *name == target)
        .unwrap();
    let config = Config {
        cases: mutations,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..Config::default()
    };
    body(b"");
    for (name, file) in corpus(target) {
        eprintln!("{target}/{name}");
        body(&file);
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let mut runner = TestRunner::new_with_rng(config.clone(), rng);
        let edits = vec((any::<u8>(), any::<Index>(), any::<u8>()), 1..8);
        let ran = runner.run(&edits, |edits| {
            body(&mutated(&file, &edits));
            Ok(())
        });
        if let Err(error) = ran {
            panic!("{target}/{name}, changed: {error}");
        }
    }
}

#[test]
fn tokens() {
    replay("token", 200);
}

#[test]
fn identifiers() {
    replay("identifier", 200);
}

#[test]
fn replies() {
    replay("smtp_reply", 100);
}

#[test]
fn fault_scripts() {
    replay("fault_script", 100);
}

#[test]
fn messages() {
    replay("message", 40);
}

#[test]
fn clients_of_the_sandbox() {
    replay("sandbox_session", 20);
}

#[test]
fn servers_that_our_dialogue_meets() {
    replay("dialogue", 4);
}

/// Otherwise the target would not get beyond the banner, and nobody would notice.
#[test]
fn the_dialogue_reaches_its_end_and_a_password_that_comes_back_is_not_kept() {
    let file = |name: &str| {
        let files = corpus("dialogue");
        files.into_iter().find(|(file, _)| file == name).unwrap().1
    };
    let accepted = bodies::dialogue::converse(&file("accepted")).unwrap();
    assert!(matches!(accepted.end, End::Accepted(_)), "{accepted:?}");
    let refused = bodies::dialogue::converse(&file("echo-password")).unwrap();
    let shown = format!("{:?} {:?}", refused.end, refused.transcript);
    assert!(
        shown.contains("5.7.8") && shown.contains("[secret]"),
        "{shown}"
    );
}

#[test]
fn every_target_has_a_program_a_corpus_and_a_test() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap();
    let tests = include_str!("fuzz.rs");
    let named = |path: &str| -> Vec<String> {
        let folder = fs::read_dir(root.join(path)).unwrap();
        let mut names: Vec<_> = folder
            .map(|e| {
                e.unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    };
    let all: Vec<String> = bodies::ALL
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(named("fuzz/fuzz_targets"), all);
    assert_eq!(named("fuzz/corpus"), all);
    for name in &all {
        assert!(
            manifest.contains(&format!("name = \"{name}\"")),
            "{name} is no program"
        );
        assert!(
            tests.contains(&format!("replay(\"{name}\"")),
            "{name} is not replayed"
        );
    }
}
