//! An island around a form: it submits without a page load and shows errors in place. Without it the form is a plain form.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, FormData, HtmlElement, HtmlFormElement, SubmitEvent};

use crate::api::error::{Refused, Sentence};
use crate::api::forms::{Fields, FormKind, submit};
use crate::ui::text;

/// Wraps a form; its path says which one it is.
#[island]
pub fn LiveForm(children: Children) -> impl IntoView {
    let on_submit = move |event: SubmitEvent| {
        let Some(element) = event
            .target()
            .and_then(|t| t.dyn_into::<HtmlFormElement>().ok())
        else {
            return;
        };
        let action = element.get_attribute("action").unwrap_or_default();
        let Some(form) = FormKind::from_path(&action) else {
            return;
        };
        event.prevent_default();
        // A second press while the first is on its way is no second request.
        if element.get_attribute("aria-busy").is_some() {
            return;
        }
        let _ = element.set_attribute("aria-busy", "true");
        let fields = read(&element);
        spawn_local(async move {
            let answer = submit(form, fields).await;
            let _ = element.remove_attribute("aria-busy");
            match answer {
                Ok(next) => {
                    let _ = window().location().assign(&next.go);
                }
                Err(refused) => show(&element, &refused),
            }
        });
    };
    view! { <div class="live" on:submit=on_submit>{children()}</div> }
}

/// What the form's inputs hold.
fn read(form: &HtmlFormElement) -> Fields {
    let mut fields = Fields::default();
    if let Ok(data) = FormData::new_with_form(form) {
        for name in [
            "username",
            "email",
            "token",
            "password",
            "current_password",
            "csrf",
        ] {
            let value = data.get(name).as_string();
            if let (Some(field), Some(value)) = (fields.get_mut(name), value) {
                *field = value;
            }
        }
    }
    fields
}

/// Writes an error where the server would have written it, and moves the focus there.
fn show(form: &HtmlFormElement, refused: &Refused) {
    let find = |selector: &str| form.query_selector(selector).ok().flatten();
    let inputs = form.query_selector_all("input[name]").ok();
    for index in 0..inputs.as_ref().map_or(0, |all| all.length()) {
        let input = inputs.as_ref().and_then(|all| all.get(index));
        let Some(input) = input.and_then(|node| node.dyn_into::<Element>().ok()) else {
            continue;
        };
        let _ = input.remove_attribute("aria-invalid");
        if let Some(place) = find(&format!("[id='{}-error']", input.id())) {
            say(&place, None);
        }
    }
    let Some(summary) = find(".summary") else {
        return;
    };
    let list = summary.query_selector("ul").ok().flatten();
    if let Some(list) = &list {
        list.set_inner_html("");
    }
    for Sentence { field, words } in &refused.sentences {
        let input = (!field.is_empty())
            .then(|| find(&format!("input[name='{field}']")))
            .flatten();
        if let Some(input) = &input {
            let _ = input.set_attribute("aria-invalid", "true");
            if let Some(place) = find(&format!("[id='{}-error']", input.id())) {
                say(&place, Some(words));
            }
            // A code that came with the link and does not work is to be seen.
            if let Some(wrap) = input.closest("[hidden]").ok().flatten() {
                let _ = wrap.remove_attribute("hidden");
            }
        }
        if let (Some(list), Ok(item)) = (&list, document().create_element("li")) {
            match input.and_then(|input| Some((input, document().create_element("a").ok()?))) {
                Some((input, link)) => {
                    let _ = link.set_attribute("href", &format!("#{}", input.id()));
                    link.set_text_content(Some(words));
                    let _ = item.append_child(&link);
                }
                None => item.set_text_content(Some(words)),
            }
            let _ = list.append_child(&item);
        }
    }
    let _ = summary.remove_attribute("hidden");
    if let Ok(summary) = summary.dyn_into::<HtmlElement>() {
        let _ = summary.focus();
    }
    document().set_title(&format!(
        "{}: {}",
        text::pages::THERE_IS_A_PROBLEM,
        bare_title()
    ));
}

fn say(place: &Element, sentence: Option<&str>) {
    place.set_text_content(sentence);
    let _ = match sentence {
        Some(_) => place.remove_attribute("hidden"),
        None => place.set_attribute("hidden", ""),
    };
}

/// The title without the words of an earlier error.
fn bare_title() -> String {
    let title = document().title();
    let prefix = format!("{}: ", text::pages::THERE_IS_A_PROBLEM);
    title.strip_prefix(&prefix).unwrap_or(&title).to_owned()
}
