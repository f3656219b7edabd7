//! The sandbox mailbox: a list of what came, and one message as HTML, text, headers or source, and what is to be said about it.

mod checks;
mod faults;
mod links;
mod message;
mod model;
mod rooms;
mod sessions;

use leptos::prelude::*;

pub use faults::{ErrorLine, FaultsPage, RuleLine, faults};
pub use links::{Piece, pieces};
pub use model::{Attached, Body, Open, Opened, Row, Shelf, Tab};

pub use rooms::InForce;
pub use sessions::{OpenSession, Said, SaidLine, SessionOpen, SessionRow, SessionsPage, sessions};

use message::opened;
use rooms::{Room, rooms, warning};

/// The page below the site's header.
pub fn mailbox(shelf: Shelf) -> impl IntoView {
    let Shelf {
        query,
        suffix,
        total,
        rows,
        open,
        listens,
        in_force,
    } = shelf;
    let searching = !query.is_empty();
    let panes = match open {
        Open::Nothing => "mailbox-panes",
        Open::Gone | Open::Message(_) => "mailbox-panes mailbox-open",
    };
    let back = (!matches!(open, Open::Nothing)).then(|| {
        view! {
            <a class="mailbox-back" href=format!("/dev/mailbox{suffix}")>
                "All messages"
            </a>
        }
    });
    view! {
        <div class="mailbox">
            <header class="mailbox-top">
                <h1>"Sandbox mailbox"</h1>
                <form class="mailbox-search" role="search" method="get" action="/dev/mailbox">
                    <label for="mailbox-q">"Search subject, addresses and text"</label>
                    <div>
                        <input
                            id="mailbox-q"
                            type="search"
                            name="q"
                            value=query.clone()
                            maxlength="200"
                            autocomplete="off"
                            spellcheck="false"
                        />
                        <button type="submit">"Search"</button>
                        {searching.then(|| view! { <a href="/dev/mailbox">"Show all"</a> })}
                    </div>
                </form>
            </header>
            {rooms(Room::Messages)}
            {warning(in_force)}
            <p id="mailbox-status" class="visually-hidden" role="status"></p>
            <div class=panes>
                <div id="mailbox-list" class="mailbox-list">
                    {list(rows, total, searching)}
                </div>
                <div class="mailbox-message">
                    {back}
                    {match open {
                        Open::Nothing => help(&listens, total == 0).into_any(),
                        Open::Gone => {
                            view! {
                                <h2>"This message is gone"</h2>
                                <p>"It was deleted, or newer mail took its place."</p>
                            }
                                .into_any()
                        }
                        Open::Message(message) => opened(*message, &suffix).into_any(),
                    }}
                </div>
            </div>
        </div>
    }
}

fn list(rows: Vec<Row>, total: usize, searching: bool) -> impl IntoView {
    let count = match (searching, total) {
        (true, _) => format!("{} of {total} found", rows.len()),
        (false, 0) => "No mail yet".to_owned(),
        (false, 1) => "1 message".to_owned(),
        (false, _) => format!("{total} messages"),
    };
    view! {
        <div class="mailbox-head">
            <h2 id="mailbox-count">{count}</h2>
            {(total > 0)
                .then(|| {
                    view! {
                        <form method="post" action="/dev/mailbox/delete">
                            <button type="submit" class="mailbox-delete">
                                "Delete all"
                            </button>
                        </form>
                    }
                })}
        </div>
        {(total == 0)
            .then(|| view! { <p class="mailbox-muted">"New mail shows here as it arrives."</p> })}
        <ol class="mailbox-rows" aria-labelledby="mailbox-count">
            {rows.into_iter().map(line).collect_view()}
        </ol>
    }
}

fn line(row: Row) -> impl IntoView {
    let Row {
        id,
        href,
        subject,
        to,
        received_at,
        received,
        current,
    } = row;
    view! {
        <li data-id=id>
            <a href=href aria-current=current.then_some("true")>
                <span class="mailbox-subject">{or_none(subject)}</span>
                <span class="mailbox-muted">"to " {to}</span>
                <time class="mailbox-muted" datetime=received_at>
                    {received}
                </time>
            </a>
        </li>
    }
}

fn help(listens: &str, empty: bool) -> impl IntoView + use<> {
    let (host, port) = listens.rsplit_once(':').unwrap_or((listens, "25"));
    let swaks = format!(
        "swaks --server {listens} --to ada@example.org --header 'Subject: Hello' --body 'It works.'"
    );
    let python = format!(
        "python3 -c \"import smtplib; smtplib.SMTP('{}', {port}).sendmail('me@example.org', \
         ['ada@example.org'], 'Subject: Hello\\n\\nIt works.')\"",
        host.trim_matches(['[', ']'])
    );
    let heading = if empty {
        "Nothing has come yet"
    } else {
        "No message is open"
    };
    view! {
        <h2>{heading}</h2>
        <p>
            "This mailbox takes every mail that is sent to " <code>{listens.to_owned()}</code>
            ", for any address, and sends none on. It exists only in development, and forgets all when the server stops."
        </p>
        <p>
            "Point any program at it: that host and port, no TLS, and any user name and password if it insists (STARTTLS, TLS and passwords are settings; the "
            <a href="/dev/mailbox/ca.pem">"authority to trust"</a> " is new at each start). Or try it from a terminal:"
        </p>
        <pre tabindex="0" role="region" aria-label="With swaks">
            <code>{swaks}</code>
        </pre>
        <pre tabindex="0" role="region" aria-label="With Python">
            <code>{python}</code>
        </pre>
        <p>
            "Tests read the same mail as JSON at " <code>"/dev/mailbox/api/messages"</code> "."
        </p>
    }
}

fn or_none(subject: String) -> String {
    if subject.is_empty() {
        "(no subject)".to_owned()
    } else {
        subject
    }
}

fn or_dash(text: String) -> String {
    if text.is_empty() {
        "\u{2013}".to_owned()
    } else {
        text
    }
}
