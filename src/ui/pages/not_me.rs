//! `/not-me` and `/account/verify-address`: a mailed code and a username, for one thing each.

use leptos::prelude::*;

use super::reset::{code, link_old};
use crate::api::forms::FormKind;
use crate::ui::components::summary::summary;
use crate::ui::components::{FieldSet, Input, LiveForm};
use crate::ui::text::pages::{account, not_me as text};

/// Freezing the account.
pub fn not_me(set: FieldSet) -> impl IntoView {
    let words = [text::TITLE, text::LEAD, text::BUTTON];
    confirmation(FormKind::NotMe, "/", words, "danger", set)
}

/// Making a new address count.
pub fn verify_address(set: FieldSet) -> impl IntoView {
    let words = [
        account::VERIFY_TITLE,
        account::VERIFY_LEAD,
        account::VERIFY_BUTTON,
    ];
    confirmation(FormKind::VerifyAddress, "/account", words, "", set)
}

fn confirmation(
    form: FormKind,
    again: &'static str,
    [title, lead, button]: [&'static str; 3],
    class: &'static str,
    set: FieldSet,
) -> impl IntoView {
    view! {
        <h1>{title}</h1>
        <p class="lead">{lead}</p>
        {(form == FormKind::VerifyAddress).then(|| link_old(again))}
        <LiveForm>
            <form method="post" action=form.path()>
                {summary("", set.error.as_ref())} {code(&set)}
                <div class="field">{Input::USERNAME.view("", &set)}</div>
                <button type="submit" class=class>
                    {button}
                </button>
            </form>
        </LiveForm>
    }
}
