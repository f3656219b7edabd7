//! An island beside a password: the button that shows it and, for a new one, the meter that a Web Worker feeds.

use crate::ui::text;
use leptos::prelude::*;
use leptos::web_sys::wasm_bindgen::JsCast;
use leptos::web_sys::wasm_bindgen::prelude::{Closure, JsValue};
use leptos::web_sys::{
    Event, HtmlInputElement, MessageEvent, Worker, WorkerOptions, WorkerType, js_sys,
};

/// What the meter of a new password needs.
#[derive(Debug, Clone)]
pub struct MeterSetup {
    /// Where the worker's script is.
    pub worker: String,
    /// The password policy, as the worker reads it.
    pub policy: String,
    /// The site's name; the username is read from the page.
    pub site: String,
    /// Least length, in code points.
    pub min_length: usize,
}

/// What the worker says of a password.
#[derive(Debug, Clone)]
struct Verdict {
    /// 0 to 4, as a digit.
    score: char,
    words: String,
}

/// The tools of the password input in the same `.password` field; with a worker in its `data-`, of a new password. Not by props:
/// reading them would take serde_json along.
#[island]
pub fn PasswordTools() -> impl IntoView {
    let shown = RwSignal::new(false);
    let awake = RwSignal::new(false);
    let verdict = RwSignal::new(None::<Verdict>);
    let button = NodeRef::<leptos::html::Button>::new();
    let find = move || {
        let field = button
            .get_untracked()?
            .closest(".password")
            .ok()
            .flatten()?;
        field
            .query_selector("input")
            .ok()
            .flatten()?
            .dyn_into::<HtmlInputElement>()
            .ok()
    };
    let toggle = move |_| {
        shown.update(|shown| *shown = !*shown);
        if let Some(input) = find() {
            input.set_type(if shown.get_untracked() {
                "text"
            } else {
                "password"
            });
            let _ = input.focus();
        }
    };
    Effect::new(move |_| {
        if button.get().is_some() {
            awake.set(true);
            if let Some(input) = find() {
                conceal_on_submit(&input, shown);
                watch(input, verdict);
            }
        }
    });
    let class = move || {
        verdict.with(|v| match v {
            Some(v) => format!("meter score-{}", v.score),
            None => "meter".to_owned(),
        })
    };
    let words = move || verdict.with(|v| v.as_ref().map(|v| v.words.clone()));
    view! {
        <button
            type="button"
            class="reveal"
            node_ref=button
            hidden=move || !awake.get()
            on:click=toggle
        >
            {move || if shown.get() { text::pages::HIDE } else { text::pages::SHOW }}
            <span class="visually-hidden">" password"</span>
        </button>
        // The status stands there before its first words come: what is unhidden together with them is not announced.
        <div class=class>
            <div class="bar" aria-hidden="true" hidden=move || verdict.with(Option::is_none)>
                <i></i>
                <i></i>
                <i></i>
                <i></i>
            </div>
            <p class="verdict" role="status">
                {words}
            </p>
        </div>
    }
}

/// A shown password is hidden again when its form goes off, so that no browser keeps it as a plain text.
fn conceal_on_submit(input: &HtmlInputElement, shown: RwSignal<bool>) {
    let Some(form) = input.form() else { return };
    let input = input.clone();
    let conceal = Closure::<dyn Fn(Event)>::new(move |_: Event| {
        shown.set(false);
        input.set_type("password");
    });
    let _ = form.add_event_listener_with_callback("submit", conceal.as_ref().unchecked_ref());
    conceal.forget();
}

/// Starts the worker that the input names and sends it every state of the input. A worker that fails means no meter, and nothing
/// else.
fn watch(input: HtmlInputElement, verdict: RwSignal<Option<Verdict>>) -> Option<()> {
    let worker = input.get_attribute("data-worker")?;
    let policy = input.get_attribute("data-policy")?;
    let site = input.get_attribute("data-site")?;
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options(&worker, &options).ok()?;
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let text = event.data().as_string().unwrap_or_default();
        let mut letters = text.chars();
        verdict.set(letters.next().map(|score| Verdict {
            score,
            words: letters.collect(),
        }));
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    let typed = input.clone();
    let send = Closure::<dyn Fn(Event)>::new(move |_: Event| {
        let name = document().get_element_by_id("username");
        let name = name.and_then(|n| n.dyn_into::<HtmlInputElement>().ok());
        let name = name.map(|name| name.value()).unwrap_or_default();
        let inputs = js_sys::Array::of2(&JsValue::from_str(&site), &JsValue::from_str(&name));
        let (password, policy) = (
            JsValue::from_str(&typed.value()),
            JsValue::from_str(&policy),
        );
        let message = js_sys::Array::of3(&password, &policy, &inputs);
        let _ = worker.post_message(&message);
    });
    let _ = input.add_event_listener_with_callback("input", send.as_ref().unchecked_ref());
    send.forget();
    Some(())
}
