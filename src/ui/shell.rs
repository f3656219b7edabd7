//! The frame of every page: head, header, notices, footer. Rendered on the server as one whole text.

use hydration_context::SsrSharedContext;
use leptos::prelude::*;

use super::text::pages as text;

/// Where the built files are; names carry the hash of their content.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    pub css: String,
    pub favicon: String,
    pub js: String,
    pub wasm: String,
    /// The worker that judges passwords.
    pub worker: String,
    /// The script of the sandbox mailbox.
    pub mailbox_js: String,
    /// The script of the console.
    pub console_js: String,
    /// Live reload, under `cargo leptos watch`.
    pub reload_port: Option<u16>,
}

/// What all pages of this site share.
#[derive(Debug, Clone, Default)]
pub struct Look {
    pub name: String,
    pub color: String,
    /// An address or a URL.
    pub support: String,
    pub sign_up: bool,
    pub mailbox: bool,
    /// What links in mails begin with.
    pub public_url: String,
    pub assets: Assets,
}

impl Look {
    /// Where "help" leads.
    pub fn support_link(&self) -> String {
        if self.support.contains("://") {
            self.support.clone()
        } else {
            format!("mailto:{}", self.support)
        }
    }
}

/// Scripts that a page needs beyond the islands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Script {
    /// Nothing moves on this page: no script at all.
    #[default]
    None,
    /// The islands.
    Islands,
    /// The islands, and the reader of a link's fragment.
    Fragment,
    /// The live list of the sandbox mailbox.
    Mailbox,
    /// The console: copying.
    Console,
    /// The live steps of a probe; without scripts, the page is loaded again each second.
    Live,
}

/// One page.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    pub title: &'a str,
    pub look: &'a Look,
    /// The nonce of this answer's Content-Security-Policy.
    pub nonce: &'a str,
    pub script: Script,
    pub signed_in: bool,
    /// Whether the way to the console is shown.
    pub operator: bool,
    /// What was done elsewhere, in words.
    pub note: Option<&'a str>,
}

/// Wakes the islands. Leptos's own loader wants a `hash.txt` beside the executable and one hash for two files.
const ISLANDS: &str = include_str!("islands.js");
/// Takes the token out of the address before anything else may see it.
const FRAGMENT: &str = include_str!("fragment.js");

/// The whole page as HTML.
pub fn document<V: IntoView>(page: &Page<'_>, body: impl FnOnce() -> V) -> String {
    let owner = Owner::new_root(Some(std::sync::Arc::new(SsrSharedContext::new_islands())));
    let html = owner.with(|| frame(page, body()).to_html());
    owner.unset_with_forced_cleanup();
    format!("<!DOCTYPE html>{html}")
}

/// A part of a page as HTML, for a script that puts it in place.
pub fn fragment<V: IntoView>(body: impl FnOnce() -> V) -> String {
    let owner = Owner::new_root(Some(std::sync::Arc::new(SsrSharedContext::new_islands())));
    let html = owner.with(|| body().into_view().to_html());
    owner.unset_with_forced_cleanup();
    html
}

fn frame<V: IntoView>(page: &Page<'_>, body: V) -> impl IntoView + use<V> {
    let Page {
        title,
        look,
        nonce,
        script,
        signed_in,
        operator,
        note,
    } = *page;
    let assets = &look.assets;
    let islands = matches!(script, Script::Islands | Script::Fragment);
    let loader = islands.then(|| {
        ISLANDS
            .replace("__JS__", &assets.js)
            .replace("__WASM__", &assets.wasm)
    });
    let plain = match script {
        Script::Mailbox => Some(assets.mailbox_js.clone()),
        Script::Console | Script::Live => Some(assets.console_js.clone()),
        Script::None | Script::Islands | Script::Fragment => None,
    };
    let brand = format!(":root{{--brand:{}}}", look.color);
    let nonce = nonce.to_owned();
    let full_title = format!("{title} · {}", look.name);
    let home = look.name.clone();
    let support = look.support_link();
    let sign_up = look.sign_up && !signed_in;
    let note = note.map(|note| view! { <p class="note" role="status">{note.to_owned()}</p> });
    view! {
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <title>{full_title}</title>
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="robots" content="noindex" />
                {(script == Script::Live)
                    .then(|| {
                        view! {
                            <noscript>
                                <meta http-equiv="refresh" content="1" />
                            </noscript>
                        }
                    })}
                <link rel="icon" href=assets.favicon.clone() type="image/svg+xml" />
                <link rel="stylesheet" href=assets.css.clone() />
                <style nonce=nonce.clone() inner_html=brand></style>
                {islands
                    .then(|| {
                        view! {
                            <link rel="modulepreload" href=assets.js.clone() />
                            <link
                                rel="preload"
                                href=assets.wasm.clone()
                                r#as="fetch"
                                r#type="application/wasm"
                                crossorigin="anonymous"
                            />
                        }
                    })}
                {(script == Script::Fragment)
                    .then(|| view! { <script nonce=nonce.clone() inner_html=FRAGMENT></script> })}
                {loader
                    .map(|loader| {
                        view! { <script type="module" nonce=nonce.clone() inner_html=loader></script> }
                    })}
                {plain
                    .map(|src| {
                        view! { <script type="module" nonce=nonce.clone() src=src></script> }
                    })} {reload(assets.reload_port, &nonce)}
            </head>
            <body>
                <a class="skip" href="#main">
                    {text::SKIP}
                </a>
                <header class="top">
                    <a class="brand" href="/">
                        <svg aria-hidden="true" viewBox="0 0 24 24" width="24" height="24">
                            <path d="M5 21V10a7 7 0 0 1 14 0v11h-5v-6a2 2 0 0 0-4 0v6z" fill="currentColor" />
                        </svg>
                        {home}
                    </a>
                    <nav aria-label="Main">
                        {if signed_in {
                            view! {
                                {operator
                                    .then(|| view! { <a href="/console">{text::CONSOLE}</a> })}
                                <a href="/account">{text::ACCOUNT}</a>
                                <a href="/sign-out">{text::SIGN_OUT}</a>
                            }
                                .into_any()
                        } else {
                            view! {
                                <a href="/sign-in">{text::SIGN_IN}</a>
                                {sign_up.then(|| view! { <a href="/sign-up">{text::SIGN_UP}</a> })}
                            }
                                .into_any()
                        }}
                    </nav>
                </header>
                <main id="main" tabindex="-1">
                    {note}
                    {body}
                </main>
                <footer class="bottom">
                    <a href=support>{text::HELP}</a>
                    {look
                        .mailbox
                        .then(|| view! { <a href="/dev/mailbox">{text::home::MAILBOX}</a> })}
                </footer>
            </body>
        </html>
    }
}

/// Loads the page anew when `cargo leptos watch` says so; nothing in any other run.
fn reload(port: Option<u16>, nonce: &str) -> Option<impl IntoView + use<>> {
    let port = port?;
    let nonce = nonce.to_owned();
    let script = format!(
        "new WebSocket('ws://'+location.hostname+':{port}/live_reload').onmessage=(e)=>{{\
         const m=JSON.parse(e.data);if(m.all||m.css||m.view)location.reload()}}"
    );
    Some(view! { <script nonce=nonce inner_html=script></script> })
}
