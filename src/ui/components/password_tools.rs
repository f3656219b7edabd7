//! An island beside a password: the button that shows it and, for a new one, the meter that a Web Worker feeds.

use leptos::prelude::*;
use leptos::web_sys::wasm_bindgen::prelude::{Closure, JsValue};
use leptos::web_sys::wasm_bindgen::JsCast;
use leptos::web_sys::{
    Event, HtmlInputElement, MessageEvent, Worker, WorkerOptions, WorkerType, js_sys,
};
use serde::{Deserialize, Serialize};

use crate::domain::policy::{PasswordPolicy, Report};
use crate::ui::text;

/// What the meter needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MeterSetup {
    /// Where the worker's script is.
    pub worker: String,
    pub policy: PasswordPolicy,
    /// The site's name; the username is read from the page.
    pub site: String,
}

/// The tools of the password input `input`.
#[island]
pub fn PasswordTools(
    /// The input's id.
    input: String,
    /// For a new password.
    #[prop(optional)]
    meter: Option<MeterSetup>,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    let awake = RwSignal::new(false);
    let report = RwSignal::new(None::<Report>);
    let id = StoredValue::new(input);
    let find = move || {
        let element = document().get_element_by_id(&id.get_value())?;
        element.dyn_into::<HtmlInputElement>().ok()
    };
    let toggle = move |_| {
        shown.update(|shown| *shown = !*shown);
        if let Some(input) = find() {
            input.set_type(if shown.get_untracked() { "text" } else { "password" });
            let _ = input.focus();
        }
    };
    let measured = meter.is_some();
    Effect::new(move |_| {
        awake.set(true);
        if let (Some(setup), Some(input)) = (&meter, find()) {
            watch(setup, input, report);
        }
    });
    let controls = id.get_value();
    view! {
        <button
            type="button"
            class="reveal"
            hidden=move || !awake.get()
            aria-pressed=move || shown.get().to_string()
            aria-controls=controls
            on:click=toggle
        >
            {move || if shown.get() { text::pages::HIDE } else { text::pages::SHOW }}
            <span class="visually-hidden">" password"</span>
        </button>
        {measured.then(|| view! { <Meter report /> })}
    }
}

#[component]
fn Meter(report: RwSignal<Option<Report>>) -> impl IntoView {
    let score = move || report.with(|r| r.as_ref().map_or(0, |r| r.score));
    let words = move || report.with(|r| r.as_ref().map(describe).unwrap_or_default());
    let class = move || format!("meter score-{}", score());
    view! {
        <div class=class hidden=move || report.with(Option::is_none)>
            <div class="bar" aria-hidden="true">
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

/// The report in sentences: the verdict, the time to guess, what is wrong and what helps.
fn describe(report: &Report) -> String {
    let mut words = format!(
        "{}: {}.",
        text::score(report.score),
        text::crack_time(report.crack_seconds)
    );
    let refused = report.refusal.as_ref().map(text::refused);
    let advice = (report.refusal.is_some()).then(|| text::missing(&report.missing)).flatten();
    let help = report.warning.iter().chain(&report.suggestions).cloned();
    for sentence in refused.into_iter().chain(help).chain(advice) {
        words.push(' ');
        words.push_str(&sentence);
    }
    words
}

/// Starts the worker and sends it every state of the input. A worker that fails means no meter, and nothing else.
fn watch(setup: &MeterSetup, input: HtmlInputElement, report: RwSignal<Option<Report>>) {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let Ok(worker) = Worker::new_with_options(&setup.worker, &options) else { return };
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let text = event.data().as_string();
        report.set(text.and_then(|text| serde_json::from_str(&text).ok()));
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    let policy = serde_json::to_string(&setup.policy).unwrap_or_default();
    let site = setup.site.clone();
    let typed = input.clone();
    let send = Closure::<dyn Fn(Event)>::new(move |_: Event| {
        let name = document().get_element_by_id("username");
        let name = name.and_then(|n| n.dyn_into::<HtmlInputElement>().ok());
        let inputs = js_sys::Array::of2(
            &JsValue::from_str(&site),
            &JsValue::from_str(&name.map(|n| n.value()).unwrap_or_default()),
        );
        let message = js_sys::Array::of3(
            &JsValue::from_str(&typed.value()),
            &JsValue::from_str(&policy),
            &inputs,
        );
        let _ = worker.post_message(&message);
    });
    let _ = input.add_event_listener_with_callback("input", send.as_ref().unchecked_ref());
    send.forget();
}
