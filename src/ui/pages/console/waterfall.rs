//! The waterfall: one row a step, its bar on the time axis that all steps share, its lines behind it.
//!
//! The bars are SVG, whose geometry is attributes: a style attribute would need a hole in the Content-Security-Policy.

use leptos::prelude::*;

use super::lines::lines;
use crate::domain::smtp::step::Step;
use crate::domain::smtp::transcript::{StepRecord, StepState, Transcript};
use crate::ui::text::console::run as text;

/// The width of the axis in the units of the drawing.
const WIDTH: u64 = 1_000;
/// A step that took no time can be seen all the same.
const LEAST: u64 = 6;

/// All steps so far.
pub fn waterfall(transcript: &Transcript) -> impl IntoView + use<> {
    let whole = transcript.took_ms().max(1);
    if transcript.steps.is_empty() {
        return view! { <p class="hint">{text::NO_STEPS}</p> }.into_any();
    }
    let rows: Vec<_> = (0..transcript.steps.len())
        .map(|at| row(&transcript.steps, at, whole))
        .collect();
    view! {
        <ol class="waterfall" aria-label=text::STEPS>
            {rows}
        </ol>
        <p class="waterfall-axis" aria-hidden="true">
            <span>"0"</span>
            <span>{format!("{whole} ms")}</span>
        </p>
    }
    .into_any()
}

fn row(steps: &[StepRecord], at: usize, whole: u64) -> impl IntoView + use<> {
    let record = &steps[at];
    let name = name(steps, at);
    let (class, word) = state(record.state);
    let (x, width) = bar(record, whole);
    let took = format!("{} ms", record.took_ms);
    let label = format!("Lines of {name}");
    let failed = record.state == StepState::Failed;
    view! {
        <li class=class>
            <details open=failed>
                <summary>
                    <span class="step-name">{name}</span>
                    <span class="step-state">{word}</span>
                    <span class="step-took">{took}</span>
                    <svg
                        class="step-bar"
                        aria-hidden="true"
                        viewBox=format!("0 0 {WIDTH} 10")
                        preserveAspectRatio="none"
                    >
                        <rect x=x.to_string() y="0" width=width.to_string() height="10" />
                    </svg>
                </summary>
                {lines(&record.lines, label)}
            </details>
        </li>
    }
}

/// Where a step's bar begins on the axis and how long it is.
fn bar(record: &StepRecord, whole: u64) -> (u64, u64) {
    let place = |ms: u64| {
        let at = u128::from(ms.min(whole)) * u128::from(WIDTH) / u128::from(whole);
        u64::try_from(at).unwrap_or(WIDTH)
    };
    let width = place(record.took_ms).clamp(LEAST, WIDTH);
    (place(record.at_ms).min(WIDTH - width), width)
}

/// What a step is called; EHLO is said twice where TLS begins between.
pub fn name(steps: &[StepRecord], at: usize) -> String {
    let step = steps[at].step;
    let within = steps[..at]
        .iter()
        .any(|before| before.step == Step::Tls && before.state == StepState::Passed);
    let again = steps[..at].iter().any(|before| before.step == step);
    if step == Step::Ehlo && within && again {
        format!("{step} within TLS")
    } else {
        step.to_string()
    }
}

/// The class and the word of a state.
pub const fn state(state: StepState) -> (&'static str, &'static str) {
    match state {
        StepState::Running => ("running", "running"),
        StepState::Passed => ("passed", "passed"),
        StepState::Failed => ("failed", "failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_on_the_axis_and_can_be_seen() {
        let record = |at_ms, took_ms| StepRecord {
            step: Step::Ehlo,
            at_ms,
            took_ms,
            state: StepState::Passed,
            lines: Vec::new(),
        };
        assert_eq!(bar(&record(0, 50), 100), (0, 500));
        assert_eq!(bar(&record(50, 50), 100), (500, 500));
        assert_eq!(bar(&record(100, 0), 100), (994, 6));
        assert_eq!(bar(&record(0, u64::MAX), 1), (0, 1_000));
        assert_eq!(bar(&record(u64::MAX, 1), u64::MAX), (994, 6));
    }

    #[test]
    fn the_second_ehlo_says_where_it_is() {
        let record = |step| StepRecord {
            step,
            at_ms: 0,
            took_ms: 0,
            state: StepState::Passed,
            lines: Vec::new(),
        };
        let steps = [Step::Ehlo, Step::StartTls, Step::Tls, Step::Ehlo].map(record);
        assert_eq!(name(&steps, 0), "EHLO");
        assert_eq!(name(&steps, 3), "EHLO within TLS");
    }
}
