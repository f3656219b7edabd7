//! Writes every kind of mail with sample data to a folder, for `postern mail preview`: how it looks before anybody gets one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::message::build;
use super::render::{Look, render};
use crate::domain::identifier::EmailAddress;
use crate::domain::mail::{LinkAndCode, LockCause, Mail, MailKind};
use crate::domain::time::Timestamp;
use crate::server::config::Config;

/// As long as a real token, and plainly none.
const SAMPLE_CODE: &str = "SAMPLE-code-that-opens-nothing-SAMPLE-12345";
const SAMPLE_RECIPIENT: &str = "you@example.org";

/// Writes `<kind>.html`, `.txt` and `.eml` for each kind of mail, as if it were sent at `at`; makes the folder where it is
/// missing and overwrites what is there. Returns the files.
///
/// # Errors
/// When the folder cannot be written, or the settings make no mail.
pub fn write_all(folder: &Path, config: &Config, at: Timestamp) -> anyhow::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    let look = Look::from_config(config);
    let recipient = EmailAddress::parse(SAMPLE_RECIPIENT)
        .map_err(|_| anyhow!("the sample recipient is no address"))?;
    let mut files = Vec::new();
    for kind in MailKind::ALL {
        let rendered = render(&sample(kind, config, at), &look)?;
        let message = build(&rendered, &recipient, &config.mail, at)?;
        for (ending, content) in [
            ("html", rendered.html.as_bytes()),
            ("txt", rendered.text.as_bytes()),
            ("eml", message.bytes()),
        ] {
            let file = folder.join(format!("{}.{ending}", kind.name()));
            fs::write(&file, content)
                .with_context(|| format!("{} cannot be written", file.display()))?;
            files.push(file);
        }
    }
    Ok(files)
}

/// A mail of that kind with sample data: no token in it opens anything.
pub fn sample(kind: MailKind, config: &Config, at: Timestamp) -> Mail {
    let url = &config.site.public_url;
    let open = |path: &str, lifetime: Duration| LinkAndCode {
        link: format!("{url}{path}#{SAMPLE_CODE}"),
        code: SAMPLE_CODE.to_owned(),
        expires_at: at.plus(lifetime),
    };
    let not_me = || open("/not-me", config.reset.not_me_lifetime);
    let link_minutes = config.sign_up.link_lifetime.as_secs() / 60;
    match kind {
        MailKind::Reset => Mail::Reset {
            open: open("/reset", config.reset.token_lifetime),
            lifetime_minutes: config.reset.token_lifetime.as_secs() / 60,
            reference: "K7QF-2M".to_owned(),
        },
        MailKind::PasswordChanged => Mail::PasswordChanged {
            at,
            not_me: not_me(),
        },
        MailKind::PasswordChangedReminder => {
            let changed = at.minus(config.reset.second_notice_after);
            Mail::PasswordChangedReminder {
                at: changed,
                not_me: not_me(),
            }
        }
        MailKind::AccountLocked => Mail::AccountLocked {
            at,
            until: at.plus(config.reset.lock_duration),
            cause: LockCause::WrongUsernames,
        },
        MailKind::SignUp => Mail::SignUp {
            open: open("/verify", config.sign_up.link_lifetime),
            lifetime_minutes: link_minutes,
        },
        MailKind::SignUpKnown => Mail::SignUpKnown {
            sign_in_url: format!("{url}/sign-in"),
            forgot_url: format!("{url}/forgot"),
        },
        MailKind::VerifyAddress => Mail::VerifyAddress {
            open: open("/account/verify-address", config.sign_up.link_lifetime),
            lifetime_minutes: link_minutes,
        },
        MailKind::AddressChanged => Mail::AddressChanged {
            at,
            not_me: not_me(),
        },
        MailKind::AccountFrozen => Mail::AccountFrozen { at },
        MailKind::Test => Mail::Test {
            at,
            asked_by: "olivia".to_owned(),
            relay: format!("{}:{}", config.smtp.host, config.smtp.port),
        },
    }
}
