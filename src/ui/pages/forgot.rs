//! `/forgot`: who are you, and then the same sentence for everybody.

use leptos::prelude::*;

use crate::api::error::Field;
use crate::domain::identifier::{IdentifierMode, MAX_IDENTIFIER_BYTES};
use crate::ui::components::summary::summary;
use crate::ui::components::{FieldSet, Input, LiveForm};
use crate::ui::text::{pages, pages::forgot as text, span};

/// The input for whatever names an account here.
pub fn identifier(mode: IdentifierMode) -> Input {
    match mode {
        IdentifierMode::Username => Input::USERNAME,
        IdentifierMode::Email => Input {
            field: Field::Username,
            autocomplete: "username",
            ..Input::EMAIL
        },
        IdentifierMode::Either => Input {
            label: pages::USERNAME_OR_ADDRESS,
            max: MAX_IDENTIFIER_BYTES,
            ..Input::USERNAME
        },
    }
}

/// The form.
pub fn forgot(mode: IdentifierMode, set: FieldSet) -> impl IntoView {
    view! {
        <h1>{text::TITLE}</h1>
        <p class="lead">{text::LEAD}</p>
        <LiveForm>
            <form method="post" action="/forgot">
                {summary("", set.error.as_ref())}
                <div class="field">{identifier(mode).view("", &set)}</div>
                <button type="submit">{text::BUTTON}</button>
            </form>
        </LiveForm>
    }
}

/// What everybody is told.
#[derive(Debug, Clone)]
pub struct Sent {
    pub reference: String,
    /// Our From address, to look for.
    pub from: String,
    /// Seconds.
    pub lifetime: u64,
}

/// The page after asking.
pub fn sent(sent: Sent) -> impl IntoView {
    view! {
        <h1>{text::SENT_TITLE}</h1>
        <p class="lead">{text::SENT}</p>
        <dl class="facts">
            <dt>{text::REFERENCE}</dt>
            <dd>
                <code class="reference">{sent.reference}</code>
                <p class="hint">{text::REFERENCE_HINT}</p>
            </dd>
            <dt>{text::FROM}</dt>
            <dd>
                <code>{sent.from}</code>
            </dd>
            <dt>{text::WORKS_FOR}</dt>
            <dd>{span(sent.lifetime)}</dd>
        </dl>
        <p>{text::SPAM}</p>
        <p>{text::AGAIN}</p>
        <p class="actions">
            <a class="button quiet" href="/forgot">
                {text::ONCE_MORE}
            </a>
        </p>
    }
}
