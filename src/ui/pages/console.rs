//! The console: the probe and the outbox, for operators. Plain pages; nothing of this is in the browser's module.

mod capabilities;
mod certificate;
mod domain;
mod history;
mod lines;
mod mail;
mod model;
mod outbox;
mod probe;
mod report;
mod run;
mod verdict;
mod waterfall;

use leptos::prelude::*;

pub use domain::{DomainPage, domain};
pub use lines::mask;
pub use mail::{AttemptShown, MailPage, mail};
pub use model::{Past, RunEnd, Shown, Typed, Verdict, View, When};
pub use outbox::{Banner, MailFacts, OutboxPage, outbox};
pub use probe::{ProbePage, Problem, Saved, probe};
pub use report::report;
pub use run::{History, RunPage, run};
pub use waterfall::waterfall;

use crate::ui::text::console as text;

/// The rooms of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Outbox,
    Probe,
    Domain,
}

impl Room {
    const ALL: [Self; 3] = [Self::Outbox, Self::Probe, Self::Domain];

    /// Where it is.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Outbox => "/console/outbox",
            Self::Probe => "/console/smtp",
            Self::Domain => "/console/domain",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Outbox => text::OUTBOX,
            Self::Probe => text::PROBE,
            Self::Domain => text::DOMAIN,
        }
    }
}

/// A page of the console: the way to the other rooms, and what is in this one.
pub fn frame(room: Room, body: impl IntoView) -> impl IntoView {
    view! {
        <div class="console">
            <nav class="console-tabs" aria-label=text::TITLE>
                {Room::ALL
                    .into_iter()
                    .map(|each| {
                        let here = (each == room).then_some("true");
                        view! {
                            <a href=each.path() aria-current=here>
                                {each.label()}
                            </a>
                        }
                    })
                    .collect_view()}
            </nav>
            {body}
        </div>
    }
}
