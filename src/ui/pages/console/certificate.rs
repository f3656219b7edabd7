//! The certificate chain and its verdict, also where the handshake failed.

use leptos::prelude::*;

use super::model::When;
use crate::domain::smtp::transcript::{CertificateRecord, TlsRecord};
use crate::ui::text::console::{NEVER, run as text};

/// Days before the end at which somebody should act.
pub const SOON: i64 = 14;

/// The handshake and each certificate.
pub fn certificate(tls: Option<&TlsRecord>, when: When) -> AnyView {
    let Some(tls) = tls else {
        return view! { <p class="hint">{text::NO_CERTIFICATE}</p> }.into_any();
    };
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| NEVER.to_owned());
    let fault = tls.fault.as_ref().map(|fault| {
        view! { <p class="note danger">{format!("The handshake failed: {fault}.")}</p> }
    });
    let matches = if tls.name_matches {
        format!("yes, it is for {}", tls.expected_name)
    } else {
        format!("no, it is not for {}", tls.expected_name)
    };
    let trusted = if tls.trusted {
        "yes, the chain leads to a root that is trusted here"
    } else {
        "no, the chain leads to no root that is trusted here"
    };
    let certificates: Vec<_> = tls
        .chain
        .iter()
        .enumerate()
        .map(|(at, one)| record(at, one, when))
        .collect();
    view! {
        {fault}
        <dl class="console-facts">
            <dt>"TLS"</dt>
            <dd>{or_dash(&tls.version)}</dd>
            <dt>"Cipher suite"</dt>
            <dd>{or_dash(&tls.cipher)}</dd>
            <dt>"Name matches"</dt>
            <dd>{matches}</dd>
            <dt>"Trusted"</dt>
            <dd>{trusted}</dd>
        </dl>
        {certificates}
    }
    .into_any()
}

fn record(at: usize, one: &CertificateRecord, when: When) -> impl IntoView + use<> {
    let title = if at == 0 {
        "The server's certificate".to_owned()
    } else {
        format!("Certificate {} of the chain", at + 1)
    };
    let names = if one.names.is_empty() {
        NEVER.to_owned()
    } else {
        one.names.join(", ")
    };
    let left = match one.days_left {
        days @ ..=-1 => Some(format!("It ended {} ago.", days_of(-days))),
        days @ 0..SOON => Some(format!("It ends in {}: renew it now.", days_of(days))),
        _ => None,
    };
    let days = format!(
        "{} ({})",
        when(one.not_after),
        if one.days_left < 0 {
            "over".to_owned()
        } else {
            format!("{} left", days_of(one.days_left))
        }
    );
    let fingerprint = one.sha256.clone();
    view! {
        <h4>{title}</h4>
        {left.map(|left| view! { <p class="note warn">{left}</p> })}
        <dl class="console-facts">
            <dt>"Subject"</dt>
            <dd>{one.subject.clone()}</dd>
            <dt>"Names"</dt>
            <dd>{names}</dd>
            <dt>"Issuer"</dt>
            <dd>{one.issuer.clone()}</dd>
            <dt>"Valid from"</dt>
            <dd>{when(one.not_before)}</dd>
            <dt>"Valid until"</dt>
            <dd>{days}</dd>
            <dt>"Key"</dt>
            <dd>{one.key.clone()}</dd>
            <dt>"Signature"</dt>
            <dd>{one.signature.clone()}</dd>
            <dt>"Serial"</dt>
            <dd>
                <code>{one.serial.clone()}</code>
            </dd>
            <dt>"SHA-256"</dt>
            <dd>
                <code>{fingerprint}</code>
            </dd>
        </dl>
    }
}

fn days_of(days: i64) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
