//! One message: who, when, and its parts behind tabs.

use leptos::prelude::*;

use super::checks::checks;
use super::links::{Piece, pieces};
use super::model::{Attached, Body, Opened, Tab};
use super::{or_dash, or_none};

pub fn opened(message: Opened, suffix: &str) -> impl IntoView + use<> {
    let delete = format!("/dev/mailbox/{}/delete{suffix}", message.id);
    let Opened {
        subject,
        from,
        to,
        envelope_from,
        envelope_to,
        received_at,
        received,
        session,
        ..
    } = message;
    let sender = if envelope_from.is_empty() {
        "<>".to_owned()
    } else {
        envelope_from
    };
    let tab = message.tab;
    view! {
        <div class="mailbox-head">
            <h2>{or_none(subject)}</h2>
            <form method="post" action=delete>
                <button type="submit" class="mailbox-delete">
                    "Delete"
                </button>
            </form>
        </div>
        <dl class="mailbox-facts">
            <dt>"From"</dt>
            <dd>{from}</dd>
            <dt>"To"</dt>
            <dd>{or_dash(to)}</dd>
            <dt>"Envelope"</dt>
            <dd>{sender} " to " {envelope_to}</dd>
            <dt>"Received"</dt>
            <dd>
                <time datetime=received_at>{received}</time>
                {session
                    .map(|id| {
                        view! {
                            " in "
                            <a href=format!("/dev/mailbox/sessions/{id}")>"this session"</a>
                        }
                    })}
            </dd>
        </dl>
        {(!message.attachments.is_empty()).then(|| attachments(message.attachments))}
        <nav class="mailbox-tabs" aria-label="Views of this message">
            {Tab::ALL
                .into_iter()
                .zip(message.views)
                .map(|(each, href)| {
                    view! {
                        <a href=href aria-current=(each == tab).then_some("page")>
                            {each.label()}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
        {body(message.body)}
    }
}

fn attachments(list: Vec<Attached>) -> impl IntoView {
    let line = |attached: Attached| {
        view! {
            <li>
                {attached.name} " "
                <span class="mailbox-muted">
                    {attached.media_type} ", " {attached.size} " bytes"
                </span>
            </li>
        }
    };
    view! {
        <h3 class="mailbox-small">"Attachments"</h3>
        <ul class="mailbox-attached">{list.into_iter().map(line).collect_view()}</ul>
    }
}

fn body(body: Body) -> AnyView {
    match body {
        Body::Frame(src) => {
            // Links work by a click and open elsewhere; scripts, forms and loads do not (the frame's own policy says so too).
            let allowed = "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation";
            view! { <iframe class="mailbox-frame" title="The message as HTML" src=src sandbox=allowed></iframe> }
                .into_any()
        }
        Body::Text(text) => view! {
            <pre class="mailbox-text" tabindex="0" role="region" aria-label="Text">
                {pieces(&text).into_iter().map(piece).collect_view()}
            </pre>
        }
        .into_any(),
        Body::Headers(headers) => view! {
            <table class="mailbox-headers">
                <thead>
                    <tr>
                        <th scope="col">"Header"</th>
                        <th scope="col">"Value"</th>
                    </tr>
                </thead>
                <tbody>
                    {headers
                        .into_iter()
                        .map(|(name, value)| {
                            view! {
                                <tr>
                                    <th scope="row">{name}</th>
                                    <td>{value}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        }
        .into_any(),
        Body::Source(source) => view! {
            <pre class="mailbox-text" tabindex="0" role="region" aria-label="Source">
                {source}
            </pre>
        }
        .into_any(),
        Body::Checks(found) => checks(*found).into_any(),
        Body::Missing(why) => view! { <p class="mailbox-muted">{why}</p> }.into_any(),
    }
}

fn piece(piece: Piece) -> AnyView {
    match piece {
        Piece::Plain(text) => text.into_any(),
        Piece::Link(to) => {
            view! { <a href=to.clone() target="_top" rel="noopener">{to.clone()}</a> }.into_any()
        }
    }
}
