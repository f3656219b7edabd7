//! Holds `Leptos.toml`, the file people read, to what the reader does.

use std::path::PathBuf;

use super::reader::Reader;
use super::{Sources, load, read};

const TEMPLATE: &str = include_str!("../../../Leptos.toml");

/// The file with every setting uncommented; prose has a space after its `#`.
fn uncommented() -> String {
    let lines = TEMPLATE.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => setting,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn sources(text: &str) -> Sources {
    Sources {
        file: Some((PathBuf::from("Leptos.toml"), text.to_owned())),
        ..Sources::default()
    }
}

#[test]
fn it_names_every_setting_and_no_other() {
    let mut reader = Reader::new(sources(&uncommented()).entries().unwrap());
    read(&mut reader).unwrap();
    reader.refuse_unknown().unwrap();
    for known in reader.known() {
        assert!(reader.is_set(&known.key), "{} is missing", known.key);
    }
}

#[test]
fn its_values_are_the_defaults() {
    let (defaults, _) = load(&Sources::default()).unwrap();
    let (as_shipped, warnings) = load(&sources(TEMPLATE)).unwrap();
    let (all_set, _) = load(&sources(&uncommented())).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(format!("{as_shipped:#?}"), format!("{defaults:#?}"));
    assert_eq!(format!("{all_set:#?}"), format!("{defaults:#?}"));
}

/// The comment above each setting says what is allowed in the words of the error, so that the two cannot part.
#[test]
fn its_comments_say_what_is_allowed() {
    let mut reader = Reader::new(Sources::default().entries().unwrap());
    read(&mut reader).unwrap();
    let mut section = String::new();
    let mut comment = String::new();
    let mut seen = 0;
    for line in TEMPLATE.lines() {
        if let Some(prose) = line.strip_prefix("# ") {
            comment = format!("{comment} {prose}");
        } else if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if let Some((key, _)) = line
            .strip_prefix('#')
            .and_then(|line| line.split_once(" = "))
        {
            let full = format!("{section}{key}");
            let known = reader.known().iter().find(|known| known.key == full);
            let allowed = &known
                .unwrap_or_else(|| panic!("{full} is no setting"))
                .allowed;
            let core = allowed.split([':', ',']).next().unwrap().to_lowercase();
            assert!(
                comment.to_lowercase().contains(&core),
                "{full}: the comment lacks: {core}"
            );
            seen += 1;
        } else {
            comment.clear();
        }
    }
    assert_eq!(seen, reader.known().len());
}
