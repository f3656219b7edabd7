//! `/sign-up` and `/verify`: an address first, the rest on the page that the mailed link opens.

use leptos::prelude::*;

use super::reset::{code, link_old, new_password};
use crate::ui::components::summary::summary;
use crate::ui::components::{FieldSet, Input, LiveForm, MeterSetup};
use crate::ui::text::pages::sign_up as text;

/// The address.
pub fn sign_up(set: FieldSet) -> impl IntoView {
    view! {
        <h1>{text::TITLE}</h1>
        <p class="lead">{text::LEAD}</p>
        <LiveForm>
            <form method="post" action="/sign-up">
                {summary("", set.error.as_ref())} <div class="field">{Input::EMAIL.view("", &set)}</div>
                <button type="submit">{text::BUTTON}</button>
            </form>
        </LiveForm>
    }
}

/// The username and the password.
pub fn verify(set: FieldSet, meter: MeterSetup) -> impl IntoView {
    let username = Input {
        hint: Some(text::USERNAME_HINT),
        ..Input::USERNAME
    };
    view! {
        <h1>{text::VERIFY_TITLE}</h1>
        <p class="lead">{text::VERIFY_LEAD}</p>
        {link_old("/sign-up")}
        <LiveForm>
            <form method="post" action="/verify">
                {summary("", set.error.as_ref())} {code(&set)}
                <div class="field">{username.view("", &set)}</div> {new_password("", &set, meter)}
                <button type="submit">{text::VERIFY_BUTTON}</button>
            </form>
        </LiveForm>
    }
}
