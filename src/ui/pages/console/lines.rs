//! The lines of a conversation: who said what, when.

use leptos::prelude::*;

use crate::domain::smtp::transcript::{Side, WireLine};

/// The lines as a list; long ones wrap.
pub fn lines(lines: &[WireLine], label: String) -> impl IntoView + use<> {
    let one = |line: &WireLine| {
        let (class, mark, who) = side(line.from);
        let (at, text) = (format!("{} ms", line.at_ms), line.text.clone());
        view! {
            <li class=class>
                <span class="wire-at">{at}</span>
                <span class="wire-who">
                    <abbr title=who>{mark}</abbr>
                </span>
                <code>{text}</code>
            </li>
        }
    };
    view! {
        <ol class="wire" aria-label=label>
            {lines.iter().map(one).collect_view()}
        </ol>
    }
}

/// The class, the mark and the meaning of a side.
pub const fn side(side: Side) -> (&'static str, &'static str, &'static str) {
    match side {
        Side::Client => ("wire-client", "C", "we"),
        Side::Server => ("wire-server", "S", "the server"),
        Side::Note => ("wire-note", "\u{b7}", "a note"),
    }
}

/// A text in which no address is whole: of each, the first character and the domain are left.
///
/// What is recorded is masked already where we write it; a server may repeat an address in words of its own.
pub fn mask(text: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.\u{2026}".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let local: usize = before
            .chars()
            .rev()
            .take_while(|c| fits(*c))
            .map(char::len_utf8)
            .sum();
        let (kept, local) = before.split_at(before.len() - local);
        out.push_str(kept);
        let domain = after.starts_with(|c: char| c.is_alphanumeric() || c == '[');
        match local.chars().next() {
            Some(first) if domain => {
                out.push(first);
                out.push('\u{2026}');
            }
            _ => out.push_str(local),
        }
        out.push('@');
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn no_address_is_whole() {
        for (text, masked) in [
            ("RCPT TO:<bob@example.org>", "RCPT TO:<b…@example.org>"),
            (
                "550 5.1.1 <bob.b+x@example.org>: no",
                "550 5.1.1 <b…@example.org>: no",
            ),
            ("a@b.example, 'c'@d.example", "a…@b.example, '…@d.example"),
            ("b…@example.org", "b…@example.org"),
            ("jörg@[192.0.2.1]", "j…@[192.0.2.1]"),
            ("50% @ noon, @home, x@", "50% @ noon, @home, x@"),
            ("", ""),
        ] {
            assert_eq!(mask(text), masked);
        }
    }
}
