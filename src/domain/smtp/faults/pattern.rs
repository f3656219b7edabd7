//! `*@example.org`: which addresses a rule is about.

/// A pattern in which `*` stands for any characters and `?` for one; case does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<char>);

impl Pattern {
    /// Reads a pattern; any text is one.
    pub fn new(text: &str) -> Self {
        Self(text.to_lowercase().chars().collect())
    }

    /// Whether the whole of `text` is such.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        let (mut at, mut here) = (0, 0);
        // The last star, and where in the text what it stands for ends.
        let mut star: Option<(usize, usize)> = None;
        while here < text.len() {
            match self.0.get(at) {
                Some('*') => {
                    star = Some((at, here));
                    at += 1;
                }
                Some(&c) if c == '?' || c == text[here] => {
                    at += 1;
                    here += 1;
                }
                _ => {
                    let Some((back, taken)) = star else {
                        return false;
                    };
                    star = Some((back, taken + 1));
                    at = back + 1;
                    here = taken + 1;
                }
            }
        }
        self.0[at..].iter().all(|&c| c == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text) in [
            ("*", ""),
            ("*@example.org", "Ada@EXAMPLE.org"),
            ("a?a@*", "ada@x"),
            ("*b*b*", "abab"),
            ("", ""),
            ("Ü*", "über@x"),
        ] {
            assert!(Pattern::new(pattern).matches(text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("*@example.org", "ada@example.org.evil"),
            ("?", ""),
            ("a*b", "a"),
            ("*ab", "aab c"),
        ] {
            assert!(!Pattern::new(pattern).matches(text), "{pattern} {text}");
        }
        // Neither long texts nor many stars take long.
        assert!(!Pattern::new(&"*a".repeat(100)).matches(&"b".repeat(5_000)));
    }
}
