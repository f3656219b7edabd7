//! Passwords from a prompt, asked twice, or from standard input; never from an argument, which every process can read.

use std::io::{IsTerminal, Read};
use std::path::Path;

use super::exit::CliError;
use crate::server::secrets::Secret;

/// More than the longest password that any setting allows.
const MAX_BYTES: u64 = 8 * 1024;

/// Asks for a new password.
pub fn ask(who: &str, from_stdin: bool) -> Result<Secret, CliError> {
    if from_stdin {
        return read(std::io::stdin().lock());
    }
    if !std::io::stdin().is_terminal() {
        let words = "there is no terminal to ask for a password at; give it on standard input with --password-stdin";
        return Err(CliError::Usage(words.to_owned()));
    }
    let first = prompt(&format!("New password for {who}: "))?;
    if first != prompt("The same again: ")? {
        return Err(CliError::Refused(
            "the two passwords are not the same".to_owned(),
        ));
    }
    Ok(first)
}

/// Asks for a password that is known already: once. `otherwise`: the flag for where there is no terminal.
pub fn ask_once(words: &str, otherwise: &str) -> Result<Secret, CliError> {
    if !std::io::stdin().is_terminal() {
        return Err(CliError::Usage(format!(
            "there is no terminal to ask for a password at; give it with {otherwise}"
        )));
    }
    prompt(words)
}

/// From a file, without the line break at its end.
pub fn from_file(file: &Path) -> Result<Secret, CliError> {
    let unreadable = |error| CliError::Usage(format!("{} cannot be read: {error}", file.display()));
    read(std::fs::File::open(file).map_err(unreadable)?)
}

fn prompt(words: &str) -> Result<Secret, CliError> {
    Ok(Secret::new(rpassword::prompt_password(words)?))
}

/// All of the input, without the line break that `echo` adds.
fn read(input: impl Read) -> Result<Secret, CliError> {
    let mut text = String::new();
    input.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(CliError::Refused(
            "this is too long for a password".to_owned(),
        ));
    }
    let kept = text.strip_suffix('\n').unwrap_or(&text);
    let kept = kept.strip_suffix('\r').unwrap_or(kept).len();
    text.truncate(kept);
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_break_is_echo_s_and_the_rest_is_the_password_s() {
        for (input, password) in [
            ("pw\n", "pw"),
            ("pw\r\n", "pw"),
            (" pw ", " pw "),
            ("a\n\n", "a\n"),
        ] {
            assert_eq!(read(input.as_bytes()).unwrap().expose(), password);
        }
        assert!(read("x".repeat(9_000).as_bytes()).is_err());
        assert!(read(&b"\xff\xfe"[..]).is_err());
    }
}
