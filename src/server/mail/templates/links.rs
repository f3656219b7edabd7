//! Mails that open something: a reset, a sign-up, a new address.

use super::times::{span, until};
use super::{Letter, RenderError};
use crate::domain::mail::LinkAndCode;
use crate::server::mail::render::Look;

pub fn reset(
    look: &Look,
    open: &LinkAndCode,
    minutes: u64,
    reference: &str,
) -> Result<Letter, RenderError> {
    let site = &look.site;
    let (within, until) = (span(minutes), until(open.expires_at)?);
    Ok(Letter::new("Choose a new password")
        .words(format!(
            "Somebody, hopefully you, asked for a new password at {site}. To choose one, open this link within {within} \
             ({until}). You will be asked for your username."
        ))
        .button("Choose a new password", &open.link, true)
        .code(open, format!("{}/reset", look.public_url))
        .words("Link and code work once. If you asked more than once, only the newest mail works.")
        .led(
            "Not you?",
            "Do nothing, and nothing changes. Nobody can get in without both your username and this mail, so do not \
             pass it on.",
        )
        .fact("Request reference", reference))
}

pub fn sign_up(look: &Look, open: &LinkAndCode, minutes: u64) -> Result<Letter, RenderError> {
    let site = &look.site;
    let (within, until) = (span(minutes), until(open.expires_at)?);
    Ok(Letter::new("Finish signing up")
        .words(format!(
            "Somebody, hopefully you, asked to sign up at {site} with this mail address. To choose a username and a \
             password, open this link within {within} ({until})."
        ))
        .button("Finish signing up", &open.link, true)
        .code(open, format!("{}/verify", look.public_url))
        .led("Not you?", "Do nothing, and no account is made."))
}

pub fn sign_up_known(look: &Look, sign_in_url: &str, forgot_url: &str) -> Letter {
    let site = &look.site;
    Letter::new("You already have an account")
        .words(format!(
            "Somebody, hopefully you, tried to sign up at {site} with this mail address. It belongs to an account \
             already, so no new one was made."
        ))
        .button("Sign in", sign_in_url, true)
        .words("If you do not know your password any more, choose a new one.")
        .button("I forgot my password", forgot_url, false)
        .led(
            "Not you?",
            "Do nothing. Nothing changed, and whoever tried was not told that you have an account.",
        )
}

pub fn verify_address(
    look: &Look,
    open: &LinkAndCode,
    minutes: u64,
) -> Result<Letter, RenderError> {
    let site = &look.site;
    let (within, until) = (span(minutes), until(open.expires_at)?);
    Ok(Letter::new("Confirm your new address")
        .words(format!(
            "Somebody, hopefully you, entered this mail address for an account at {site}. To confirm it, open this \
             link within {within} ({until}). Until then the old address counts."
        ))
        .button("Confirm this address", &open.link, true)
        .code(open, format!("{}/account/verify-address", look.public_url))
        .led(
            "Not you?",
            "Do nothing, and this address is not used. Somebody probably mistyped their own.",
        ))
}
