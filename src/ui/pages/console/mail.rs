//! `/console/outbox/…`: one mail, every attempt at it with its conversation, and what can be done.

use leptos::prelude::*;

use super::model::Verdict;
use super::outbox::{Banner, MailFacts, banner, mark};
use super::verdict::verdict;
use super::waterfall::waterfall;
use super::{Room, frame};
use crate::domain::smtp::transcript::Transcript;
use crate::ui::text::console::{NEVER, outbox as text};

/// One attempt.
#[derive(Debug, Clone)]
pub struct AttemptShown {
    pub number: u32,
    pub started: String,
    pub took: Option<String>,
    /// accepted by the relay, deferred, held, failed, lost, running.
    pub outcome: String,
    pub passed: bool,
    pub verdict: Option<Verdict>,
    pub message_id: Option<String>,
    pub transcript: Option<Transcript>,
}

/// All that the page shows.
#[derive(Debug, Clone)]
pub struct MailPage {
    pub mail: MailFacts,
    /// Why it is as it is, in the worker's words.
    pub reason: Option<String>,
    /// Until when it is worth sending.
    pub give_up: String,
    /// Newest first.
    pub attempts: Vec<AttemptShown>,
    /// Where those before them are.
    pub older: Option<String>,
    pub csrf: String,
    pub can_resend: bool,
    pub can_drop: bool,
    /// Why the last thing that was asked for was not done.
    pub problem: Option<String>,
    pub banner: Option<Banner>,
}

/// The page.
pub fn mail(page: MailPage) -> impl IntoView {
    let MailPage {
        mail,
        reason,
        give_up,
        attempts,
        older,
        csrf,
        can_resend,
        can_drop,
        problem,
        banner: found,
    } = page;
    let actions = [
        (can_resend, "resend", text::RESEND, text::RESEND_HINT, ""),
        (can_drop, "drop", text::DROP, text::DROP_HINT, "danger"),
    ];
    let forms: Vec<_> = actions
        .into_iter()
        .filter(|(can, ..)| *can)
        .map(|(_, verb, label, hint, class)| {
            let action = format!("/console/outbox/{}/{verb}", mail.id);
            let hint_id = format!("{verb}-hint");
            view! {
                <form method="post" action=action>
                    <input type="hidden" name="csrf" value=csrf.clone() />
                    <p class="hint" id=hint_id.clone()>
                        {hint}
                    </p>
                    <button type="submit" class=class aria-describedby=hint_id>
                        {label}
                    </button>
                </form>
            }
        })
        .collect();
    let failure = match mail.diagnosis {
        Some((id, title)) => view! { {title} " " <code>{id}</code> }.into_any(),
        None => NEVER.into_any(),
    };
    let none = attempts.is_empty();
    let body = view! {
        <p>
            <a class="action" href="/console/outbox">
                "All mails"
            </a>
        </p>
        <h1>{mail.kind}</h1>
        {problem
            .map(|words| {
                view! {
                    <div class="summary" role="alert" tabindex="-1" autofocus>
                        <p class="summary-title">{words}</p>
                    </div>
                }
            })}
        {found.map(banner)}
        <dl class="console-facts">
            <dt>{text::STATE}</dt>
            <dd>
                <span class=mark(mail.state)>{mail.state}</span>
            </dd>
            <dt>{text::REFERENCE}</dt>
            <dd>{mail.reference.unwrap_or_else(|| NEVER.to_owned())}</dd>
            <dt>"Recipient"</dt>
            <dd>{mail.recipient}</dd>
            <dt>{text::ATTEMPTS}</dt>
            <dd>{mail.attempts}</dd>
            <dt>"Last failure"</dt>
            <dd>{failure}</dd>
            {reason
                .map(|reason| {
                    view! {
                        <dt>"Reason"</dt>
                        <dd>{reason}</dd>
                    }
                })}
            <dt>"Queued"</dt>
            <dd>{mail.created}</dd>
            <dt>"Then"</dt>
            <dd>{mail.then}</dd>
            <dt>"Worth sending until"</dt>
            <dd>{give_up}</dd>
        </dl>
        <div class="console-actions">{forms}</div>
        <section class="console-section" aria-labelledby="attempts-title">
            <h2 id="attempts-title">{text::ATTEMPTS}</h2>
            {none.then(|| view! { <p class="hint">{text::NO_ATTEMPTS}</p> })}
            {attempts.into_iter().map(attempt).collect_view()}
            {older
                .map(|href| {
                    view! {
                        <a class="action" href=href>
                            {text::OLDER_ATTEMPTS}
                        </a>
                    }
                })}
        </section>
    };
    frame(Room::Outbox, body)
}

fn attempt(attempt: AttemptShown) -> impl IntoView {
    let found = attempt.verdict.map(|found| {
        view! {
            <h4>{found.title.clone()}</h4>
            {verdict(found)}
        }
    });
    let took = attempt.took.map(|took| format!(", {took}"));
    let title = format!("Attempt {}", attempt.number);
    let class = match (attempt.passed, &found) {
        (true, _) => "console-mark passed",
        (false, Some(_)) => "console-mark failed",
        (false, None) => "console-mark",
    };
    let about = format!("{}{}", attempt.started, took.unwrap_or_default());
    let conversation = match &attempt.transcript {
        Some(transcript) => {
            let steps = waterfall(transcript);
            let target = match &transcript.peer {
                Some(peer) if *peer != transcript.target => {
                    format!("{} ({peer})", transcript.target)
                }
                _ => transcript.target.clone(),
            };
            view! {
                <details class="conversation">
                    <summary>"The conversation with " {target}</summary>
                    {steps}
                </details>
            }
            .into_any()
        }
        None => view! { <p class="hint">{text::NO_TRANSCRIPT}</p> }.into_any(),
    };
    view! {
        <article class="attempt">
            <h3>{title} " " <span class=class>{attempt.outcome}</span></h3>
            <p class="hint">{about}</p>
            {attempt
                .message_id
                .map(|id| {
                    view! {
                        <p class="hint">
                            "Message-ID " <code>{id}</code>
                        </p>
                    }
                })}
            {found}
            {conversation}
        </article>
    }
}
