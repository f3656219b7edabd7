//! The verdict: what a failure means, why, and what to do.

use leptos::prelude::*;

use super::model::Verdict;
use crate::ui::text::console::run as text;

/// As a list of facts; the title is the caller's.
pub fn verdict(verdict: Verdict) -> impl IntoView {
    let Verdict {
        class,
        id,
        title: _,
        evidence,
        cause,
        fix,
        next,
    } = verdict;
    view! {
        <blockquote class="evidence" aria-label=text::EVIDENCE>
            <code>{evidence}</code>
        </blockquote>
        <dl class="console-facts">
            <dt>{text::CAUSE}</dt>
            <dd>{cause}</dd>
            <dt>{text::FIX}</dt>
            <dd>{fix}</dd>
            <dt>{text::NEXT}</dt>
            <dd>{next}</dd>
            <dt>{text::CLASS}</dt>
            <dd>{class}</dd>
            <dt>{text::ID}</dt>
            <dd>
                <code>{id}</code>
            </dd>
        </dl>
    }
}
