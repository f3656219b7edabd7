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
    /// Every form of a page that changes something. A choice has the value that is chosen.
    pub fn all(html: &str) -> Vec<Self> {
        let page = Html::parse_document(html);
        let [forms, fields, options] =
            ["form", "input, select", "option"].map(|selector| Selector::parse(selector).unwrap());
        let value = |field: scraper::ElementRef<'_>| {
            if field.value().name() != "select" {
                return field.attr("value").unwrap_or_default().to_owned();
            }
            let all: Vec<_> = field.select(&options).collect();
            let chosen = all.iter().find(|option| option.attr("selected").is_some());
            let chosen = chosen
                .or(all.first())
                .and_then(|option| option.attr("value"));
            chosen.unwrap_or_default().to_owned()
        };
        let read = |form: scraper::ElementRef<'_>| {
            let chosen = |field: &scraper::ElementRef<'_>| {
                field.attr("type") != Some("radio") || field.attr("checked").is_some()
            };
            let all = form.select(&fields).filter(chosen);
            let named =
                all.filter_map(|field| Some((field.attr("name")?.to_owned(), value(field))));
            Self {
                action: form.attr("action").unwrap().to_owned(),
                fields: named.collect(),
            }
        };
        let changing = |form: &scraper::ElementRef<'_>| {
            let method = form.attr("method").unwrap();
            assert!(matches!(method, "post" | "get"), "{}", form.html());
            method == "post"
        };
        page.select(&forms).filter(changing).map(read).collect()
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
