//! The summary above a form: what is wrong, with a link to each field. Always there, hidden while there is nothing to say.

use leptos::prelude::*;

use crate::api::error::ApiError;
use crate::ui::text;

/// The sentences of an error, each with the field that it is about.
pub fn sentences(error: &ApiError) -> Vec<(Option<&'static str>, String)> {
    match error {
        ApiError::Fields(all) => all
            .iter()
            .map(|one| (Some(one.field.name()), text::reason(one.field, &one.reason)))
            .collect(),
        other => vec![(None, text::error(other))],
    }
}

/// The summary. The live form fills the same elements by their ids.
pub fn summary(error: Option<&ApiError>) -> impl IntoView + use<> {
    let items: Vec<_> = error
        .map(sentences)
        .unwrap_or_default()
        .into_iter()
        .map(|(field, sentence)| match field {
            Some(field) => {
                view! { <li><a href=format!("#{field}")>{sentence}</a></li> }.into_any()
            }
            None => view! { <li>{sentence}</li> }.into_any(),
        })
        .collect();
    let hidden = items.is_empty();
    let autofocus = !hidden;
    view! {
        <div class="summary" id="summary" role="alert" tabindex="-1" hidden=hidden autofocus=autofocus>
            <p class="summary-title">{text::pages::THERE_IS_A_PROBLEM}</p>
            <ul>{items}</ul>
        </div>
    }
}
