//! Reads `Leptos.toml` into flat `section.key` entries that remember their line.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::raw::{Entry, Origin, Raw};

/// All entries of a file.
///
/// # Errors
/// With line and column, when the text is no TOML.
pub(super) fn entries(name: &str, text: &str) -> Result<BTreeMap<String, Entry>, ConfigError> {
    let table = DeTable::parse(text).map_err(|error| {
        let (line, column) = position(text, error.span().map_or(0, |span| span.start));
        let cause = error
            .message()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        ConfigError::Syntax {
            file: name.to_owned(),
            line,
            column,
            cause,
        }
    })?;
    let mut found = BTreeMap::new();
    flatten(name, text, "", table.get_ref(), &mut found);
    Ok(found)
}

fn flatten(
    name: &str,
    text: &str,
    prefix: &str,
    table: &DeTable<'_>,
    found: &mut BTreeMap<String, Entry>,
) {
    for (key, value) in table {
        let full = format!("{prefix}{}", key.get_ref().escape_debug());
        if let DeValue::Table(inner) = value.get_ref() {
            flatten(name, text, &format!("{full}."), inner, found);
            continue;
        }
        let (line, _) = position(text, key.span().start);
        let origin = Origin::File {
            name: name.to_owned(),
            line,
        };
        found.insert(
            full,
            Entry {
                raw: raw(value.get_ref()),
                origin,
            },
        );
    }
}

fn raw(value: &DeValue<'_>) -> Raw {
    let kind = value.type_str();
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Boolean(on) => Raw::Switch(*on),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Raw::Other("a very large number"), Raw::Number),
        DeValue::Array(items) => {
            let item = |item: &Spanned<DeValue<'_>>| item.get_ref().as_str().map(str::to_owned);
            items
                .iter()
                .map(item)
                .collect::<Option<_>>()
                .map_or(Raw::Other(kind), Raw::List)
        }
        _ => Raw::Other(kind),
    }
}

/// Line and column of a byte, both from 1.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_flat_and_know_their_line() {
        let text =
            "env = 'production'\n[site]\nlisten = \"[::1]:1\"\n[limits]\nbody_bytes = 16_384\n";
        let found = entries("a.toml", text).unwrap();
        assert_eq!(found["env"].raw, Raw::Text("production".into()));
        assert_eq!(found["site.listen"].origin.to_string(), "a.toml, line 3");
        assert_eq!(found["limits.body_bytes"].raw, Raw::Number(16384));
    }

    #[test]
    fn a_syntax_error_is_one_line_with_its_place_and_without_the_text() {
        let text = "[smtp]\npassword = \"hunter2\nport = 25\n";
        let line = entries("a.toml", text).unwrap_err().to_string();
        assert!(line.starts_with("a.toml, line 2, column "), "{line}");
        assert!(!line.contains('\n') && !line.contains("hunter2"), "{line}");
        let twice = entries("a.toml", "env = 'a'\nenv = 'b'\n")
            .unwrap_err()
            .to_string();
        assert!(
            twice.starts_with("a.toml, line 2, column 1: duplicate key"),
            "{twice}"
        );
    }
}
