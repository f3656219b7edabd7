//! What stands in a textarea: Leptos writes the children of `<textarea>` as they are, so a stranger's words could leave it.

/// As the content of a textarea, for `inner_html`. A parser drops the line break at its beginning (HTML 13.1.2.5).
pub fn textarea_content(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!("\n{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_field() {
        assert_eq!(
            textarea_content("</textarea><b>&amp;"),
            "\n&lt;/textarea>&lt;b>&amp;amp;"
        );
    }
}
