//! `/console/smtp`: what to probe, as a form that works without scripts.

use leptos::prelude::*;

use super::history::past;
use super::model::{Past, Typed, When};
use super::{Room, frame};
use crate::ui::text::console::probe as text;
use crate::ui::text::pages as words;

/// The saved settings, as far as they are shown: never the password.
#[derive(Debug, Clone)]
pub struct Saved {
    pub host: String,
    pub port: u16,
    pub protection: &'static str,
    pub username: Option<String>,
    pub from: String,
}

/// What is wrong with what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The name of the input; empty where it is about none.
    pub field: &'static str,
    pub words: String,
}

/// All that the page shows.
#[derive(Debug, Clone)]
pub struct ProbePage {
    pub saved: Saved,
    pub typed: Typed,
    pub problems: Vec<Problem>,
    pub csrf: String,
    pub recent: Vec<Past>,
    pub when: When,
}

/// The names of the stops and of the protections, as the form sends them.
const STOPS: [&str; 5] = ["connect", "tls", "auth", "rcpt", "data"];
const PROTECTIONS: [&str; 3] = ["starttls", "implicit", "none"];

/// The page.
pub fn probe(page: ProbePage) -> impl IntoView {
    let ProbePage {
        saved,
        typed,
        problems,
        csrf,
        recent,
        when,
    } = page;
    let wrong = |field: &str| {
        let found = problems.iter().find(|one| one.field == field);
        found.map(|one| one.words.clone())
    };
    let own = typed.source == "typed";
    let facts = format!(
        "{}:{}, {}",
        saved.host,
        saved.port,
        text::protection(saved.protection)
    );
    let username = saved.username.unwrap_or_else(|| text::NONE.to_owned());
    let choice = |value: &'static str, label: &'static str, hint: &'static str, checked: bool| {
        view! {
            <div class="choice">
                <input
                    type="radio"
                    class="visually-plain"
                    id=format!("source-{value}")
                    name="source"
                    value=value
                    checked=checked
                    aria-describedby=format!("source-{value}-hint")
                />
                <label for=format!("source-{value}")>{label}</label>
                <p class="hint" id=format!("source-{value}-hint")>
                    {hint}
                </p>
            </div>
        }
    };
    let none = recent.is_empty();
    let body = view! {
        <h1>{text::TITLE}</h1>
        <p class="lead">{text::LEAD}</p>
        {summary(&problems)}
        <form class="probe" method="post" action="/console/smtp" autocomplete="off">
            <input type="hidden" name="csrf" value=csrf />
            <fieldset>
                <legend>{text::TARGET}</legend>
                {choice("saved", text::SAVED, text::SAVED_HINT, !own)}
                <dl class="console-facts saved">
                    <dt>{text::HOST}</dt>
                    <dd>{facts}</dd>
                    <dt>{text::USERNAME}</dt>
                    <dd>{username}</dd>
                    <dt>{text::FROM}</dt>
                    <dd>{saved.from}</dd>
                </dl>
                {choice("typed", text::TYPED, text::TYPED_HINT, own)}
                <div class="typed">
                    {input("host", text::HOST, "text", &typed.host, "253", wrong("host"), false)}
                    {input("port", text::PORT, "text", &typed.port, "5", wrong("port"), false)}
                    {select("tls", text::TLS, &typed.tls, &PROTECTIONS, text::protection, wrong("tls"))}
                    {input("username", text::USERNAME, "text", &typed.username, "255", wrong("username"), true)}
                    {password(wrong("password"))}
                    {input("helo", text::HELO, "text", &typed.helo, "255", wrong("helo"), true)}
                </div>
            </fieldset>
            {input("to", text::TO, "email", &typed.to, "254", wrong("to"), false)}
            {select("stop", text::STOP, &typed.stop, &STOPS, text::stop, wrong("stop"))}
            <button type="submit">{text::BUTTON}</button>
        </form>
        <section class="console-section" aria-labelledby="recent-title">
            <h2 id="recent-title">{text::RECENT}</h2>
            {none.then(|| view! { <p class="hint">{text::NO_RECENT}</p> })}
            {past(recent, when)}
        </section>
    };
    frame(Room::Probe, body)
}

/// What is wrong, with a link to each field, above the form.
fn summary(problems: &[Problem]) -> Option<impl IntoView + use<>> {
    if problems.is_empty() {
        return None;
    }
    let items: Vec<_> = problems
        .iter()
        .cloned()
        .map(|Problem { field, words }| match field {
            "" => view! { <li>{words}</li> }.into_any(),
            field => view! { <li><a href=format!("#{field}")>{words}</a></li> }.into_any(),
        })
        .collect();
    Some(view! {
        <div class="summary" id="summary" role="alert" tabindex="-1" autofocus>
            <p class="summary-title">{words::THERE_IS_A_PROBLEM}</p>
            <ul>{items}</ul>
        </div>
    })
}

/// The error beside a field.
fn error(name: &str, wrong: Option<String>) -> Option<impl IntoView + use<>> {
    let id = format!("{name}-error");
    wrong.map(|words| view! { <p class="error" id=id>{words}</p> })
}

fn input(
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    value: &str,
    most: &'static str,
    wrong: Option<String>,
    optional: bool,
) -> impl IntoView + use<> {
    let hint = (name == "to").then_some(text::TO_HINT);
    let invalid = wrong.is_some().then_some("true");
    let described = [
        hint.map(|_| format!("{name}-hint")),
        wrong.as_ref().map(|_| format!("{name}-error")),
    ];
    let described: Vec<_> = described.into_iter().flatten().collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    let numeric = (name == "port").then_some("numeric");
    view! {
        <div class="field">
            <label for=name>
                {label}
                {optional.then(|| view! { " " <span class="hint">{format!("({})", text::OPTIONAL)}</span> })}
            </label>
            {hint.map(|hint| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
            {error(name, wrong)}
            <input
                id=name
                name=name
                type=kind
                value=value.to_owned()
                maxlength=most
                inputmode=numeric
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=described
                aria-invalid=invalid
            />
        </div>
    }
}

/// Always empty: a password is never shown again.
fn password(wrong: Option<String>) -> impl IntoView {
    let invalid = wrong.is_some().then_some("true");
    let described = match &wrong {
        Some(_) => "password-hint password-error",
        None => "password-hint",
    };
    view! {
        <div class="field">
            <label for="password">
                {text::PASSWORD} " "
                <span class="hint">{format!("({})", text::OPTIONAL)}</span>
            </label>
            <p class="hint" id="password-hint">
                {text::PASSWORD_HINT}
            </p>
            {error("password", wrong)}
            <input
                id="password"
                name="password"
                type="password"
                maxlength="1024"
                autocomplete="new-password"
                aria-describedby=described
                aria-invalid=invalid
            />
        </div>
    }
}

fn select(
    name: &'static str,
    label: &'static str,
    chosen: &str,
    all: &'static [&'static str],
    words: fn(&str) -> &'static str,
    wrong: Option<String>,
) -> impl IntoView + use<> {
    let options: Vec<_> = all
        .iter()
        .map(|value| {
            let selected = *value == chosen;
            view! {
                <option value=*value selected=selected>
                    {words(value)}
                </option>
            }
        })
        .collect();
    let invalid = wrong.is_some().then_some("true");
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {error(name, wrong)}
            <select id=name name=name aria-invalid=invalid>
                {options}
            </select>
        </div>
    }
}
