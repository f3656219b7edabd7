//! Secrets among the settings: each has a `_file` twin, none is taken from a flag, none is ever shown.

use super::error::ConfigError;
use super::raw::Origin;
use super::section::Section;
use super::sources::variable_of;
use crate::server::secrets::Secret;

impl Section<'_> {
    /// A secret, from `key` or from the file that `key_file` names; never from a flag, which every process can read.
    pub fn secret(&mut self, key: &str) -> Result<Option<Secret>, ConfigError> {
        let full = self.register(key, "a text".to_owned(), true);
        let twin = format!("{key}_file");
        let file = self.path(&twin, "the path of a file that holds it")?;
        let entry = self.reader.entries.get(&full);
        if entry.is_some_and(|entry| entry.origin == Origin::Flag) {
            let instead = format!("use {} or {full}_file", variable_of(&full));
            let complaint = format!("no secret on the command line, others can read it; {instead}");
            return Err(self.reader.refuse(&full, complaint));
        }
        let text = entry.map(|entry| entry.raw.text().map(str::to_owned));
        match (text, file) {
            (Some(None), _) => Err(self.reader.refuse(&full, "must be a text in quotes")),
            (Some(Some(text)), Some(_)) if !text.is_empty() => {
                let complaint = format!("{full}_file is set as well, set only one");
                Err(self.reader.refuse(&full, complaint))
            }
            (_, Some(path)) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    self.reader
                        .refuse(&format!("{full}_file"), format!("cannot be read: {error}"))
                })?;
                let text = text.trim_end_matches(['\r', '\n']);
                if text.is_empty() {
                    return Err(self
                        .reader
                        .refuse(&format!("{full}_file"), "the file is empty"));
                }
                Ok(Some(Secret::new(text.to_owned())))
            }
            (Some(Some(text)), None) if !text.is_empty() => Ok(Some(Secret::new(text))),
            _ => Ok(None),
        }
    }
}
