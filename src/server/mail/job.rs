//! What a claimed outbox row turns into, decided by the use case that it belongs to.

use super::test_mail;
use crate::domain::identifier::EmailAddress;
use crate::domain::mail::{Mail, MailKind};
use crate::server::accounts;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::recovery;
use crate::server::service::Service;
use crate::server::store::QueuedMail;

/// What the worker is to do with a claimed mail.
#[derive(Debug)]
pub enum Job {
    /// Nothing: it was ended or put back already.
    Nothing,
    /// Send it; its token, where it has one, is stored.
    Send {
        mail: Mail,
        to: EmailAddress,
        account_id: Option<String>,
    },
}

/// Asks the use case that the mail belongs to.
///
/// # Errors
/// When the database or the operating system's randomness fails.
pub async fn prepare(service: &Service, worker: &Caller, queued: &QueuedMail) -> Done<Job> {
    match queued.kind {
        MailKind::Reset => recovery::mailing::prepare(service, worker, queued).await,
        MailKind::SignUp | MailKind::SignUpKnown => {
            accounts::mailing::sign_up(service, worker, queued).await
        }
        MailKind::VerifyAddress => accounts::mailing::verify_address(service, worker, queued).await,
        MailKind::PasswordChanged
        | MailKind::PasswordChangedReminder
        | MailKind::AccountLocked
        | MailKind::AddressChanged
        | MailKind::AccountFrozen => accounts::mailing::notice(service, queued).await,
        MailKind::Test => test_mail::prepare(service, queued).await,
    }
}
