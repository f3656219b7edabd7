//! `/console/outbox`: mails by state and by reference, newest first, a page at a time.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::access::Operator;
use super::run::when;
use crate::domain::breaker::{Shut, Why};
use crate::domain::reference::Reference;
use crate::domain::smtp::diagnosis::by_id;
use crate::domain::time::Timestamp;
use crate::server::failure::Done;
use crate::server::service::Service;
use crate::server::store::{MailCounts, MailFilter, MailRow, MailState};
use crate::ui::pages::console::{self as pages, Banner, MailFacts, OutboxPage};
use crate::ui::shell::Script;
use crate::ui::text::console::{NEVER, outbox as words};

/// Mails on one page.
const PAGE: u32 = 50;

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    reference: String,
    /// The last mail of the page before: `MILLISECONDS-ID`.
    #[serde(default)]
    before: String,
}

pub async fn list(operator: Operator, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    match gather(&operator, asked).await {
        Ok(page) => {
            let problem = page.problem;
            let mut response =
                operator.page(words::TITLE, Script::Console, None, || pages::outbox(page));
            if problem {
                *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            }
            response
        }
        Err(failure) => operator.failed(failure),
    }
}

async fn gather(operator: &Operator, asked: Asked) -> Done<OutboxPage> {
    let service = operator.visit.service();
    let typed: String = asked.reference.trim().chars().take(16).collect();
    let reference = Reference::parse(&typed);
    let problem = !typed.is_empty() && reference.is_none();
    let chosen = CHOICES.iter().find(|choice| choice.name == asked.state);
    let mut filter = MailFilter {
        reference: reference.map(|reference| reference.as_str().to_owned()),
        limit: if problem { 0 } else { PAGE + 1 },
        before: after(&asked.before),
        ..MailFilter::default()
    };
    if let Some(choice) = chosen {
        filter.state = choice.state;
        filter.held = choice.held;
    }
    let mut tx = service.store.read().await?;
    let mut rows = tx.mails(&filter).await?;
    let counts = tx.mail_counts().await?;
    drop(tx);
    let more = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    let state = chosen.map_or("", |choice| choice.name);
    let address = |before: Option<&MailRow>| {
        let before = before.map(|row| format!("&before={}-{}", row.created_at.millis(), row.id));
        let reference = filter.reference.as_deref().unwrap_or_default();
        let before = before.unwrap_or_default();
        format!("/console/outbox?state={state}&reference={reference}{before}")
    };
    let now = service.now();
    Ok(OutboxPage {
        newer: filter.before.is_some().then(|| address(None)),
        older: rows.last().filter(|_| more).map(|last| address(Some(last))),
        mails: rows.into_iter().map(|row| facts(row, now)).collect(),
        states: CHOICES
            .iter()
            .map(|one| (one.name, one.label(counts)))
            .collect(),
        state: state.to_owned(),
        reference: typed,
        problem,
        banner: banner(service, counts),
    })
}

/// One choice of the filter.
struct Choice {
    name: &'static str,
    words: &'static str,
    state: Option<MailState>,
    held: Option<bool>,
    count: fn(MailCounts) -> Option<u32>,
}

const CHOICES: [Choice; 7] = [
    Choice {
        name: "",
        words: "all",
        state: None,
        held: None,
        count: |_| None,
    },
    Choice {
        name: "queued",
        words: "queued",
        state: Some(MailState::Queued),
        held: Some(false),
        count: |counts| Some(counts.queued.saturating_sub(counts.held)),
    },
    Choice {
        name: "held",
        words: "held",
        state: Some(MailState::Queued),
        held: Some(true),
        count: |counts| Some(counts.held),
    },
    Choice {
        name: "sent",
        words: "sent: accepted by the relay",
        state: Some(MailState::Sent),
        held: None,
        count: |counts| Some(counts.sent),
    },
    Choice {
        name: "failed",
        words: "dead letters: failed",
        state: Some(MailState::Failed),
        held: None,
        count: |counts| Some(counts.failed),
    },
    Choice {
        name: "expired",
        words: "dead letters: expired",
        state: Some(MailState::Expired),
        held: None,
        count: |counts| Some(counts.expired),
    },
    Choice {
        name: "discarded",
        words: "discarded or dropped",
        state: Some(MailState::Discarded),
        held: None,
        count: |counts| Some(counts.discarded),
    },
];

impl Choice {
    fn label(&self, counts: MailCounts) -> String {
        match (self.count)(counts) {
            Some(count) => format!("{} ({count})", self.words),
            None => self.words.to_owned(),
        }
    }
}

/// Where the page before ended.
fn after(text: &str) -> Option<(Timestamp, String)> {
    let (millis, id) = text.split_once('-')?;
    let fits = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let at = Timestamp::from_millis(millis.parse().ok()?);
    fits.then(|| (at, id.to_owned()))
}

/// A mail in words.
pub fn facts(row: MailRow, now: Timestamp) -> MailFacts {
    let state = match row.state {
        MailState::Queued if row.is_being_sent(now) => "sending",
        MailState::Queued if row.held => "held",
        state => state.name(),
    };
    let then = match (row.state, row.sent_at) {
        (MailState::Sent, Some(at)) => format!("accepted by the relay {}", when(at)),
        (MailState::Queued, _) if state == "sending" => "under way".to_owned(),
        (MailState::Queued, _) => format!("next try {}", when(row.not_before)),
        _ => NEVER.to_owned(),
    };
    MailFacts {
        kind: words::kind(&row.kind),
        recipient: row.recipient.unwrap_or_else(|| NEVER.to_owned()),
        diagnosis: row.diagnosis.map(|id| {
            let title = by_id(&id).map_or(NEVER, |row| row.title);
            (id, title.to_owned())
        }),
        created: when(row.created_at),
        id: row.id,
        reference: row.reference,
        state,
        attempts: row.attempts,
        then,
    }
}

/// Why mail waits, where it does.
pub fn banner(service: &Service, counts: MailCounts) -> Option<Banner> {
    let shut: Option<Shut> = service.relay_state.borrow().clone();
    let held = match counts.held {
        0 => None,
        1 => Some(
            "1 mail is held. It goes out as soon as a probe of the saved settings passes."
                .to_owned(),
        ),
        many => Some(format!(
            "{many} mails are held. They go out as soon as a probe of the saved settings passes."
        )),
    };
    let title = match &shut {
        Some(Shut {
            why: Why::Unreachable,
            ..
        }) => "The relay cannot be reached: mail waits.",
        Some(Shut { why: Why::Held, .. }) => "The relay takes no mail until something is mended.",
        None if held.is_some() => "Mail is held until something is mended.",
        None => return None,
    };
    let mut lines = Vec::new();
    if let Some(shut) = shut {
        if let Some(row) = by_id(shut.diagnosis) {
            lines.push(format!("{} ({}). {}", row.title, row.id, row.fix));
        }
        lines.push(format!(
            "Since {}. Last tried {}, next try {}.",
            when(shut.since),
            when(shut.tried_at),
            when(shut.next_try)
        ));
    }
    lines.extend(held);
    Some(Banner {
        title: title.to_owned(),
        lines,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_page_ended_is_read_strictly() {
        let id = "0123456789abcdef0123456789abcdef";
        let read = after(&format!("1795328084007-{id}")).unwrap();
        assert_eq!(
            read,
            (Timestamp::from_millis(1_795_328_084_007), id.to_owned())
        );
        for text in [
            "",
            "1-",
            "x-0123456789abcdef0123456789abcdef",
            "1-2",
            "-1",
            "1",
        ] {
            assert_eq!(after(text), None, "{text}");
        }
    }
}
