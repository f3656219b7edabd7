//! What is to be said about a message: its score, its links, what mail programs do not support, and its headers in plain words.

use leptos::prelude::*;

use crate::domain::mail_check::{
    CheckedLink, Checks, Explained, Feature, Finding, Gravity, Place, Rule,
};

pub fn checks(checks: Checks) -> impl IntoView {
    let Checks {
        score,
        rules,
        links,
        headers,
        features,
        truncated,
    } = checks;
    view! {
        <div class="mailbox-checks">
            <h3>{format!("{score} of 10 points")}</h3>
            {truncated
                .then(|| view! { <p class="mailbox-muted">"Only the beginning of the HTML was read: it is very long."</p> })}
            {score_table(rules)}
            <h3>"Links"</h3>
            {link_list(links)}
            <h3>"Not supported everywhere"</h3>
            {feature_list(features)}
            <h3>"Headers explained"</h3>
            {header_table(headers)}
        </div>
    }
}

fn score_table(rules: Vec<Rule>) -> impl IntoView {
    let line = |rule: Rule| {
        let cost = match rule.cost {
            0 => view! { <td>"good"</td> }.into_any(),
            1 => view! { <td class="mailbox-bad">"\u{2212}1 point"</td> }.into_any(),
            cost => {
                view! { <td class="mailbox-bad">{format!("\u{2212}{cost} points")}</td> }.into_any()
            }
        };
        view! {
            <tr>
                <th scope="row">{rule.wanted}</th>
                {cost}
                <td class="mailbox-muted">{rule.why}</td>
            </tr>
        }
    };
    view! {
        <table class="mailbox-headers">
            <thead>
                <tr>
                    <th scope="col">"Wanted"</th>
                    <th scope="col">"Points"</th>
                    <th scope="col">"Why"</th>
                </tr>
            </thead>
            <tbody>{rules.into_iter().map(line).collect_view()}</tbody>
        </table>
    }
}

fn link_list(links: Vec<CheckedLink>) -> impl IntoView {
    let none = links
        .is_empty()
        .then(|| view! { <p class="mailbox-muted">"There are none."</p> });
    let line = |link: CheckedLink| {
        let place = match link.place {
            Place::Html => "in the HTML",
            Place::Load => "loaded by the HTML",
            Place::Text => "in the text",
        };
        let times = if link.times > 1 {
            format!(", {} times", link.times)
        } else {
            String::new()
        };
        let shown = link
            .shown
            .filter(|shown| !shown.is_empty() && *shown != link.to)
            .map(|shown| format!(" as \u{201c}{shown}\u{201d}"));
        view! {
            <li>
                <code>{link.to}</code>
                <span class="mailbox-muted">{shown} " " {place} {times}</span>
                {(!link.findings.is_empty())
                    .then(|| view! { <ul>{link.findings.into_iter().map(finding).collect_view()}</ul> })}
            </li>
        }
    };
    view! {
        <p class="mailbox-muted">"Judged by their look. Nothing was opened: a link may hold a token."</p>
        {none}
        <ul class="mailbox-attached">{links.into_iter().map(line).collect_view()}</ul>
    }
}

fn finding(finding: Finding) -> impl IntoView {
    let (class, word) = match finding.gravity() {
        Gravity::Note => ("mailbox-muted", "Note: "),
        Gravity::Warning => ("mailbox-bad", "Warning: "),
        Gravity::Fault => ("mailbox-bad", "Fault: "),
    };
    view! {
        <li>
            <span class=class>{word}</span>
            {finding.words()}
        </li>
    }
}

fn feature_list(features: Vec<Feature>) -> impl IntoView {
    if features.is_empty() {
        return view! { <p class="mailbox-muted">"Nothing: all mail programs that were tested show all of it."</p> }.into_any();
    }
    let line = |feature: Feature| {
        let missing = list("Not in ", &feature.missing_in);
        let partly = list("Partly in ", &feature.partly_in);
        let summary = format!(
            ": missing in {} of {}, partly in {}",
            feature.missing_in.len(),
            feature.tested,
            feature.partly_in.len()
        );
        view! {
            <li>
                <details>
                    <summary>
                        <code>{feature.name}</code>
                        <span class="mailbox-muted">{summary}</span>
                    </summary>
                    <p>{missing} {partly}</p>
                    <p>
                        <a href=feature.page target="_blank" rel="noopener noreferrer">
                            "Its tests at caniemail.com"
                        </a>
                    </p>
                </details>
            </li>
        }
    };
    view! {
        <p class="mailbox-muted">
            "No reason for alarm where the mail reads well without it. By the data of caniemail.com (MIT licence), each program in the newest version that was tested."
        </p>
        <ul class="mailbox-attached">{features.into_iter().map(line).collect_view()}</ul>
    }
    .into_any()
}

fn list(lead: &str, names: &[&str]) -> String {
    if names.is_empty() {
        String::new()
    } else {
        format!("{lead}{}. ", names.join(", "))
    }
}

fn header_table(headers: Vec<Explained>) -> impl IntoView {
    let line = |header: Explained| {
        view! {
            <tr>
                <th scope="row">{header.name}</th>
                <td>{header.meaning}</td>
                <td class="mailbox-muted">{header.value}</td>
            </tr>
        }
    };
    view! {
        <table class="mailbox-headers">
            <thead>
                <tr>
                    <th scope="col">"Header"</th>
                    <th scope="col">"What it says"</th>
                    <th scope="col">"Value"</th>
                </tr>
            </thead>
            <tbody>{headers.into_iter().map(line).collect_view()}</tbody>
        </table>
    }
}
