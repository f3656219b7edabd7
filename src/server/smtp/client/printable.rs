//! Bytes of a stranger as text that is safe to keep and to show: bounded, on one line, nothing that a terminal or a page obeys.

/// Lossy UTF-8, at most `max` characters; control characters and marks that nobody sees become `\u{fffd}`, tabs become spaces.
pub fn printable(bytes: &[u8], max: usize) -> String {
    // No character is longer than four octets: what is behind cannot be shown any more.
    let bytes = &bytes[..bytes.len().min(max.saturating_mul(4))];
    let shown = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() || is_hidden(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    let text = String::from_utf8_lossy(bytes);
    let text: String = text.chars().take(max).map(shown).collect();
    text.trim_end().to_owned()
}

/// Marks without a shape: they turn the direction of writing, join words or hide in them (Unicode's categories Cf, Zl, Zp and Co).
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(printable(b"250 Ok\tthere \r", 100), "250 Ok there \u{fffd}");
        assert_eq!(
            printable(b"\x1b[31m\x00\xff", 100),
            "\u{fffd}[31m\u{fffd}\u{fffd}"
        );
        assert_eq!(
            printable("a\u{202e}b é 日".as_bytes(), 100),
            "a\u{fffd}b é 日"
        );
        assert_eq!(printable("日本語".as_bytes(), 2), "日本");
        assert_eq!(printable(&[b'x'; 10_000], 5), "xxxxx");
    }
}
