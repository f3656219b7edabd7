//! The declarative side of the reader: a section asks for each key by type, default and bounds, once.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::error::ConfigError;
use super::raw::{Origin, Raw};
use super::reader::{Known, Reader};
use super::units::brief;

/// The keys of one section.
pub(super) struct Section<'a> {
    pub(super) reader: &'a mut Reader,
    name: &'static str,
}

impl<'a> Section<'a> {
    pub(super) fn new(reader: &'a mut Reader, name: &'static str) -> Self {
        Self { reader, name }
    }

    /// Any type: `read` says whether the value is what `allowed` describes. `None` where nobody set it.
    pub fn optional<T>(
        &mut self,
        key: &str,
        allowed: impl Into<String>,
        read: impl FnOnce(&Raw) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let full = self.register(key, allowed.into(), false);
        let Some(entry) = self.reader.entries.get(&full) else {
            return Ok(None);
        };
        let value = read(&entry.raw);
        value
            .map(Some)
            .ok_or_else(|| self.reader.refuse_value(&full))
    }

    /// Any type that is written as text; an empty text is as good as none.
    pub fn parsed<T>(
        &mut self,
        key: &str,
        allowed: impl Into<String>,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let found = self.optional(key, allowed, |raw| match raw.text()?.trim() {
            "" => Some(None),
            text => read(text).map(Some),
        })?;
        Ok(found.flatten())
    }

    /// A length of time.
    pub fn duration(
        &mut self,
        key: &str,
        default: Duration,
        bounds: RangeInclusive<Duration>,
    ) -> Result<Duration, ConfigError> {
        let (least, most) = (brief(*bounds.start()), brief(*bounds.end()));
        let allowed = format!(
            "a duration from {least} to {most}, such as \"{}\"",
            brief(default)
        );
        let read = |raw: &Raw| humantime::parse_duration(raw.text()?.trim()).ok();
        let within = |raw: &Raw| read(raw).filter(|span| bounds.contains(span));
        Ok(self.optional(key, allowed, within)?.unwrap_or(default))
    }

    /// A whole number.
    pub fn number<T: FromStr + Display + PartialOrd>(
        &mut self,
        key: &str,
        default: T,
        bounds: RangeInclusive<T>,
    ) -> Result<T, ConfigError> {
        let allowed = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        let read = |raw: &Raw| {
            raw.number()?
                .parse()
                .ok()
                .filter(|number| bounds.contains(number))
        };
        Ok(self.optional(key, allowed, read)?.unwrap_or(default))
    }

    /// Yes or no.
    pub fn switch(&mut self, key: &str, default: bool) -> Result<bool, ConfigError> {
        Ok(self
            .optional(key, "true or false", Raw::switch)?
            .unwrap_or(default))
    }

    /// One of a few words.
    pub fn choice<T: Copy>(
        &mut self,
        key: &str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, ConfigError> {
        let words: Vec<_> = choices
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect();
        let read = |text: &str| {
            choices
                .iter()
                .find(|(word, _)| *word == text)
                .map(|(_, v)| *v)
        };
        self.parsed(key, words.join(" or "), read)
    }

    /// One line of text for people.
    pub fn text(&mut self, key: &str, default: &str, most: usize) -> Result<String, ConfigError> {
        let fits = |text: &str| text.chars().count() <= most && !text.chars().any(char::is_control);
        let read = |text: &str| fits(text).then(|| text.to_owned());
        let found = self.parsed(key, format!("one line of at most {most} characters"), read)?;
        Ok(found.unwrap_or_else(|| default.to_owned()))
    }

    /// A path; an empty one is as good as none.
    pub fn path(&mut self, key: &str, allowed: &str) -> Result<Option<PathBuf>, ConfigError> {
        self.parsed(key, allowed, |text| Some(PathBuf::from(text)))
    }

    /// Several of one type.
    pub fn list<T>(
        &mut self,
        key: &str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, ConfigError> {
        let all = |raw: &Raw| {
            raw.list()?
                .into_iter()
                .map(|item| read(item.trim()))
                .collect()
        };
        Ok(self.optional(key, allowed, all)?.unwrap_or_default())
    }

    /// Where a value that was written stands.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        Some(&self.reader.entries.get(&self.full(key))?.origin)
    }

    /// An error about a key of this section.
    pub fn refuse(&self, key: &str, complaint: impl Into<String>) -> ConfigError {
        self.reader.refuse(&self.full(key), complaint)
    }

    pub(super) fn full(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    pub(super) fn register(&mut self, key: &str, allowed: String, secret: bool) -> String {
        let full = self.full(key);
        self.reader.known.push(Known {
            key: full.clone(),
            allowed,
            secret,
        });
        full
    }
}
