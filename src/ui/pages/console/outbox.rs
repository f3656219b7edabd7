//! `/console/outbox`: every mail, by state and by the reference that a person reads out.

use leptos::prelude::*;

use super::{Room, frame};
use crate::ui::text::console::{NEVER, outbox as text};

/// One mail, in words.
#[derive(Debug, Clone)]
pub struct MailFacts {
    pub id: String,
    pub kind: String,
    pub reference: Option<String>,
    /// Masked.
    pub recipient: String,
    /// As the filter names it.
    pub state: &'static str,
    pub attempts: u32,
    /// The id of the last failure, with its title.
    pub diagnosis: Option<(String, String)>,
    pub created: String,
    /// When it is tried next, was sent, or ended.
    pub then: String,
}

/// What stands in the way of all mail.
#[derive(Debug, Clone)]
pub struct Banner {
    pub title: String,
    pub lines: Vec<String>,
}

/// All that the page shows.
#[derive(Debug, Clone)]
pub struct OutboxPage {
    pub mails: Vec<MailFacts>,
    /// The names of the states, and the one that is shown.
    pub states: Vec<(&'static str, String)>,
    pub state: String,
    /// As it was typed.
    pub reference: String,
    pub problem: bool,
    pub newer: Option<String>,
    pub older: Option<String>,
    pub banner: Option<Banner>,
}

/// The page.
pub fn outbox(page: OutboxPage) -> impl IntoView {
    let OutboxPage {
        mails,
        states,
        state,
        reference,
        problem,
        newer,
        older,
        banner: found,
    } = page;
    let filtered = !state.is_empty() || !reference.is_empty();
    let options: Vec<_> = states
        .into_iter()
        .map(|(value, words)| {
            let selected = value == state;
            view! {
                <option value=value selected=selected>
                    {words}
                </option>
            }
        })
        .collect();
    let none = if filtered {
        text::NONE_FOUND
    } else {
        text::EMPTY
    };
    let table = if mails.is_empty() {
        view! { <p class="hint">{none}</p> }.into_any()
    } else {
        table(mails).into_any()
    };
    let described = if problem {
        "reference-hint reference-error"
    } else {
        "reference-hint"
    };
    let body = view! {
        <h1>{text::TITLE}</h1>
        <p class="lead">{text::LEAD}</p>
        {found.map(banner)}
        <form class="finder" method="get" action="/console/outbox" role="search">
            <div class="field">
                <label for="state">{text::STATE}</label>
                <select id="state" name="state">
                    {options}
                </select>
            </div>
            <div class="field">
                <label for="reference">{text::REFERENCE}</label>
                <p class="hint" id="reference-hint">
                    {text::REFERENCE_HINT}
                </p>
                {problem
                    .then(|| {
                        view! {
                            <p class="error" id="reference-error">
                                {text::BAD_REFERENCE}
                            </p>
                        }
                    })}
                <input
                    id="reference"
                    name="reference"
                    type="text"
                    value=reference
                    maxlength="16"
                    autocomplete="off"
                    autocapitalize="characters"
                    spellcheck="false"
                    aria-describedby=described
                    aria-invalid=problem.then_some("true")
                />
            </div>
            <button type="submit">{text::FIND}</button>
            {filtered
                .then(|| {
                    view! {
                        <a class="action" href="/console/outbox">
                            {text::SHOW_ALL}
                        </a>
                    }
                })}
        </form>
        {table}
        <nav class="pager" aria-label="Pages">
            {newer.map(|href| view! { <a class="action" rel="prev" href=href>{text::NEWER}</a> })}
            {older.map(|href| view! { <a class="action" rel="next" href=href>{text::OLDER}</a> })}
        </nav>
    };
    frame(Room::Outbox, body)
}

/// Why no mail leaves, and what to do.
pub fn banner(banner: Banner) -> impl IntoView {
    let lines = banner.lines.into_iter();
    view! {
        <div class="note warn" role="status">
            <p>
                <strong>{banner.title}</strong>
            </p>
            {lines.map(|line| view! { <p>{line}</p> }).collect_view()}
            <p>
                <a class="action" href="/console/smtp">
                    "Probe the saved settings"
                </a>
            </p>
        </div>
    }
}

/// The roles are those that the elements have, and lose where narrow screens lay them out in another way.
fn table(mails: Vec<MailFacts>) -> impl IntoView {
    let heads = [
        "Mail",
        "Reference",
        "Recipient",
        "State",
        "Attempts",
        "Last failure",
        "Queued",
        "Then",
    ];
    view! {
        <table class="mails" role="table">
            <thead role="rowgroup">
                <tr role="row">
                    {heads
                        .map(|head| view! { <th scope="col" role="columnheader">{head}</th> })
                        .into_iter()
                        .collect_view()}
                </tr>
            </thead>
            <tbody role="rowgroup">{mails.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

fn row(mail: MailFacts) -> impl IntoView {
    let href = format!("/console/outbox/{}", mail.id);
    let failure = match mail.diagnosis {
        Some((id, title)) => view! { {title} " " <code>{id}</code> }.into_any(),
        None => NEVER.into_any(),
    };
    let reference = mail.reference.unwrap_or_else(|| NEVER.to_owned());
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <a class="action" href=href>
                    {mail.kind}
                </a>
            </th>
            <td role="cell" data-label="Reference">{reference}</td>
            <td role="cell" data-label="Recipient">{mail.recipient}</td>
            <td role="cell" data-label="State">
                <span class=mark(mail.state)>{mail.state}</span>
            </td>
            <td role="cell" data-label="Attempts">{mail.attempts}</td>
            <td role="cell" data-label="Last failure">{failure}</td>
            <td role="cell" data-label="Queued">{mail.created}</td>
            <td role="cell" data-label="Then">{mail.then}</td>
        </tr>
    }
}

/// The class of a state's mark.
pub fn mark(state: &str) -> &'static str {
    match state {
        "sent" => "console-mark passed",
        "failed" | "expired" => "console-mark failed",
        "held" => "console-mark held",
        _ => "console-mark",
    }
}
