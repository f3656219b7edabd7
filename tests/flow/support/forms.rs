//! A form as it stands in the HTML, filled and encoded as a browser would.

use scraper::{Html, Selector};

use super::raw::percent;

/// One form.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    /// Names and values, hidden ones included.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// Every form of a page.
    pub fn all(html: &str) -> Vec<Self> {
        let page = Html::parse_document(html);
        let (forms, inputs) = (
            Selector::parse("form").unwrap(),
            Selector::parse("input").unwrap(),
        );
        let read = |form: scraper::ElementRef<'_>| {
            assert_eq!(form.attr("method"), Some("post"), "{}", form.html());
            let fields = form.select(&inputs).filter_map(|input| {
                let value = input.attr("value").unwrap_or_default();
                Some((input.attr("name")?.to_owned(), value.to_owned()))
            });
            Self {
                action: form.attr("action").unwrap().to_owned(),
                fields: fields.collect(),
            }
        };
        page.select(&forms).map(read).collect()
    }

    /// Types into a field, which must be there.
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        let field = self.fields.iter_mut().find(|(known, _)| known == name);
        let field = field.unwrap_or_else(|| panic!("{} has no field {name}", self.action));
        value.clone_into(&mut field.1);
        self
    }

    /// What a field holds.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// application/x-www-form-urlencoded.
    pub fn body(&self) -> String {
        let pair = |(name, value): &(String, String)| {
            format!("{}={}", percent(name.as_bytes()), percent(value.as_bytes()))
        };
        self.fields.iter().map(pair).collect::<Vec<_>>().join("&")
    }
}
