//! A script's text into pieces: one a rule, with its place. Knows line ends, semicolons, comments and backslashes.

use super::error::ScriptError;

/// One rule as it is written.
#[derive(Debug)]
pub(super) struct Piece {
    pub line: usize,
    /// Its characters, each with its column and whether a backslash made it plain.
    pub chars: Vec<Letter>,
}

/// A character of a rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letter {
    pub c: char,
    pub column: usize,
    /// Whether it was written with a backslash, so that it separates nothing.
    pub plain: bool,
}

/// Cuts one line; what is wrong with it goes to `errors`.
pub(super) fn pieces(line: usize, text: &str, errors: &mut Vec<ScriptError>) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut chars: Vec<Letter> = Vec::new();
    let mut letters = (1..).zip(text.chars()).peekable();
    while let Some((column, c)) = letters.next() {
        let begins = chars.iter().all(|letter| letter.c.is_whitespace());
        let after_space = chars.last().is_some_and(|letter| letter.c.is_whitespace());
        let before_space = letters.peek().is_none_or(|(_, next)| next.is_whitespace());
        match c {
            // `554 see ticket #4` is text, `554 # a note` has a comment.
            '#' if begins || (after_space && before_space) => break,
            ';' => finish(line, &mut chars, &mut found),
            '\\' => match letters.next() {
                Some((_, 'n')) => chars.push(letter('\n', column, true)),
                Some((_, c @ (':' | ';' | '#' | '\\'))) => chars.push(letter(c, column, true)),
                _ => errors.push(ScriptError::new(
                    line,
                    column,
                    r"a backslash stands before n (a further line of the reply), ':', ';', '#' or another backslash",
                )),
            },
            c if c.is_control() && c != '\t' => errors.push(ScriptError::new(
                line,
                column,
                format!("a control character (U+{:04X}) is not allowed", u32::from(c)),
            )),
            c => chars.push(letter(c, column, false)),
        }
    }
    finish(line, &mut chars, &mut found);
    found
}

fn letter(c: char, column: usize, plain: bool) -> Letter {
    Letter { c, column, plain }
}

fn finish(line: usize, chars: &mut Vec<Letter>, found: &mut Vec<Piece>) {
    let chars = trimmed(std::mem::take(chars));
    if !chars.is_empty() {
        found.push(Piece { line, chars });
    }
}

fn trimmed(mut chars: Vec<Letter>) -> Vec<Letter> {
    let blank = |letter: &Letter| letter.c.is_whitespace() && !letter.plain;
    while chars.last().is_some_and(blank) {
        chars.pop();
    }
    let start = chars
        .iter()
        .position(|letter| !blank(letter))
        .unwrap_or(chars.len());
    chars.split_off(start)
}

/// A part of a rule, with blanks around it cut off: its text and the column where it begins.
pub(super) fn text(part: &[Letter]) -> (String, usize) {
    let column = part
        .iter()
        .find(|letter| !letter.c.is_whitespace())
        .or(part.first());
    let text: String = part.iter().map(|letter| letter.c).collect();
    (
        text.trim().to_owned(),
        column.map_or(1, |letter| letter.column),
    )
}

/// Cuts at the first colon that separates: what is before and what is behind it.
pub(super) fn split(part: &[Letter]) -> Option<(&[Letter], &[Letter])> {
    let at = part
        .iter()
        .position(|letter| letter.c == ':' && !letter.plain)?;
    Some((&part[..at], &part[at + 1..]))
}
