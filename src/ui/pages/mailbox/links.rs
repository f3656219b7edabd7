//! Web addresses in a plain text, found so that a mail's link can be clicked, and nothing else becomes one.

/// A run of text, or an address to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Plain(String),
    Link(String),
}

/// Finds the `http://` and `https://` addresses in a text. Nothing else becomes a link: no `javascript:`, no bare name.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(start) = text[at..].find("http").map(|offset| at + offset) {
        let rest = &text[start..];
        let after = ["http://", "https://"]
            .into_iter()
            .find_map(|scheme| rest.strip_prefix(scheme));
        let end = after.map_or(0, |after| rest.len() - after.len() + length(after));
        let begins = !text[..start].ends_with(|c: char| c.is_alphanumeric());
        if begins && after.is_some_and(|after| length(after) > 0) {
            if plain < start {
                found.push(Piece::Plain(text[plain..start].to_owned()));
            }
            found.push(Piece::Link(rest[..end].to_owned()));
            at = start + end;
            plain = at;
        } else {
            at = start + "http".len();
        }
    }
    if plain < text.len() {
        found.push(Piece::Plain(text[plain..].to_owned()));
    }
    found
}

/// How far an address goes: to the first space or bracket, without the punctuation of the sentence around it.
fn length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`');
    let whole = &text[..text.find(ends).unwrap_or(text.len())];
    let mut kept = whole.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
    // A closing bracket belongs to the sentence unless the address opened it.
    while kept.ends_with(')') && kept.matches('(').count() < kept.matches(')').count() {
        kept = kept[..kept.len() - 1].trim_end_matches(['.', ',', ';', ':', '!', '?']);
    }
    kept.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<String> {
        let found = pieces(text);
        let whole: String = found
            .iter()
            .map(|piece| match piece {
                Piece::Plain(text) | Piece::Link(text) => text.as_str(),
            })
            .collect();
        assert_eq!(whole, text);
        let link = |piece| match piece {
            Piece::Link(to) => Some(to),
            Piece::Plain(_) => None,
        };
        found.into_iter().filter_map(link).collect()
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(
            links("see http://127.0.0.1:3000/reset#a-B_9.\nhttps://x/"),
            ["http://127.0.0.1:3000/reset#a-B_9", "https://x/"]
        );
        assert_eq!(
            links("(http://x/a(b)c) <http://y> \"http://z\""),
            ["http://x/a(b)c", "http://y", "http://z"]
        );
        let none =
            "javascript:alert(1) ftp://x data:text/html,x http:// https://. xhttp://y HTTP http";
        assert_eq!(links(none), [""; 0]);
        assert_eq!(
            links("http://é/ü\u{a0}x http://a\u{0}b"),
            ["http://é/ü", "http://a"]
        );
    }
}
