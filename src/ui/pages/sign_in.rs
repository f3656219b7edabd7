//! `/sign-in` and `/sign-out`.

use leptos::prelude::*;

use super::forgot::identifier;
use crate::domain::identifier::IdentifierMode;
use crate::ui::components::field::csrf;
use crate::ui::components::summary::summary;
use crate::ui::components::{FieldSet, Input, LiveForm, PasswordTools};
use crate::ui::text::pages::sign_in as text;

/// Signing in.
pub fn sign_in(mode: IdentifierMode, set: FieldSet) -> impl IntoView {
    view! {
        <h1>{text::TITLE}</h1>
        <LiveForm>
            <form method="post" action="/sign-in">
                {summary("", set.error.as_ref())}
                <div class="field">{identifier(mode).view("", &set)}</div>
                <div class="field password">
                    {Input::PASSWORD.view("", &set)}
                    <PasswordTools />
                </div>
                <button type="submit">{text::BUTTON}</button>
            </form>
        </LiveForm>
        <p>
            <a class="action" href="/forgot">
                {text::FORGOT}
            </a>
        </p>
    }
}

/// Signing out: a button, since a link that is only opened must change nothing.
pub fn sign_out(set: FieldSet) -> impl IntoView {
    view! {
        <h1>{text::OUT_TITLE}</h1>
        <p class="lead">{text::OUT_LEAD}</p>
        <LiveForm>
            <form method="post" action="/sign-out">
                {summary("", set.error.as_ref())} {csrf(&set)}
                <button type="submit">{text::OUT_TITLE}</button>
            </form>
        </LiveForm>
    }
}
