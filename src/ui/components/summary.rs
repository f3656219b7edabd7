//! The summary above a form: what is wrong, with a link to each field. Always there, hidden while there is nothing to say.

use leptos::prelude::*;

use crate::api::error::{ApiError, FieldError, Refused, Sentence};
use crate::ui::text;

/// The sentences of an error, each with the field that it is about.
pub fn sentences(error: &ApiError) -> Refused {
    let ApiError::Fields(all) = error else {
        return Refused::with(&text::error(error));
    };
    let sentence = |one: &FieldError| Sentence {
        field: one.field.name().to_owned(),
        words: text::reason(one.field, &one.reason),
    };
    Refused {
        sentences: all.iter().map(sentence).collect(),
    }
}

/// The summary; `stem` as in the form's inputs. The live form fills the same elements.
pub fn summary(stem: &str, error: Option<&ApiError>) -> impl IntoView + use<> {
    let items: Vec<_> = error
        .map(|error| sentences(error).sentences)
        .unwrap_or_default()
        .into_iter()
        .map(|Sentence { field, words }| match field.as_str() {
            "" => view! { <li>{words}</li> }.into_any(),
            field => view! { <li><a href=format!("#{stem}{field}")>{words}</a></li> }.into_any(),
        })
        .collect();
    let hidden = items.is_empty();
    let autofocus = !hidden;
    view! {
        <div class="summary" id=format!("{stem}summary") role="alert" tabindex="-1" hidden=hidden autofocus=autofocus>
            <p class="summary-title">{text::pages::THERE_IS_A_PROBLEM}</p>
            <ul>{items}</ul>
        </div>
    }
}
