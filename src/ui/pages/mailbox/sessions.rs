//! The sessions that the sandbox had: a list, and one line by line.

use leptos::prelude::*;

use super::rooms::{InForce, Room, plural, rooms, warning};

/// Everything the page shows.
#[derive(Debug, Clone)]
pub struct SessionsPage {
    /// Newest first.
    pub rows: Vec<SessionRow>,
    pub open: SessionOpen,
    pub in_force: Option<InForce>,
}

/// One line of the list.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: String,
    /// Changes with what is shown.
    pub version: String,
    /// The client's name in HELO or EHLO; empty where it gave none.
    pub helo: String,
    pub client: String,
    /// RFC 3339.
    pub started_at: String,
    pub started: String,
    /// How it ended or that it goes on.
    pub result: String,
    pub mails: usize,
    pub faults: u32,
    pub current: bool,
}

/// What the larger half shows.
#[derive(Debug, Clone)]
pub enum SessionOpen {
    Nothing,
    Gone,
    Session(Box<OpenSession>),
}

/// One session.
#[derive(Debug, Clone)]
pub struct OpenSession {
    pub row: SessionRow,
    /// Version and cipher; none without TLS.
    pub tls: Option<String>,
    /// Ids of mails, and whether each is still there.
    pub mails: Vec<(String, bool)>,
    pub lines: Vec<SaidLine>,
    pub truncated: bool,
}

/// One line of a session.
#[derive(Debug, Clone)]
pub struct SaidLine {
    /// Milliseconds since the session began.
    pub at_ms: u64,
    pub who: Said,
    pub text: String,
}

/// Who says a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Client,
    Server,
    Note,
    Fault,
}

impl Said {
    /// As JSON and the page say it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Note => "note",
            Self::Fault => "fault",
        }
    }
}

/// The page below the site's header.
pub fn sessions(page: SessionsPage) -> impl IntoView {
    let SessionsPage {
        rows,
        open,
        in_force,
    } = page;
    let total = rows.len();
    let panes = match open {
        SessionOpen::Nothing => "mailbox-panes",
        SessionOpen::Gone | SessionOpen::Session(_) => "mailbox-panes mailbox-open",
    };
    let back = (!matches!(open, SessionOpen::Nothing)).then(|| {
        view! {
            <a class="mailbox-back" href="/dev/mailbox/sessions">
                "All sessions"
            </a>
        }
    });
    let count = match total {
        0 => "No session yet".to_owned(),
        n => plural(n as u64, "session"),
    };
    view! {
        <div class="mailbox">
            <header class="mailbox-top">
                <h1>"Sandbox sessions"</h1>
            </header>
            {rooms(Room::Sessions)}
            {warning(in_force)}
            <p id="mailbox-status" class="visually-hidden" role="status"></p>
            <div class=panes>
                <div id="mailbox-list" class="mailbox-list" data-follows="sessions">
                    <div class="mailbox-head">
                        <h2 id="mailbox-count">{count}</h2>
                    </div>
                    <ol class="mailbox-rows" aria-labelledby="mailbox-count">
                        {rows.into_iter().map(row).collect_view()}
                    </ol>
                </div>
                <div class="mailbox-message">
                    {back} <div id="mailbox-live">{opened(open)}</div>
                </div>
            </div>
        </div>
    }
}

fn row(row: SessionRow) -> impl IntoView {
    let faults = (row.faults > 0).then(|| {
        view! { <span class="mailbox-fault-mark">{plural(u64::from(row.faults), "fault")}</span> }
    });
    view! {
        <li data-id=format!("{}.{}", row.id, row.version)>
            <a
                href=format!("/dev/mailbox/sessions/{}", row.id)
                aria-current=row.current.then_some("true")
            >
                <span class="mailbox-subject">{or_unnamed(row.helo)}</span>
                <span class="mailbox-muted">
                    {plural(row.mails as u64, "mail")} ", " {row.result} " " {faults}
                </span>
                <span class="mailbox-muted">
                    <time datetime=row.started_at>{row.started}</time>
                    " from "
                    {row.client}
                </span>
            </a>
        </li>
    }
}

fn opened(open: SessionOpen) -> AnyView {
    match open {
        SessionOpen::Nothing => view! {
            <h2>"No session is open"</h2>
            <p>
                "Each connection to the sandbox is written down here: who said what and when, what TLS came to, and which faults of the script stepped in. "
                "Credentials show as [secret], and mails as their size."
            </p>
        }
        .into_any(),
        SessionOpen::Gone => view! {
            <h2>"This session is gone"</h2>
            <p>"Newer ones took its place, or the server was started again."</p>
        }
        .into_any(),
        SessionOpen::Session(session) => whole(*session).into_any(),
    }
}

fn whole(session: OpenSession) -> impl IntoView {
    let OpenSession {
        row,
        tls,
        mails,
        lines,
        truncated,
    } = session;
    let mail = |(id, there): (String, bool)| {
        if there {
            view! { <a href=format!("/dev/mailbox/{id}")>{id.clone()}</a> " " }.into_any()
        } else {
            view! { <span class="mailbox-muted">{id} " (deleted) "</span> }.into_any()
        }
    };
    let mails = if mails.is_empty() {
        "none".into_any()
    } else {
        mails.into_iter().map(mail).collect_view().into_any()
    };
    view! {
        <div class="mailbox-head">
            <h2>{or_unnamed(row.helo)}</h2>
        </div>
        <dl class="mailbox-facts">
            <dt>"Client"</dt>
            <dd>{row.client}</dd>
            <dt>"Began"</dt>
            <dd>
                <time datetime=row.started_at>{row.started}</time>
            </dd>
            <dt>"Result"</dt>
            <dd>{row.result}</dd>
            <dt>"TLS"</dt>
            <dd>{tls.unwrap_or_else(|| "none".to_owned())}</dd>
            <dt>"Mails"</dt>
            <dd>{mails}</dd>
            <dt>"Faults"</dt>
            <dd>{row.faults}</dd>
        </dl>
        <ol class="mailbox-lines" aria-label="What was said">
            {lines.into_iter().map(line).collect_view()}
        </ol>
        {truncated
            .then(|| {
                view! { <p class="mailbox-muted">"More was said than is kept; what followed is not shown."</p> }
            })}
    }
}

fn line(line: SaidLine) -> impl IntoView {
    let (who, class) = match line.who {
        Said::Client => ("Client", "mailbox-client"),
        Said::Server => ("Sandbox", "mailbox-server"),
        Said::Note => ("Note", "mailbox-note"),
        Said::Fault => ("Fault", "mailbox-fault"),
    };
    view! {
        <li class=class>
            <span class="mailbox-at">{format!("{}.{:03} s", line.at_ms / 1_000, line.at_ms % 1_000)}</span>
            <span class="mailbox-who">{who}</span>
            <span class="mailbox-said">{line.text}</span>
        </li>
    }
}

fn or_unnamed(helo: String) -> String {
    if helo.is_empty() {
        "(said no name)".to_owned()
    } else {
        helo
    }
}
