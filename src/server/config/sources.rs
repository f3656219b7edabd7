//! Where settings come from: the file, then the environment, then flags; each later one wins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::file;
use super::raw::{Entry, Origin, Raw};

/// The file that is read when nobody names one.
const DEFAULT_FILE: &str = "Leptos.toml";
/// How every variable of ours begins.
const PREFIX: &str = "POSTERN_";
/// The variable that names the file.
const FILE_VARIABLE: &str = "POSTERN_CONFIG";

/// Everything that may hold a setting, as plain values, so that a test needs no process of its own.
#[derive(Clone, Default)]
pub struct Sources {
    /// The file's path and text.
    pub file: Option<(PathBuf, String)>,
    /// Environment variables; those that do not begin with `POSTERN_` are ignored.
    pub env: Vec<(String, String)>,
    /// `section.key` and value, from `--set` and the flags that stand for a setting.
    pub flags: Vec<(String, String)>,
}

impl Sources {
    /// Collects them from this process. `file` is what `--config` names; without it `POSTERN_CONFIG` counts, then
    /// `./Leptos.toml` where it exists.
    ///
    /// # Errors
    /// When a file that was named cannot be read, or a variable of ours is no UTF-8.
    pub fn from_process(
        file: Option<&Path>,
        flags: Vec<(String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut env = Vec::new();
        for (name, value) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if !name.starts_with(PREFIX) {
                continue;
            }
            let value = value.into_string().map_err(|_| ConfigError::Unreadable {
                file: name.clone(),
                cause: "the variable is no UTF-8".to_owned(),
            })?;
            env.push((name, value));
        }
        let named = env
            .iter()
            .find(|(name, value)| name == FILE_VARIABLE && !value.is_empty());
        let file = match (file, named) {
            (Some(path), _) => Some(path.to_owned()),
            (None, Some((_, path))) => Some(PathBuf::from(path)),
            (None, None) => Path::new(DEFAULT_FILE)
                .exists()
                .then(|| PathBuf::from(DEFAULT_FILE)),
        };
        let file = file
            .map(|path| read(&path).map(|text| (path, text)))
            .transpose()?;
        Ok(Self { file, env, flags })
    }

    /// The winner for each key.
    pub(super) fn entries(&self) -> Result<BTreeMap<String, Entry>, ConfigError> {
        let mut entries = match &self.file {
            Some((path, text)) => file::entries(&path.display().to_string(), text)?,
            None => BTreeMap::new(),
        };
        for (name, value) in &self.env {
            // An empty variable is what compose files and units leave behind for "not set".
            if let Some(key) = key_of(name).filter(|_| !value.is_empty()) {
                let origin = Origin::Environment(name.clone());
                entries.insert(
                    key,
                    Entry {
                        raw: Raw::Loose(value.clone()),
                        origin,
                    },
                );
            }
        }
        for (key, value) in &self.flags {
            let entry = Entry {
                raw: Raw::Loose(value.clone()),
                origin: Origin::Flag,
            };
            entries.insert(key.clone(), entry);
        }
        Ok(entries)
    }
}

/// The variable that sets `section.key`.
pub(super) fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}

/// The key that a variable sets, where it is one of ours.
fn key_of(variable: &str) -> Option<String> {
    let rest = variable
        .strip_prefix(PREFIX)
        .filter(|_| variable != FILE_VARIABLE)?;
    // Kubernetes gives these to every pod beside a service named "postern"; they are nobody's mistake.
    let injected = rest.starts_with("SERVICE_") || rest == "PORT" || rest.starts_with("PORT_");
    let key = || rest.to_ascii_lowercase().replacen("__", ".", 1);
    (!injected || rest.contains("__")).then(key)
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        file: path.display().to_string(),
        cause: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_name_sections_and_keys() {
        let key = |name| key_of(name);
        assert_eq!(key("POSTERN_ENV").as_deref(), Some("env"));
        assert_eq!(
            key("POSTERN_SMTP__PASSWORD_FILE").as_deref(),
            Some("smtp.password_file")
        );
        assert_eq!(
            variable_of("smtp.password_file"),
            "POSTERN_SMTP__PASSWORD_FILE"
        );
        assert_eq!(key("POSTERN_CONFIG"), None);
        assert_eq!(key("PATH"), None);
    }

    #[test]
    fn what_kubernetes_injects_is_no_setting() {
        for name in [
            "POSTERN_PORT",
            "POSTERN_PORT_3000_TCP_ADDR",
            "POSTERN_SERVICE_HOST",
        ] {
            assert_eq!(key_of(name), None, "{name}");
        }
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let missing = Sources::from_process(Some(Path::new("no/such.toml")), Vec::new());
        let line = missing.err().unwrap().to_string();
        assert!(line.starts_with("no/such.toml: cannot be read: "), "{line}");
    }
}
