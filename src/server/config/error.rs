//! What is wrong with a setting, always in one line, and never with a secret in it.

use std::fmt;

use super::raw::{Origin, Raw};

/// Why the settings cannot be used. Prints as one line that names the key, where it was set, its value and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A file that was named cannot be read.
    #[error("{file}: cannot be read: {cause}")]
    Unreadable {
        /// Its path as it was given.
        file: String,
        /// What the operating system says.
        cause: String,
    },
    /// The file is no TOML.
    #[error("{file}, line {line}, column {column}: {cause}")]
    Syntax {
        /// Its path as it was given.
        file: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What the parser says.
        cause: String,
    },
    /// A key that no setting has.
    #[error("{key} ({origin}): there is no such setting{hint}")]
    Unknown {
        /// As it was written.
        key: String,
        /// Where it was written.
        origin: String,
        /// The nearest that exists.
        hint: String,
    },
    /// A value that is not allowed.
    #[error("{key}{value}: {complaint}")]
    Value {
        /// `section.key`.
        key: String,
        /// The value and where it came from; a secret's value is left out.
        value: Shown,
        /// What is allowed.
        complaint: String,
    },
}

/// A value as an error may show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Nobody set it.
    NotSet,
    /// Set there, to something that is not shown.
    Hidden(Origin),
    /// Set there, to this.
    Plain(Raw, Origin),
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSet => f.write_str(" (not set)"),
            Self::Hidden(origin) => write!(f, " (from {origin})"),
            Self::Plain(raw, origin) => write!(f, " = {raw} (from {origin})"),
        }
    }
}

/// Something allowed that an operator should know about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(pub(super) String);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
