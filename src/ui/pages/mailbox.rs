//! The sandbox mailbox: a list of what came, and one message as HTML, text, headers or source.

use leptos::prelude::*;

/// Everything the page shows.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// What is searched for; empty for everything.
    pub query: String,
    /// The search as the end of an address: `?q=…`, or empty.
    pub suffix: String,
    /// Messages in the mailbox, found or not.
    pub total: usize,
    /// What was found, newest first.
    pub rows: Vec<Row>,
    pub open: Open,
    /// Where mail is taken: `127.0.0.1:1025`.
    pub listens: String,
}

/// One line of the list.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: String,
    pub href: String,
    pub subject: String,
    pub to: String,
    /// RFC 3339.
    pub received_at: String,
    /// The same for people.
    pub received: String,
    /// Whether this one is open.
    pub current: bool,
}

/// What the larger half shows.
#[derive(Debug, Clone)]
pub enum Open {
    Nothing,
    /// A message that is not there any more.
    Gone,
    Message(Box<Opened>),
}

/// One message.
#[derive(Debug, Clone)]
pub struct Opened {
    pub id: String,
    pub subject: String,
    pub from: String,
    pub to: String,
    pub envelope_from: String,
    pub envelope_to: String,
    pub received_at: String,
    pub received: String,
    pub attachments: Vec<Attached>,
    pub tab: Tab,
    /// The addresses of the views, in the order of [`Tab::ALL`].
    pub views: [String; 4],
    pub body: Body,
}

/// An attachment's line.
#[derive(Debug, Clone)]
pub struct Attached {
    pub name: String,
    pub media_type: String,
    /// Octets.
    pub size: usize,
}

/// The view of a message that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Html,
    Text,
    Headers,
    Source,
}

impl Tab {
    pub const ALL: [Self; 4] = [Self::Html, Self::Text, Self::Headers, Self::Source];

    /// As the address says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "text",
            Self::Headers => "headers",
            Self::Source => "source",
        }
    }

    /// The view of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.name() == name)
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Html => "HTML",
            Self::Text => "Text",
            Self::Headers => "Headers",
            Self::Source => "Source",
        }
    }
}

/// What the view shows.
#[derive(Debug, Clone)]
pub enum Body {
    /// The address of the HTML, which a sandboxed frame shows.
    Frame(String),
    Text(String),
    Headers(Vec<(String, String)>),
    Source(String),
    /// Why there is nothing.
    Missing(&'static str),
}

/// A run of text, or an address to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Plain(String),
    Link(String),
}

/// Finds the `http://` and `https://` addresses in a text. Nothing else becomes a link: no `javascript:`, no bare name.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(start) = text[at..].find("http").map(|offset| at + offset) {
        let rest = &text[start..];
        let after = ["http://", "https://"]
            .into_iter()
            .find_map(|scheme| rest.strip_prefix(scheme));
        let end = after.map_or(0, |after| rest.len() - after.len() + length(after));
        let begins = !text[..start].ends_with(|c: char| c.is_alphanumeric());
        if begins && after.is_some_and(|after| length(after) > 0) {
            if plain < start {
                found.push(Piece::Plain(text[plain..start].to_owned()));
            }
            found.push(Piece::Link(rest[..end].to_owned()));
            at = start + end;
            plain = at;
        } else {
            at = start + "http".len();
        }
    }
    if plain < text.len() {
        found.push(Piece::Plain(text[plain..].to_owned()));
    }
    found
}

