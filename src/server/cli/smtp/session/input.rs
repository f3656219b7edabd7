//! Where typed lines come from: a terminal with line editing and a history that is kept nowhere, or a script on standard input.

use std::io::{BufRead, IsTerminal, Read, Stdin};

use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Config, Editor};

use crate::server::cli::exit::CliError;
use crate::server::cli::password;
use crate::server::secrets::Secret;

/// Longest line in octets: servers take 512 (RFC 5321 4.5.3.1.4), and up to 12,288 for AUTH (RFC 4954 4).
const MAX_LINE: u64 = 12_288;

/// A person or a script.
pub enum Input {
    Person(Box<Editor<(), MemHistory>>),
    Script(Stdin),
}

impl Input {
    /// A person where both ends are a terminal.
    pub fn new() -> Result<Self, CliError> {
        let input = std::io::stdin();
        if !input.is_terminal() || !std::io::stdout().is_terminal() {
            return Ok(Self::Script(input));
        }
        let config = Config::builder().auto_add_history(false).build();
        let editor = Editor::with_history(config, MemHistory::new()).map_err(failed)?;
        Ok(Self::Person(Box::new(editor)))
    }

    /// Whether what is typed is not on the screen yet.
    pub const fn is_script(&self) -> bool {
        matches!(self, Self::Script(_))
    }

    /// The next line, without its end; none at the end of the input.
    pub fn line(&mut self, prompt: &str) -> Result<Option<String>, CliError> {
        match self {
            Self::Script(input) => read(input),
            Self::Person(editor) => {
                // The runtime's other work goes on while a person thinks.
                match tokio::task::block_in_place(|| editor.readline(prompt)) {
                    Ok(line) => Ok(Some(line)),
                    Err(ReadlineError::Eof) => Ok(None),
                    // Ctrl+C throws the line away.
                    Err(ReadlineError::Interrupted) => Ok(Some(String::new())),
                    Err(error) => Err(failed(error)),
                }
            }
        }
    }

    /// The next line, not echoed.
    pub fn secret(&mut self, prompt: &str) -> Result<Option<Secret>, CliError> {
        match self {
            Self::Script(input) => Ok(read(input)?.map(Secret::new)),
            Self::Person(_) => {
                let asked = || password::ask_once(prompt, "--password-file");
                tokio::task::block_in_place(asked).map(Some)
            }
        }
    }

    /// Keeps a line for the arrow keys.
    pub fn remember(&mut self, line: &str) {
        if let Self::Person(editor) = self {
            // A history that is full or takes no doubles is none the worse.
            let _ = editor.add_history_entry(line);
        }
    }
}

fn failed(error: ReadlineError) -> CliError {
    CliError::Failed(error.into())
}

fn read(input: &Stdin) -> Result<Option<String>, CliError> {
    let mut bytes = Vec::new();
    input
        .lock()
        .take(MAX_LINE + 1)
        .read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.len() as u64 > MAX_LINE {
        let words = format!("a line of more than {MAX_LINE} octets is no command");
        return Err(CliError::Usage(words));
    }
    let line =
        String::from_utf8(bytes).map_err(|_| CliError::Usage("a line is not UTF-8".to_owned()))?;
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}
