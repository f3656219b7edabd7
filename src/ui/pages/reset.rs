//! `/reset` and `/reset/password`: the code and the username, then the new password.

use leptos::prelude::*;

use crate::ui::components::field::{csrf, owner};
use crate::ui::components::summary::summary;
use crate::ui::components::{FieldSet, Input, LiveForm, MeterSetup, PasswordTools};
use crate::ui::text::{pages, pages::reset as text};

/// The field for a mailed code, which the fragment's reader fills and hides.
pub fn code(set: &FieldSet) -> impl IntoView + use<> {
    view! {
        <div class="field" id="token-field">
            {Input::TOKEN.view("", set)}
        </div>
        <p class="note quiet" id="token-taken" hidden>
            {pages::CODE_TAKEN}
        </p>
    }
}

/// What the reader shows where the link's own words say that it is over.
pub fn link_old(href: &'static str) -> impl IntoView {
    view! {
        <p class="note warn" id="link-old" role="status" hidden>
            {pages::LINK_OLD} " "
            <a href=href>{pages::ASK_AGAIN}</a>
        </p>
    }
}

/// The same inert page for everybody; after a wrong username it goes on with the session instead of the code.
pub fn exchange(set: FieldSet) -> impl IntoView {
    let goes_on = set.csrf.is_some();
    view! {
        <h1>{text::TITLE}</h1>
        <p class="lead">{text::LEAD}</p>
        {link_old("/forgot")}
        <LiveForm>
            <form method="post" action="/reset">
                {summary("", set.error.as_ref())} {csrf(&set)} {(!goes_on).then(|| code(&set))}
                <div class="field">{Input::USERNAME.view("", &set)}</div>
                <button type="submit">{text::BUTTON}</button>
            </form>
        </LiveForm>
        <p class="hint">{text::ONCE} " " <a href="/forgot">{pages::ASK_AGAIN}</a></p>
    }
}

/// A new password with its tools.
pub fn new_password(
    stem: &'static str,
    set: &FieldSet,
    meter: MeterSetup,
) -> impl IntoView + use<> {
    view! {
        <div class="field password">
            {Input::NEW_PASSWORD.measured(stem, set, Some(meter))} <PasswordTools />
        </div>
    }
}

/// The new password.
pub fn password(username: String, set: FieldSet, meter: MeterSetup) -> impl IntoView {
    view! {
        <h1>{text::PASSWORD_TITLE}</h1>
        <p class="lead">{text::PASSWORD_LEAD}</p>
        <LiveForm>
            <form method="post" action="/reset/password">
                {summary("", set.error.as_ref())} {csrf(&set)} {owner(username)}
                {new_password("", &set, meter)}
                <button type="submit">{text::PASSWORD_BUTTON}</button>
            </form>
        </LiveForm>
    }
}
