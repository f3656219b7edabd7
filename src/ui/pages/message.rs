//! Pages that only say something: what was done, or why it was not.

use leptos::prelude::*;

/// A title, a sentence, and where to go from here.
pub fn message(
    title: &'static str,
    sentence: String,
    link: Option<(&str, &'static str)>,
) -> impl IntoView + use<> {
    let link = link.map(|(href, words)| (href.to_owned(), words));
    view! {
        <h1>{title}</h1>
        <p class="lead">{sentence}</p>
        {link
            .map(|(href, words)| {
                view! {
                    <p class="actions">
                        <a class="button" href=href>
                            {words}
                        </a>
                    </p>
                }
            })}
    }
}
