//! The page of the fault script: what is in force, a form for another one, what is wrong with it, and examples.

use leptos::prelude::*;

use super::rooms::{Room, plural, rooms};
use crate::domain::smtp::faults::{EXAMPLES, MAX_SCRIPT};
use crate::ui::components::textarea_content;

/// Everything the page shows.
#[derive(Debug, Clone)]
pub struct FaultsPage {
    /// What stands in the form.
    pub script: String,
    /// The rules in force; empty where nothing goes wrong.
    pub rules: Vec<RuleLine>,
    /// RFC 3339, and the same for people.
    pub set_at: (String, String),
    /// What is wrong with the script in the form.
    pub errors: Vec<ErrorLine>,
    /// The example that stands in the form and is not in force yet.
    pub example: Option<&'static str>,
}

/// A rule in force.
#[derive(Debug, Clone)]
pub struct RuleLine {
    pub line: usize,
    pub text: String,
    pub seen: u64,
    pub fired: u64,
}

/// A complaint.
#[derive(Debug, Clone)]
pub struct ErrorLine {
    pub line: usize,
    pub column: usize,
    pub message: String,
    /// The line of the script, as it was typed.
    pub written: String,
}

/// The page below the site's header.
pub fn faults(page: FaultsPage) -> impl IntoView {
    let FaultsPage {
        script,
        rules,
        set_at,
        errors,
        example,
    } = page;
    let active = !rules.is_empty();
    let wrong = !errors.is_empty();
    view! {
        <div class="mailbox">
            <header class="mailbox-top">
                <h1>"Faults on purpose"</h1>
            </header>
            {rooms(Room::Faults)}
            <div class="mailbox-faults">
                <section aria-labelledby="in-force">
                    <h2 id="in-force">{if active { "In force" } else { "Nothing goes wrong" }}</h2>
                    {if active { in_force(rules, set_at).into_any() } else { calm().into_any() }}
                </section>
                <section aria-labelledby="script-title">
                    <h2 id="script-title">"The script"</h2>
                    {wrong.then(|| complaints(errors))}
                    {example
                        .map(|title| {
                            view! {
                                <p role="status">
                                    {format!("An example, not in force yet: {title}.")}
                                </p>
                            }
                        })}
                    <form method="post" action="/dev/mailbox/faults" class="mailbox-script">
                        <label for="script">"One rule a line, or several with semicolons"</label>
                        <textarea
                            id="script"
                            name="script"
                            rows="8"
                            maxlength=MAX_SCRIPT.to_string()
                            spellcheck="false"
                            autocapitalize="off"
                            autocomplete="off"
                            aria-invalid=wrong.then_some("true")
                            aria-describedby=if wrong { "script-errors script-hint" } else { "script-hint" }
                            inner_html=textarea_content(&script)
                        ></textarea>
                        <p id="script-hint" class="mailbox-muted">
                            "STEP:FAULT or STEP:CONDITION:FAULT, such as " <code>"RCPT:first=1:451 4.7.1"</code>
                            ". Putting a script in force sets all counters to zero."
                        </p>
                        <button type="submit">"Put in force"</button>
                    </form>
                </section>
                <section aria-labelledby="examples">
                    <h2 id="examples">"Examples"</h2>
                    {examples()}
                </section>
                <section aria-labelledby="words">
                    <h2 id="words">"The words"</h2>
                    {words()}
                </section>
            </div>
        </div>
    }
}

