//! Mails that bring news of an account: none of them can reset anything.

use super::times::{at_time, until, until_at_least};
use super::{Letter, RenderError};
use crate::domain::lockout::LockScope;
use crate::domain::mail::{LinkAndCode, LockCause};
use crate::domain::time::Timestamp;
use crate::server::mail::render::Look;

pub fn password_changed(
    look: &Look,
    at: Timestamp,
    not_me: &LinkAndCode,
) -> Result<Letter, RenderError> {
    let letter = Letter::new("Your password was changed").words(format!(
        "The password of your account at {} was changed {}. All other devices were signed out.",
        look.site,
        at_time(at)?
    ));
    with_not_me(
        letter.led("Was it you?", "Then there is nothing to do."),
        look,
        not_me,
    )
}

pub fn reminder(look: &Look, at: Timestamp, not_me: &LinkAndCode) -> Result<Letter, RenderError> {
    let letter = Letter::new("Reminder: your password was changed")
        .words(format!(
            "The password of your account at {} was changed {}, and all other devices were signed out.",
            look.site,
            at_time(at)?
        ))
        .words(
            "We told you so at the time and repeat it on purpose: somebody else who could read your mail then may \
             have deleted the first message before you saw it.",
        )
        .led("Was it you?", "Then there is nothing to do. This is the last mail about it.");
    with_not_me(letter, look, not_me)
}

pub fn address_changed(
    look: &Look,
    at: Timestamp,
    not_me: &LinkAndCode,
) -> Result<Letter, RenderError> {
    let letter = Letter::new("Your mail address was changed").words(format!(
        "The mail address of your account at {} was changed {}. This message goes to the old address, so that you \
         know; from now on mail goes to the new one.",
        look.site,
        at_time(at)?
    ));
    with_not_me(
        letter.led("Was it you?", "Then there is nothing to do."),
        look,
        not_me,
    )
}

pub fn account_locked(
    look: &Look,
    at: Timestamp,
    end: Timestamp,
    cause: LockCause,
) -> Result<Letter, RenderError> {
    let site = &look.site;
    let (at, end) = (at_time(at)?, until_at_least(end)?);
    let letter = match (cause, look.lock_scope) {
        (LockCause::WrongUsernames, LockScope::Reset) => Letter::new("Password reset is locked")
            .words(format!(
                "We locked the password reset of your account at {site} {at}. The lock lasts {end}; signing in with \
                 your password works as before."
            )),
        (LockCause::FailedSignIns, _) => Letter::new("Signing in is locked for now").words(format!(
            "We locked signing in to your account at {site} {at}. The lock lasts {end}. Where you are signed in, you stay \
             so; and you can choose a new password at any time, which ends the lock."
        )),
        _ => Letter::new("Your account is locked for now").words(format!(
            "We locked your account at {site} {at}. The lock lasts {end}; then it opens by itself. Until then nobody \
             can sign in or choose a new password."
        )),
    };
    Ok(match cause {
        LockCause::WrongUsernames => letter
            .led(
                "Why?",
                "Somebody opened a link or code that we had mailed to you, and then typed wrong usernames. Your \
                 password was not changed.",
            )
            .led(
                "Was it you?",
                "Wait until the lock has ended, look up your username, and ask for a new link.",
            )
            .led(
                "Not you?",
                "Then somebody else may be able to read your mail. Change the password of your mailbox now, sign out \
                 its other devices, and look for forwarding rules that you did not make.",
            ),
        LockCause::FailedSignIns => letter
            .led(
                "Why?",
                "There were too many failed attempts to sign in, one after another. Your password was not changed.",
            )
            .led(
                "Was it you?",
                "Wait until the lock has ended or, sooner, ask for a new password.",
            )
            .led(
                "Not you?",
                "Somebody may be guessing your password. The lock keeps them out. If you use the same password \
                 anywhere else, choose a new one here.",
            ),
    }
    .button(
        match cause {
            LockCause::FailedSignIns => "Ask for a new password",
            LockCause::WrongUsernames => "Ask for a new link later",
        },
        &format!("{}/forgot", look.public_url),
        false,
    ))
}

pub fn account_frozen(look: &Look, at: Timestamp) -> Result<Letter, RenderError> {
    Ok(Letter::new("Your account is frozen")
        .words(format!(
            "Your account at {} was frozen {}, because somebody used a link from one of our mails to say \"this was \
             not me\". All devices were signed out, and nobody can sign in or choose a new password.",
            look.site,
            at_time(at)?
        ))
        .led(
            "What now?",
            "Ask for help as described below. A person will check that the account is yours and open it again. It \
             does not open by itself.",
        )
        .led(
            "Did you not use that link?",
            "Then somebody else may be able to read your mail. Change the password of your mailbox first.",
        ))
}

pub fn test(
    look: &Look,
    at: Timestamp,
    asked_by: &str,
    relay: &str,
) -> Result<Letter, RenderError> {
    let letter = Letter::new("Postern test mail")
        .words(format!(
            "This mail was sent {} to try the way that all mails of {} go: from the same sender, through the same mail \
             server, built by the same templates. That you read it means that the way is open.",
            at_time(at)?,
            look.site
        ))
        .fact("Mail server", relay);
    let letter = match asked_by {
        "" => letter,
        who => letter.fact("Asked for by", who),
    };
    Ok(letter.led(
        "Did it land among spam?",
        "Then look at its headers: what this mail meets, a mail with a reset link meets as well.",
    ))
}

/// The way to stop a thief, in every notice of a change.
fn with_not_me(letter: Letter, look: &Look, not_me: &LinkAndCode) -> Result<Letter, RenderError> {
    Ok(letter
        .led(
            "Not you?",
            format!(
                "Open this link and confirm with your username. It freezes the account, so that nobody can use it \
                 until we have sorted it out with you. The link works {}.",
                until(not_me.expires_at)?
            ),
        )
        .button("This was not me", &not_me.link, false)
        .code(not_me, format!("{}/not-me", look.public_url)))
}