/// How far an address goes: to the first space or bracket, without the punctuation of the sentence around it.
fn length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`');
    let whole = &text[..text.find(ends).unwrap_or(text.len())];
    let mut kept = whole.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
    // A closing bracket belongs to the sentence unless the address opened it.
    while kept.ends_with(')') && kept.matches('(').count() < kept.matches(')').count() {
        kept = kept[..kept.len() - 1].trim_end_matches(['.', ',', ';', ':', '!', '?']);
    }
    kept.len()
}

/// The page below the site's header.
pub fn mailbox(shelf: Shelf) -> impl IntoView {
    let Shelf {
        query,
        suffix,
        total,
        rows,
        open,
        listens,
    } = shelf;
    let searching = !query.is_empty();
    let panes = match open {
        Open::Nothing => "mailbox-panes",
        Open::Gone | Open::Message(_) => "mailbox-panes mailbox-open",
    };
    let back = (!matches!(open, Open::Nothing)).then(|| {
        view! {
            <a class="mailbox-back" href=format!("/dev/mailbox{suffix}")>
                "All messages"
            </a>
        }
    });
    view! {
        <div class="mailbox">
            <header class="mailbox-top">
                <h1>"Sandbox mailbox"</h1>
                <form class="mailbox-search" role="search" method="get" action="/dev/mailbox">
                    <label for="mailbox-q">"Search subject, addresses and text"</label>
                    <div>
                        <input
                            id="mailbox-q"
                            type="search"
                            name="q"
                            value=query.clone()
                            maxlength="200"
                            autocomplete="off"
                            spellcheck="false"
                        />
                        <button type="submit">"Search"</button>
                        {searching.then(|| view! { <a href="/dev/mailbox">"Show all"</a> })}
                    </div>
                </form>
            </header>
            <p id="mailbox-status" class="visually-hidden" role="status"></p>
            <div class=panes>
                <div id="mailbox-list" class="mailbox-list">
                    {list(rows, total, searching)}
                </div>
                <div class="mailbox-message">
                    {back}
                    {match open {
                        Open::Nothing => help(&listens, total == 0).into_any(),
                        Open::Gone => {
                            view! {
                                <h2>"This message is gone"</h2>
                                <p>"It was deleted, or newer mail took its place."</p>
                            }
                                .into_any()
                        }
                        Open::Message(message) => opened(*message, &suffix).into_any(),
                    }}
                </div>
            </div>
        </div>
    }
}

fn list(rows: Vec<Row>, total: usize, searching: bool) -> impl IntoView {
    let count = match (searching, total) {
        (true, _) => format!("{} of {total} found", rows.len()),
        (false, 0) => "No mail yet".to_owned(),
        (false, 1) => "1 message".to_owned(),
        (false, _) => format!("{total} messages"),
    };
    view! {
        <div class="mailbox-head">
            <h2 id="mailbox-count">{count}</h2>
            {(total > 0)
                .then(|| {
                    view! {
                        <form method="post" action="/dev/mailbox/delete">
                            <button type="submit" class="mailbox-delete">
                                "Delete all"
                            </button>
                        </form>
                    }
                })}
        </div>
        {(total == 0)
            .then(|| view! { <p class="mailbox-muted">"New mail shows here as it arrives."</p> })}
        <ol class="mailbox-rows" aria-labelledby="mailbox-count">
            {rows.into_iter().map(line).collect_view()}
        </ol>
    }
}

fn line(row: Row) -> impl IntoView {
    let Row {
        id,
        href,
        subject,
        to,
        received_at,
        received,
        current,
    } = row;
    view! {
        <li data-id=id>
            <a href=href aria-current=current.then_some("true")>
                <span class="mailbox-subject">{or_none(subject)}</span>
                <span class="mailbox-muted">"to " {to}</span>
                <time class="mailbox-muted" datetime=received_at>
                    {received}
                </time>
            </a>
        </li>
    }
}

fn help(listens: &str, empty: bool) -> impl IntoView + use<> {
    let (host, port) = listens.rsplit_once(':').unwrap_or((listens, "25"));
    let swaks = format!(
        "swaks --server {listens} --to ada@example.org --header 'Subject: Hello' --body 'It works.'"
    );
    let python = format!(
        "python3 -c \"import smtplib; smtplib.SMTP('{}', {port}).sendmail('me@example.org', \
         ['ada@example.org'], 'Subject: Hello\\n\\nIt works.')\"",
        host.trim_matches(['[', ']'])
    );
    let heading = if empty {
        "Nothing has come yet"
    } else {
        "No message is open"
    };
    view! {
        <h2>{heading}</h2>
        <p>
            "This mailbox takes every mail that is sent to " <code>{listens.to_owned()}</code>
            ", for any address, and sends none on. It exists only in development, and forgets all when the server stops."
        </p>
        <p>
            "Point any program at it: that host and port, no TLS, and any user name and password if it insists. Or try it from a terminal:"
        </p>
        <pre tabindex="0" role="region" aria-label="With swaks">
            <code>{swaks}</code>
        </pre>
        <pre tabindex="0" role="region" aria-label="With Python">
            <code>{python}</code>
        </pre>
        <p>
            "Tests read the same mail as JSON at " <code>"/dev/mailbox/api/messages"</code> "."
        </p>
    }
}

fn opened(message: Opened, suffix: &str) -> impl IntoView + use<> {
    let delete = format!("/dev/mailbox/{}/delete{suffix}", message.id);
    let Opened {
        subject,
        from,
        to,
        envelope_from,
        envelope_to,
        received_at,
        received,
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

fn or_none(subject: String) -> String {
    if subject.is_empty() {
        "(no subject)".to_owned()
    } else {
        subject
    }
}

fn or_dash(text: String) -> String {
    if text.is_empty() {
        "\u{2013}".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<String> {
        let found = pieces(text);
        let whole: String = found
            .iter()
            .map(|piece| match piece {
                Piece::Plain(text) | Piece::Link(text) => text.as_str(),
            })
            .collect();
        assert_eq!(whole, text);
        let link = |piece| match piece {
            Piece::Link(to) => Some(to),
            Piece::Plain(_) => None,
        };
        found.into_iter().filter_map(link).collect()
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(
            links("see http://127.0.0.1:3000/reset#a-B_9.\nhttps://x/"),
            ["http://127.0.0.1:3000/reset#a-B_9", "https://x/"]
        );
        assert_eq!(
            links("(http://x/a(b)c) <http://y> \"http://z\""),
            ["http://x/a(b)c", "http://y", "http://z"]
        );
        let none =
            "javascript:alert(1) ftp://x data:text/html,x http:// https://. xhttp://y HTTP http";
        assert_eq!(links(none), [""; 0]);
        assert_eq!(
            links("http://é/ü\u{a0}x http://a\u{0}b"),
            ["http://é/ü", "http://a"]
        );
    }
}
