//! The probes of the same target before this one, and what changed since the last that passed.

use leptos::prelude::*;

use super::model::{Past, When};
use crate::domain::smtp::changes::Change;
use crate::domain::time::Timestamp;
use crate::ui::text::console::run as text;

/// What is known of before.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Newest first.
    pub before: Vec<Past>,
    /// When the last one passed, and what differs since.
    pub changed: Option<(Timestamp, Vec<Change>)>,
}

/// The changes, then the list.
pub fn history(history: History, when: When) -> AnyView {
    if history.before.is_empty() {
        return view! { <p class="hint">{text::NO_HISTORY}</p> }.into_any();
    }
    let changed = match history.changed {
        None => view! { <p class="hint">{text::NO_SUCCESS}</p> }.into_any(),
        Some((at, changes)) => {
            let since = format!("The last success was at {}.", when(at));
            let list = if changes.is_empty() {
                view! { <p>{text::UNCHANGED}</p> }.into_any()
            } else {
                let line = |change: Change| view! { <li>{change.to_string()}</li> };
                view! { <ul class="changes">{changes.into_iter().map(line).collect_view()}</ul> }
                    .into_any()
            };
            view! {
                <h4>{text::CHANGED}</h4>
                <p class="hint">{since}</p>
                {list}
            }
            .into_any()
        }
    };
    view! {
        {changed}
        <h4>"Before"</h4>
        {past(history.before, when)}
    }
    .into_any()
}

/// Probes as a list of links.
pub fn past(rows: Vec<Past>, when: When) -> impl IntoView {
    let line = |past: Past| {
        let href = format!("/console/smtp/runs/{}", past.id);
        let stop = format!("to {}", past.stop_after.to_uppercase());
        view! {
            <li>
                <a href=href>
                    <span>{when(past.at)}</span>
                    <span class="past-target">{past.target}</span>
                    <span>{stop}</span>
                    <span class=past.end.mark()>{past.end.word()}</span>
                </a>
            </li>
        }
    };
    view! { <ol class="past">{rows.into_iter().map(line).collect_view()}</ol> }
}
