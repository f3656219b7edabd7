//! `/account`: where one is signed in, the password and the address.

use leptos::prelude::*;

use super::reset::new_password;
use crate::api::error::Field;
use crate::api::forms::FormKind;
use crate::ui::components::field::{csrf, owner};
use crate::ui::components::summary::summary;
use crate::ui::components::{FieldSet, Input, LiveForm, MeterSetup};
use crate::ui::text::{pages, pages::account as text};

/// One sign-in session, in words.
#[derive(Debug, Clone)]
pub struct Device {
    pub browser: Option<String>,
    pub client: Option<String>,
    /// UTC, as people read it.
    pub since: String,
    pub last_used: String,
    pub current: bool,
}

/// All that the page shows.
#[derive(Debug, Clone)]
pub struct Account {
    /// Whether the console is theirs.
    pub operator: bool,
    pub username: String,
    pub address: String,
    pub devices: Vec<Device>,
    pub csrf: String,
    pub meter: MeterSetup,
    /// The form that was refused, with its error.
    pub refused: Option<(FormKind, FieldSet)>,
}

/// The account page.
pub fn account(account: Account) -> impl IntoView {
    let set = |form: FormKind| {
        let refused = account.refused.clone().filter(|(kind, _)| *kind == form);
        let set = refused.map(|(_, set)| set).unwrap_or_default();
        FieldSet {
            csrf: Some(account.csrf.clone()),
            ..set
        }
    };
    let (others, password, address) = (
        set(FormKind::EndOthers),
        set(FormKind::ChangePassword),
        set(FormKind::ChangeAddress),
    );
    let several = account.devices.len() > 1;
    let new_address = Input {
        field: Field::Email,
        label: pages::NEW_ADDRESS,
        hint: Some(text::ADDRESS_HINT),
        ..Input::EMAIL
    };
    view! {
        <h1>{pages::ACCOUNT}</h1>
        <p class="lead">{text::SIGNED_IN_AS} " " <strong id="username-shown">{account.username.clone()}</strong></p>
        {account
            .operator
            .then(|| {
                view! {
                    <p>
                        {text::OPERATOR} " "
                        <a class="action" href="/console">
                            {text::CONSOLE}
                        </a>
                    </p>
                }
            })}
        <section aria-labelledby="sessions">
            <h2 id="sessions">{text::SESSIONS}</h2>
            <ul class="devices">{account.devices.into_iter().map(device).collect_view()}</ul>
            {several
                .then(|| {
                    view! {
                        <LiveForm>
                            <form method="post" action=FormKind::EndOthers.path()>
                                {summary("others-", others.error.as_ref())} {csrf(&others)}
                                <button type="submit" class="quiet">
                                    {text::END_OTHERS}
                                </button>
                            </form>
                        </LiveForm>
                    }
                })}
        </section>
        <section aria-labelledby="password-title">
            <h2 id="password-title">{text::PASSWORD}</h2>
            <LiveForm>
                <form method="post" action=FormKind::ChangePassword.path()>
                    {summary("", password.error.as_ref())} {csrf(&password)}
                    {owner(account.username)}
                    <div class="field">{Input::CURRENT_PASSWORD.view("", &password)}</div>
                    {new_password("", &password, account.meter)}
                    <button type="submit">{text::PASSWORD_BUTTON}</button>
                </form>
            </LiveForm>
        </section>
        <section aria-labelledby="address-title">
            <h2 id="address-title">{text::ADDRESS}</h2>
            <p>{text::ADDRESS_LEAD} " " <strong>{account.address}</strong></p>
            <LiveForm>
                <form method="post" action=FormKind::ChangeAddress.path()>
                    {summary("address-", address.error.as_ref())} {csrf(&address)}
                    <div class="field">{new_address.view("address-", &address)}</div>
                    <div class="field">{Input::CURRENT_PASSWORD.view("address-", &address)}</div>
                    <button type="submit">{text::ADDRESS_BUTTON}</button>
                </form>
            </LiveForm>
        </section>
    }
}

fn device(device: Device) -> impl IntoView {
    let browser = device
        .browser
        .unwrap_or_else(|| text::UNKNOWN_BROWSER.to_owned());
    view! {
        <li>
            <p class="browser">
                {browser}
                {device.current.then(|| view! { " " <span class="badge">{text::THIS_ONE}</span> })}
            </p>
            <p class="hint">
                {device.client.map(|client| format!("{client} · "))}
                {format!("{} {} · {} {}", text::LAST_USED, device.last_used, text::SINCE, device.since)}
            </p>
        </li>
    }
}
