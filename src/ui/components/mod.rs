//! Pieces that pages are made of.
use leptos::prelude::*;

/// A trial.
#[island]
pub fn Counter(start: i32) -> impl IntoView {
    let (n, set) = signal(start);
    view! { <button on:click=move |_| set.update(|n| *n += 1)>{n}</button> }
}
