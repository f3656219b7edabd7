//! A setting as it was written, before anybody knows what it should be, and where that was.

use std::fmt;

/// Longest part of a value that an error repeats.
const SHOWN_CHARS: usize = 60;

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// A string of the file.
    Text(String),
    /// A whole number of the file.
    Number(i64),
    /// A boolean of the file.
    Switch(bool),
    /// An array of strings of the file.
    List(Vec<String>),
    /// Anything else of the file, by the name of its type.
    Other(&'static str),
    /// From the environment or a flag, where everything is text: fits every type that can read it.
    Loose(String),
}

impl Raw {
    /// The text, where text is asked for.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Loose(text) => Some(text),
            _ => None,
        }
    }

    /// The digits, where a number is asked for.
    pub fn number(&self) -> Option<String> {
        match self {
            Self::Number(number) => Some(number.to_string()),
            Self::Loose(text) => Some(text.trim().to_owned()),
            _ => None,
        }
    }

    /// The choice, where a switch is asked for.
    pub fn switch(&self) -> Option<bool> {
        match self {
            Self::Switch(on) => Some(*on),
            Self::Loose(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The items, where a list is asked for; in the environment they are separated by commas.
    pub fn list(&self) -> Option<Vec<&str>> {
        match self {
            Self::List(items) => Some(items.iter().map(String::as_str).collect()),
            Self::Loose(text) => Some(
                text.split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .collect(),
            ),
            _ => None,
        }
    }
}

/// As an error shows it: on one line, text in quotes, not longer than needed.
impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loose(text) if text.parse::<i64>().is_ok() || text.parse::<bool>().is_ok() => {
                f.write_str(text)
            }
            Self::Text(text) | Self::Loose(text) => quoted(f, text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Switch(on) => write!(f, "{on}"),
            Self::Other(kind) => f.write_str(kind),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    quoted(f, item)?;
                }
                f.write_str("]")
            }
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => write!(f, "{:?}…", &text[..end]),
        None => write!(f, "{text:?}"),
    }
}

/// Where a value was written; later variants win over earlier ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In the file.
    File {
        /// Its path as it was given.
        name: String,
        /// From 1.
        line: usize,
    },
    /// In this environment variable.
    Environment(String),
    /// After a flag.
    Flag,
}

impl Origin {
    /// Whether both were written in the same kind of place, so that neither wins.
    pub fn same_layer(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Higher wins.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::File { .. } => 0,
            Self::Environment(_) => 1,
            Self::Flag => 2,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line } => write!(f, "{name}, line {line}"),
            Self::Environment(variable) => f.write_str(variable),
            Self::Flag => f.write_str("the command line"),
        }
    }
}

/// One setting as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What.
    pub raw: Raw,
    /// Where.
    pub origin: Origin,
}
