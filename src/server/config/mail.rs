//! `[mail]`: what mails say about their sender.

use lettre::message::Mailbox;

use super::dkim::{self, Dkim};
use super::error::ConfigError;
use super::origin_url::is_name;
use super::reader::Reader;
use super::section::Section;
use crate::domain::identifier::EmailAddress;
use crate::server::mail::render::turns;

/// `[mail]`; `from` may also be set as `[smtp] from`.
#[derive(Debug, Clone)]
pub struct Mail {
    /// `from`: `Name <address>` or an address. Default `Postern <postern@localhost>`.
    pub from: String,
    /// `reply_to`: default none.
    pub reply_to: Option<String>,
    /// `message_id_domain`: default From's domain.
    pub message_id_domain: Option<String>,
    /// `dkim_*`: what mails are signed with; nothing, by default.
    pub dkim: Dkim,
    /// `subject_*`: one for each kind of mail.
    pub subjects: Subjects,
}

/// `[mail] subject_<kind>`; `{site}` is replaced by the site's name.
#[derive(Debug, Clone)]
pub struct Subjects {
    /// The link and code that open a reset.
    pub reset: String,
    /// At once after a change of password.
    pub password_changed: String,
    /// The same news later.
    pub password_changed_reminder: String,
    /// Too many wrong answers.
    pub account_locked: String,
    /// The link that opens the sign-up form.
    pub sign_up: String,
    /// Sign-up with an address that has an account.
    pub sign_up_known: String,
    /// The link that makes a new address count.
    pub verify_address: String,
    /// To the old address.
    pub address_changed: String,
    /// "This was not me" was used.
    pub account_frozen: String,
    /// Somebody tries the way.
    pub test: String,
}

/// What a setting with a domain takes.
pub(super) const DOMAIN: &str = "a domain, such as \"example.org\"";

/// A domain in A-labels and lower case.
pub(super) fn domain(text: &str) -> Option<String> {
    let domain = crate::server::idn::to_ascii(text)?;
    is_name(&domain).then_some(domain)
}

impl Mail {
    /// The domain of From in A-labels and lower case.
    pub fn from_domain(&self) -> Option<String> {
        let mailbox: Mailbox = self.from.parse().ok()?;
        crate::server::idn::to_ascii(mailbox.email.domain())
    }

    /// The address of From, where it is one that mail can be sent to.
    pub fn from_address(&self) -> Option<EmailAddress> {
        let mailbox: Mailbox = self.from.parse().ok()?;
        EmailAddress::parse(&crate::server::idn::address(mailbox.email.as_ref())).ok()
    }
}

pub(super) fn read(reader: &mut Reader) -> Result<Mail, ConfigError> {
    reader.alias("mail.from", "smtp.from")?;
    let mut section = reader.section("mail");
    let allowed = "an address, such as \"Example Support <support@example.org>\"";
    let from = section.parsed("from", allowed, mailbox)?;
    Ok(Mail {
        from: from.unwrap_or_else(|| "Postern <postern@localhost>".to_owned()),
        reply_to: section.parsed("reply_to", allowed, mailbox)?,
        message_id_domain: section.parsed("message_id_domain", DOMAIN, domain)?,
        dkim: dkim::read(&mut section)?,
        subjects: subjects(&mut section)?,
    })
}

fn subjects(section: &mut Section<'_>) -> Result<Subjects, ConfigError> {
    let mut subject = |key: &str, default: &str| {
        let allowed = "one line of at most 100 characters, with no placeholder but {site}";
        let found = section.parsed(key, allowed, |text| {
            let short = text.chars().count() <= 100 && !text.chars().any(char::is_control);
            let known = !text.replace("{site}", "").contains(['{', '}']);
            (short && known).then(|| text.to_owned())
        })?;
        Ok(found.unwrap_or_else(|| default.to_owned()))
    };
    Ok(Subjects {
        reset: subject("subject_reset", "Reset your {site} password")?,
        password_changed: subject(
            "subject_password_changed",
            "Your {site} password was changed",
        )?,
        password_changed_reminder: subject(
            "subject_password_changed_reminder",
            "Reminder: your {site} password was changed",
        )?,
        account_locked: subject("subject_account_locked", "Your {site} account is locked")?,
        sign_up: subject("subject_sign_up", "Finish signing up at {site}")?,
        sign_up_known: subject("subject_sign_up_known", "You already have a {site} account")?,
        verify_address: subject("subject_verify_address", "Confirm your new {site} address")?,
        address_changed: subject("subject_address_changed", "Your {site} address was changed")?,
        account_frozen: subject("subject_account_frozen", "Your {site} account is frozen")?,
        test: subject("subject_test", "Test mail of {site}")?,
    })
}

/// The part before the `@` in ASCII, as not every relay speaks SMTPUTF8; the domain in any letters.
fn mailbox(text: &str) -> Option<String> {
    let one_line = !text.chars().any(|c| c.is_control() || turns(c));
    let mailbox: Mailbox = text.parse().ok().filter(|_| one_line)?;
    let fits = mailbox.email.user().is_ascii();
    (fits && crate::server::idn::to_ascii(mailbox.email.domain()).is_some())
        .then(|| text.to_owned())
}

/// Whether mail from there can reach nobody else.
pub(super) fn is_local(from: &str) -> bool {
    let mailbox = from.parse::<Mailbox>();
    let domain = mailbox.map(|mailbox| mailbox.email.domain().to_ascii_lowercase());
    domain.is_ok_and(|domain| {
        domain == "localhost" || domain.ends_with(".localhost") || domain.starts_with('[')
    })
}
