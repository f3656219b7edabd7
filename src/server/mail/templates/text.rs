//! Lays a letter out as plain text: 72 columns, links and codes on lines of their own so that they survive copying.

use super::{Block, Letter};
use crate::server::mail::render::{Look, Support};

/// RFC 3676 4.2 asks for at most 78 and suggests 72 for text that may be quoted.
const WIDTH: usize = 72;

/// The whole text part.
pub fn write(letter: &Letter, look: &Look) -> String {
    let mut out = String::new();
    paragraph(&mut out, &letter.heading);
    for block in &letter.blocks {
        match block {
            Block::Words(words) => paragraph(&mut out, words),
            Block::Led { lead, words } => paragraph(&mut out, &format!("{lead} {words}")),
            Block::Button { label, url, .. } => alone(&mut out, &format!("{label}:"), url),
            Block::Code { place, code } => {
                let ask = "If the link does not open, go to this page:";
                alone(&mut out, ask, place);
                alone(&mut out, "and paste this code:", code);
            }
            Block::Fact { name, value } => paragraph(&mut out, &format!("{name}: {value}")),
        }
    }
    match &look.support {
        Support::Address(address) => paragraph(&mut out, &format!("Help: {address}")),
        Support::Url(url) => alone(&mut out, "Help:", url),
    }
    out.pop();
    paragraph(&mut out, &format!("{}, {}", look.site, look.public_url));
    out.pop();
    out
}

/// A line of words, then one that stands alone however long it is.
fn alone(out: &mut String, words: &str, line: &str) {
    paragraph(out, words);
    out.pop();
    out.push_str(line);
    out.push_str("\n\n");
}

/// Words in lines of at most [`WIDTH`] characters (a longer word is not broken), and an empty line.
fn paragraph(out: &mut String, words: &str) {
    let mut column = 0;
    for word in words.split_whitespace() {
        let width = word.chars().count();
        if column > 0 {
            let fits = column + 1 + width <= WIDTH;
            out.push(if fits { ' ' } else { '\n' });
            column = if fits { column + 1 } else { 0 };
        }
        out.push_str(word);
        column += width;
    }
    out.push_str("\n\n");
}