fn in_force(rules: Vec<RuleLine>, set_at: (String, String)) -> impl IntoView {
    let (datetime, words) = set_at;
    let row = |rule: RuleLine| {
        view! {
            <tr class=(rule.fired > 0).then_some("mailbox-fired")>
                <td>{rule.line}</td>
                <td>
                    <code>{rule.text}</code>
                </td>
                <td>{rule.seen}</td>
                <td>{rule.fired}</td>
            </tr>
        }
    };
    view! {
        <p>"Since " <time datetime=datetime>{words}</time> ", over all connections."</p>
        <table class="mailbox-headers mailbox-rules">
            <thead>
                <tr>
                    <th scope="col">"Line"</th>
                    <th scope="col">"Rule"</th>
                    <th scope="col">"Came up"</th>
                    <th scope="col">"Fired"</th>
                </tr>
            </thead>
            <tbody>{rules.into_iter().map(row).collect_view()}</tbody>
        </table>
        <form method="post" action="/dev/mailbox/faults/clear">
            <button type="submit" class="mailbox-delete">
                "Take the script away"
            </button>
        </form>
    }
}

fn calm() -> impl IntoView {
    view! {
        <p>
            "This mailbox takes every mail. A script makes it refuse, delay, lose or mistreat mail, always in the same way, so that you see what the sender makes of it: "
            "Postern, or any other program that you point here."
        </p>
    }
}

fn complaints(errors: Vec<ErrorLine>) -> impl IntoView {
    let title = match errors.len() {
        1 => "This script is not in force, because of one line.".to_owned(),
        n => format!(
            "This script is not in force; {}.",
            plural(n as u64, "complaint")
        ),
    };
    let line = |error: ErrorLine| {
        view! {
            <li>
                <strong>{format!("Line {}, column {}: ", error.line, error.column)}</strong>
                {error.message}
                <code class="mailbox-wrong">{error.written}</code>
            </li>
        }
    };
    view! {
        <div id="script-errors" class="mailbox-warning" role="alert">
            <p>{title}</p>
            <ul>{errors.into_iter().map(line).collect_view()}</ul>
        </div>
    }
}

fn examples() -> impl IntoView {
    let line = |example: &'static crate::domain::smtp::faults::Example| {
        view! {
            <li>
                <a href=format!("/dev/mailbox/faults?example={}#script", example.id)>{example.title}</a>
                " "
                <span class="mailbox-muted">
                    "met as " <code>{example.diagnosis}</code>
                </span>
            </li>
        }
    };
    view! {
        <p>"Choosing one puts it into the form; it is in force only once you say so."</p>
        <ul class="mailbox-examples">{EXAMPLES.iter().map(line).collect_view()}</ul>
    }
}

fn words() -> impl IntoView {
    view! {
        <dl class="mailbox-facts">
            <dt>"Steps"</dt>
            <dd>
                <code>"BANNER EHLO HELO STARTTLS TLS AUTH MAIL RCPT DATA DOT RSET NOOP QUIT RATE *"</code>
            </dd>
            <dt>"Conditions"</dt>
            <dd>
                <code>"nth=2 first=1 after=3 every=2 match=*@example.org tls=yes grey=5m"</code>
            </dd>
            <dt>"Everywhere"</dt>
            <dd>
                "a reply such as " <code>"451 4.7.1 Try later"</code> ", "
                <code>"delay=5s close drop reset silent raw=any line"</code>
            </dd>
            <dt>"EHLO"</dt>
            <dd>
                <code>"no STARTTLS"</code> ", " <code>"STARTTLS"</code> ", "
                <code>"offer AUTH CRAM-MD5"</code>
            </dd>
            <dt>"TLS"</dt>
            <dd>
                <code>"expired not-yet-valid wrong-name self-signed unknown-issuer alert garbage old-version"</code>
            </dd>
            <dt>"DATA"</dt>
            <dd>
                <code>"close-after-dot"</code> " (the mail is kept), " <code>"close-in-message"</code>
            </dd>
            <dt>"RATE"</dt>
            <dd>
                <code>"RATE:5/min:421"</code>
            </dd>
        </dl>
        <p>
            "All of it with examples: " <code>"docs/sandbox-faults.md"</code>
            ". Programs set the script at " <code>"/dev/mailbox/api/faults"</code>
            ", and the setting " <code>"sandbox.faults"</code> " has one from the start."
        </p>
    }
}
