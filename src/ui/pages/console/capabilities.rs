//! What the server offers before TLS and within it, with the difference marked.

use leptos::prelude::*;

use crate::domain::smtp::transcript::Transcript;
use crate::ui::text::console::run as text;

/// One line of EHLO's reply and where it was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Offer {
    line: String,
    before: bool,
    within: bool,
}

/// Both replies side by side. The first line of each is the server's greeting, no capability.
pub fn capabilities(transcript: &Transcript) -> AnyView {
    let (before, within) = (&transcript.before_tls, &transcript.within_tls);
    if before.is_empty() && within.is_empty() {
        return view! { <p class="hint">{text::NO_EHLO}</p> }.into_any();
    }
    let both = !before.is_empty() && !within.is_empty();
    let greeting = within.first().or(before.first()).cloned();
    let rows: Vec<_> = offers(before, within)
        .into_iter()
        .map(|offer| row(offer, both))
        .collect();
    let place = if within.is_empty() {
        "It was said without TLS."
    } else {
        "It was said within TLS."
    };
    let heads = both.then(|| {
        view! {
            <th scope="col">"Before TLS"</th>
            <th scope="col">"Within TLS"</th>
        }
    });
    view! {
        <p>"The server calls itself: " <code>{greeting}</code></p>
        {(!both).then(|| view! { <p class="hint">{place}</p> })}
        <table class="offers">
            <thead>
                <tr>
                    <th scope="col">"Capability"</th>
                    {heads}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(offer: Offer, both: bool) -> impl IntoView {
    let differs = both && offer.before != offer.within;
    let yes = |there: bool| if there { "yes" } else { "no" };
    let cells = both.then(|| {
        view! {
            <td>{yes(offer.before)}</td>
            <td>{yes(offer.within)}</td>
        }
    });
    view! {
        <tr class=differs.then_some("differs")>
            <th scope="row">
                <code>{offer.line}</code>
                {differs.then(|| view! { " " <span class="badge">"differs"</span> })}
            </th>
            {cells}
        </tr>
    }
}

/// All lines in the order in which they were heard first.
fn offers(before: &[String], within: &[String]) -> Vec<Offer> {
    let mut found: Vec<Offer> = Vec::new();
    for (lines, inside) in [(before, false), (within, true)] {
        for line in lines.iter().skip(1) {
            let known = found
                .iter_mut()
                .find(|offer| offer.line.eq_ignore_ascii_case(line));
            match known {
                Some(offer) if inside => offer.within = true,
                Some(_) => {}
                None => found.push(Offer {
                    line: line.clone(),
                    before: !inside,
                    within: inside,
                }),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_told_line_by_line() {
        let lines = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let found = offers(
            &lines(&["mx", "SIZE 100", "STARTTLS", "PIPELINING"]),
            &lines(&["mx", "size 100", "PIPELINING", "AUTH PLAIN"]),
        );
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.line.as_str(), one.before, one.within))
            .collect();
        assert_eq!(
            told,
            [
                ("SIZE 100", true, true),
                ("STARTTLS", true, false),
                ("PIPELINING", true, true),
                ("AUTH PLAIN", false, true)
            ]
        );
    }
}
