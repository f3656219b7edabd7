//! `/console/smtp/runs/…`: the steps as they happen, then the verdict and everything that was seen.

use leptos::prelude::*;

use super::capabilities::capabilities;
use super::certificate::certificate;
use super::history::history;
use super::lines::lines;
use super::model::{RunEnd, Shown, View, When};
use super::report::report;
use super::verdict::verdict;
use super::waterfall::waterfall;
use super::{Room, frame};
use crate::domain::smtp::transcript::{Transcript, WireLine};
use crate::ui::components::textarea_content;
use crate::ui::text::console::{probe as words, run as text};

pub use super::history::History;

/// All that the page shows.
#[derive(Debug, Clone)]
pub struct RunPage {
    pub shown: Shown,
    pub view: View,
    pub history: History,
    pub when: When,
}

/// The page. The script looks for `data-events`, and replaces `#run` once the probe is over.
pub fn run(page: RunPage) -> impl IntoView {
    let RunPage {
        shown,
        view,
        history,
        when,
    } = page;
    let here = format!("/console/smtp/runs/{}", shown.id);
    let running = shown.end == RunEnd::Running;
    let events = running.then(|| format!("{here}/events"));
    let transcript = &shown.transcript;
    let target = transcript.target.clone();
    let peer = transcript.peer.clone();
    let peer = peer.filter(|peer| *peer != target);
    let about = format!(
        "{}{}, as far as {}, started {}",
        peer.map(|peer| format!("Connected to {peer}, "))
            .unwrap_or_default(),
        match shown.protection.as_str() {
            "starttls" => "STARTTLS",
            "implicit" => "implicit TLS",
            _ => "without TLS",
        },
        shown.stop_after.to_uppercase(),
        when(transcript.started_at)
    );
    let steps = waterfall(transcript);
    let notes = notes(transcript);
    let details = (!running).then(|| details(&shown, &here, view, history, when));
    let body = view! {
        <h1>{text::TITLE} " " <span class="console-target">{target}</span></h1>
        <p id="run-status" class="visually-hidden" role="status"></p>
        <div id="run" data-events=events>
            <p class="lead">{about}</p>
            {outcome(&shown)}
            <section class="console-section" aria-labelledby="steps-title">
                <h2 id="steps-title">{text::STEPS}</h2>
                <div id="run-steps">{steps}</div>
                {notes}
            </section>
            {details}
            <p class="actions">
                <a class="button quiet" href="/console/smtp">
                    {text::AGAIN}
                </a>
            </p>
        </div>
    };
    frame(Room::Probe, body)
}

fn outcome(shown: &Shown) -> AnyView {
    let (title, lead) = match &shown.end {
        RunEnd::Running => (text::RUNNING.to_owned(), Some(text::RUNNING_LEAD)),
        RunEnd::Passed if shown.stop_after == "data" => {
            (text::PASSED.to_owned(), Some(text::PASSED_DATA))
        }
        RunEnd::Passed => (text::PASSED.to_owned(), Some(text::PASSED_LEAD)),
        RunEnd::Failed(verdict) => (format!("Failed: {}", verdict.title), None),
        RunEnd::Lost => ("Ended".to_owned(), Some(text::ENDED_LEAD)),
    };
    let class = match &shown.end {
        RunEnd::Running => "outcome running",
        RunEnd::Passed => "outcome passed",
        RunEnd::Failed(_) => "outcome failed",
        RunEnd::Lost => "outcome",
    };
    let facts = match &shown.end {
        RunEnd::Failed(found) => Some(verdict(found.clone())),
        _ => None,
    };
    view! {
        <section class=class aria-labelledby="outcome-title">
            <h2 id="outcome-title" tabindex="-1">
                {title}
            </h2>
            {lead.map(|lead| view! { <p>{lead}</p> })}
            {facts}
        </section>
    }
    .into_any()
}

fn notes(transcript: &Transcript) -> impl IntoView + use<> {
    let all = [
        (transcript.reused, text::REUSED),
        (transcript.truncated, text::TRUNCATED),
    ];
    all.into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, words)| view! { <p class="hint">{words}</p> })
        .collect_view()
}

fn details(
    shown: &Shown,
    here: &str,
    view: View,
    found: History,
    when: When,
) -> impl IntoView + use<> {
    let tabs: Vec<_> = View::ALL
        .into_iter()
        .map(|each| {
            let href = format!("{here}?view={}#details", each.name());
            let current = (each == view).then_some("page");
            view! {
                <a href=href aria-current=current>
                    {each.label()}
                </a>
            }
        })
        .collect();
    let transcript = &shown.transcript;
    let content = match view {
        View::Lines => wire(transcript).into_any(),
        View::Certificate => certificate(transcript.tls.as_ref(), when),
        View::Capabilities => capabilities(transcript),
        View::History => history(found, when),
        View::Report => copyable(report(shown, when)).into_any(),
    };
    view! {
        <section id="details" class="console-section" aria-labelledby="details-title">
            <h2 id="details-title">"Details"</h2>
            <nav class="console-tabs" aria-label="Views of this probe">
                {tabs} <a href="/console/domain">{words::DOMAIN}</a>
            </nav>
            <h3>{view.label()}</h3>
            {content}
        </section>
    }
}

fn wire(transcript: &Transcript) -> impl IntoView + use<> {
    let all: Vec<WireLine> = transcript
        .steps
        .iter()
        .flat_map(|step| step.lines.iter().cloned())
        .collect();
    let message = transcript.message.as_ref().map(|kept| {
        let headers = kept.headers.join("\n");
        let size = format!("{} octets, SHA-256 {}", kept.size, kept.sha256);
        view! {
            <h4>"The message"</h4>
            <p class="hint">
                "Its headers, size and hash are kept; what it says is not. " <code>{size}</code>
            </p>
            <pre class="console-pre">{headers}</pre>
        }
    });
    view! {
        {lines(&all, "All lines".to_owned())}
        {message}
    }
}

/// The text in a field of its own: selected and copied by hand, or by the button where there is a script.
fn copyable(report: String) -> impl IntoView {
    let rows = report.lines().count().clamp(8, 30).to_string();
    view! {
        <label for="report">{text::REPORT}</label>
        <p class="hint" id="report-hint">
            {text::REPORT_HINT}
        </p>
        <textarea
            id="report"
            class="report"
            readonly
            rows=rows
            aria-describedby="report-hint"
            spellcheck="false"
            inner_html=textarea_content(&report)
        ></textarea>
        <p class="actions">
            <button type="button" class="quiet" id="copy" data-copied=text::COPIED hidden>
                {text::COPY}
            </button>
        </p>
    }
}
