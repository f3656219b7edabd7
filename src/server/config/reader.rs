//! The reader behind all sections: what was written, what was asked for, and the errors about both.

use std::collections::BTreeMap;

use super::error::{ConfigError, Shown};
use super::nearest;
use super::raw::{Entry, Origin, Raw};
use super::section::Section;
use super::sources::variable_of;

/// All that was written, and all that was asked for.
pub(super) struct Reader {
    pub(super) entries: BTreeMap<String, Entry>,
    pub(super) known: Vec<Known>,
}

/// A key that exists.
pub(super) struct Known {
    /// `section.key`.
    pub key: String,
    /// What it may be, in the words of an error.
    pub allowed: String,
    /// Whether its value is never shown.
    pub secret: bool,
}

impl Reader {
    pub fn new(entries: BTreeMap<String, Entry>) -> Self {
        Self {
            entries,
            known: Vec::new(),
        }
    }

    /// The keys of `[name]`; of the root where the name is empty.
    pub fn section<'a>(&'a mut self, name: &'static str) -> Section<'a> {
        Section::new(self, name)
    }

    /// Whether anybody set this key.
    pub fn is_set(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Every key that was asked for.
    #[cfg(test)]
    pub fn known(&self) -> &[Known] {
        &self.known
    }

    /// An error about this key: its value is not what was asked for.
    pub fn refuse_value(&self, key: &str) -> ConfigError {
        let known = self.known.iter().find(|known| known.key == key);
        let allowed = known.map_or("something else", |known| known.allowed.as_str());
        self.refuse(key, format!("must be {allowed}"))
    }

    /// An error about this key.
    pub fn refuse(&self, key: &str, complaint: impl Into<String>) -> ConfigError {
        let secret = self
            .known
            .iter()
            .any(|known| known.key == key && known.secret);
        let value = match self.entries.get(key) {
            None => Shown::NotSet,
            Some(entry) if secret || hides_a_secret(&entry.raw) => {
                Shown::Hidden(entry.origin.clone())
            }
            Some(entry) => Shown::Plain(entry.raw.clone(), entry.origin.clone()),
        };
        ConfigError::Value {
            key: key.to_owned(),
            value,
            complaint: complaint.into(),
        }
    }

    /// Refuses what nobody asked for; to be called when everybody has asked.
    pub fn refuse_unknown(&self) -> Result<(), ConfigError> {
        let known: Vec<&str> = self.known.iter().map(|known| known.key.as_str()).collect();
        let unknown = self
            .entries
            .iter()
            .find(|(key, _)| !known.contains(&key.as_str()));
        let Some((key, entry)) = unknown else {
            return Ok(());
        };
        Err(match &entry.origin {
            Origin::Environment(variable) => ConfigError::Unknown {
                key: variable.clone(),
                origin: "environment variable".to_owned(),
                hint: nearest::hint(key, &known, variable_of),
            },
            origin => ConfigError::Unknown {
                key: key.clone(),
                origin: format!("from {origin}"),
                hint: nearest::hint(key, &known, str::to_owned),
            },
        })
    }

    /// Lets `alias` stand for `key`: the later source wins, and two values in one source are one too many.
    pub fn alias(&mut self, key: &'static str, alias: &'static str) -> Result<(), ConfigError> {
        let allowed = format!("the same as {key}");
        self.known.push(Known {
            key: alias.to_owned(),
            allowed,
            secret: false,
        });
        let set = |entry: &&Entry| entry.raw.text() != Some("");
        let Some(other) = self.entries.get(alias).filter(set) else {
            return Ok(());
        };
        if let Some(entry) = self.entries.get(key) {
            if entry.origin.same_layer(&other.origin) && entry.raw != other.raw {
                return Err(self.refuse(alias, format!("{key} is set as well, set only one")));
            }
            if entry.origin.rank() > other.origin.rank() {
                return Ok(());
            }
        }
        let other = other.clone();
        self.entries.insert(key.to_owned(), other);
        Ok(())
    }
}

/// A URL with user information may carry a password, whatever key it was written for.
fn hides_a_secret(raw: &Raw) -> bool {
    raw.text()
        .is_some_and(|text| text.contains("://") && text.contains('@'))
}
