//! The start page.

use leptos::prelude::*;

use crate::ui::text::pages::{SIGN_IN, home as text};

/// What a development server tells of its demo account.
#[derive(Debug, Clone)]
pub struct Demo {
    pub username: &'static str,
    pub address: &'static str,
    pub password: &'static str,
}

/// The start page.
pub fn home(demo: Option<Demo>, mailbox: bool) -> impl IntoView {
    view! {
        <h1>{text::TITLE}</h1>
        <p class="lead">{text::LEAD}</p>
        <p class="actions">
            <a class="button" href="/forgot">
                {text::FORGOT}
            </a>
            <a class="button quiet" href="/sign-in">
                {SIGN_IN}
            </a>
        </p>
        {demo
            .map(|demo| {
                view! {
                    <section class="aside" aria-labelledby="demo">
                        <h2 id="demo">{text::DEMO_TITLE}</h2>
                        <p>{text::DEMO_ACCOUNT}</p>
                        <dl class="demo">
                            <dt>{text::DEMO_USERNAME}</dt>
                            <dd>
                                <code>{demo.username}</code>
                            </dd>
                            <dt>{text::DEMO_ADDRESS}</dt>
                            <dd>
                                <code>{demo.address}</code>
                            </dd>
                            <dt>{text::DEMO_PASSWORD}</dt>
                            <dd>
                                <code>{demo.password}</code>
                            </dd>
                        </dl>
                        <ol>
                            {text::DEMO_STEPS
                                .map(|step| view! { <li>{step}</li> })
                                .collect_view()}
                        </ol>
                        {mailbox
                            .then(|| {
                                view! {
                                    <p>
                                        <a href="/dev/mailbox">{text::MAILBOX}</a>
                                    </p>
                                }
                            })}
                    </section>
                }
            })}
    }
}
