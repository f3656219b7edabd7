//! Words for headers: what mail programs would misread goes as encoded words (RFC 2047), whole and folded.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Octets of text in one encoded word, so that it stays below 75 characters (RFC 2047 2) behind a header's name.
const OCTETS: usize = 39;
/// The longest word that stands in a header as it is; folding has to find a space before 998 octets (RFC 5322 2.1.1).
const LONGEST: usize = 60;

/// Whether a text in a header would not be read back as it is: letters beyond ASCII, words without an end, and what only looks like
/// an encoded word (`=?utf-8?q?…?=`), which a reader would decode into something else.
pub fn needed(text: &str) -> bool {
    let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    !printable || text.contains("=?") || text.split(' ').any(|word| word.len() > LONGEST)
}

/// The text as encoded words, one a line.
pub fn encode(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut part = String::new();
    for letter in text.chars() {
        if part.len() + letter.len_utf8() > OCTETS {
            words.push(word(&part));
            part.clear();
        }
        part.push(letter);
    }
    words.push(word(&part));
    words.join("\r\n ")
}

fn word(part: &str) -> String {
    format!("=?utf-8?b?{}?=", STANDARD.encode(part))
}

/// One line without what no header may hold: control characters become spaces.
pub fn one_line(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    text.chars()
        .map(clean)
        .collect::<String>()
        .trim()
        .to_owned()
}
