//! `/console/domain`: what the DNS says about the domain that our mail comes from. Asked on demand, as it asks others.

use leptos::prelude::*;

use super::{Room, frame};
use crate::domain::dns::report::{Check, Finding, Fix, Report, Verdict};
use crate::ui::text::console::domain as text;

/// All that the page shows.
#[derive(Debug, Clone)]
pub struct DomainPage {
    /// The domain of From.
    pub domain: String,
    /// When the last check was, and what it found.
    pub last: Option<(String, Report)>,
    pub problem: Option<String>,
    pub csrf: String,
}

/// The page.
pub fn domain(page: DomainPage) -> impl IntoView {
    let DomainPage {
        domain,
        last,
        problem,
        csrf,
    } = page;
    let found = match last {
        Some((at, found)) => report(at, found).into_any(),
        None => view! { <p class="hint">{text::NEVER}</p> }.into_any(),
    };
    let body = view! {
        <h1>{text::TITLE} " " <span class="console-target">{domain}</span></h1>
        <p class="lead">{text::LEAD}</p>
        {problem
            .map(|words| {
                view! {
                    <div class="summary" role="alert" tabindex="-1" autofocus>
                        <p class="summary-title">{words}</p>
                    </div>
                }
            })}
        <form method="post" action="/console/domain">
            <input type="hidden" name="csrf" value=csrf />
            <button type="submit">{text::BUTTON}</button>
        </form>
        {found}
    };
    frame(Room::Domain, body)
}

fn report(at: String, report: Report) -> impl IntoView {
    let verdict = report.verdict();
    let about = format!(
        "{at}: {} questions in {} ms",
        report.questions, report.took_ms
    );
    let sections: Vec<_> = Check::ALL
        .into_iter()
        .filter_map(|check| section(check, report.of(check).cloned().collect()))
        .collect();
    view! {
        <section class="console-section" aria-labelledby="found-title">
            <h2 id="found-title">
                {text::FOUND} " " <span class=mark(verdict)>{verdict.word()}</span>
            </h2>
            <p class="hint">{about}</p>
            {sections}
        </section>
    }
}

fn section(check: Check, findings: Vec<Finding>) -> Option<impl IntoView> {
    if findings.is_empty() {
        return None;
    }
    Some(view! {
        <h3>{check.title()}</h3>
        <ul class="findings">{findings.into_iter().map(finding).collect_view()}</ul>
    })
}

fn finding(finding: Finding) -> impl IntoView {
    let Finding {
        verdict,
        found,
        evidence,
        fix: to_do,
        ..
    } = finding;
    let evidence = (!evidence.is_empty()).then(|| {
        let all = evidence.join("\n");
        view! { <pre class="console-pre">{all}</pre> }
    });
    view! {
        <li>
            <p>
                <span class=mark(verdict)>{verdict.word()}</span> " " {found}
            </p>
            {evidence}
            {to_do.map(fix)}
        </li>
    }
}

fn fix(fix: Fix) -> impl IntoView {
    let records: Vec<_> = fix
        .records
        .into_iter()
        .map(|record| {
            let line = format!("{} {} {}", record.name, record.kind, record.value);
            view! { <pre class="console-pre">{line}</pre> }
        })
        .collect();
    view! {
        <p>
            <strong>{text::FIX} ": "</strong>
            {fix.words}
        </p>
        {records}
    }
}

const fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "console-mark passed",
        Verdict::Warn => "console-mark held",
        Verdict::Fail => "console-mark failed",
        Verdict::NotApplicable | Verdict::Unknown => "console-mark",
    }
}
