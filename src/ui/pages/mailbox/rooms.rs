//! What the sandbox's pages share: the way between them, and the warning while faults are in force.

use leptos::prelude::*;

/// A page of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Messages,
    Sessions,
    Faults,
}

impl Room {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Messages, "/dev/mailbox", "Messages"),
        (Self::Sessions, "/dev/mailbox/sessions", "Sessions"),
        (Self::Faults, "/dev/mailbox/faults", "Faults"),
    ];
}

/// A script in force, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce {
    pub rules: usize,
    /// How often any rule fired.
    pub fired: u64,
}

/// The links between the pages.
pub(super) fn rooms(here: Room) -> impl IntoView {
    let link = |(room, href, name): (Room, &'static str, &'static str)| {
        view! {
            <a href=href aria-current=(room == here).then_some("page")>
                {name}
            </a>
        }
    };
    view! {
        <nav class="mailbox-tabs mailbox-rooms" aria-label="Sandbox">
            {Room::ALL.into_iter().map(link).collect_view()}
        </nav>
    }
}

/// Says that things go wrong on purpose; nothing where they do not.
pub(super) fn warning(in_force: Option<InForce>) -> Option<impl IntoView + use<>> {
    let InForce { rules, fired } = in_force?;
    let rules = plural(rules as u64, "rule");
    let times = plural(fired, "time");
    Some(view! {
        <p class="mailbox-warning" role="note">
            <strong>"A fault script is in force."</strong>
            {format!(" Mail may be refused, delayed or lost on purpose: {rules}, fired {times}. ")}
            <a href="/dev/mailbox/faults">"See it or take it away"</a>
        </p>
    })
}

/// `1 rule`, `2 rules`.
pub(super) fn plural(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
