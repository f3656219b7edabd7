//! What a claimed outbox row turns into, decided by the use case that it belongs to: once before the relay is asked, and once more,
//! with the token drawn, when the relay has taken the recipient.

use std::time::Duration;

use super::test_mail;
use crate::domain::identifier::EmailAddress;
use crate::domain::mail::{Mail, MailKind};
use crate::domain::time::Timestamp;
use crate::server::accounts;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::recovery;
use crate::server::service::Service;
use crate::server::store::{QueuedMail, Replaced, Tx};

/// Which of the two decisions.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// Whether there is a mail to send, and to whom. Where there is, the attempt of this id begins.
    Begin { attempt: &'a str },
    /// The relay has taken the recipient: decide again, as time has passed, and draw the token. From here on the attempt counts as
    /// one that may have delivered a mail.
    HandOver {
        attempt: &'a str,
        to: &'a EmailAddress,
    },
}

/// What the worker is to do with a claimed mail.
#[derive(Debug)]
pub enum Job {
    /// Nothing: it was ended or put back already.
    Nothing,
    /// The answer to [`Part::Begin`]: ask the relay whether it takes the recipient.
    Ask(Asked),
    /// The answer to [`Part::HandOver`]: send it; its token, where it has one, is stored. With it, the token whose place that took: it
    /// counts again where the mail is refused.
    Send(Mail, Option<Replaced>),
}

impl Job {
    /// A mail that takes no other token's place.
    pub const fn send(mail: Mail) -> Self {
        Self::Send(mail, None)
    }
}

/// Whom to ask the relay about.
#[derive(Debug)]
pub struct Asked {
    pub to: EmailAddress,
    pub account_id: Option<String>,
    /// How long the mail is worth reading, where it has a link that ends.
    pub worth: Option<Duration>,
}

/// Asks the use case that the mail belongs to.
///
/// # Errors
/// When the database or the operating system's randomness fails.
pub async fn prepare(
    service: &Service,
    worker: &Caller,
    queued: &QueuedMail,
    part: Part<'_>,
) -> Done<Job> {
    match queued.kind {
        MailKind::Reset => recovery::mailing::prepare(service, worker, queued, part).await,
        MailKind::SignUp | MailKind::SignUpKnown => {
            accounts::mailing::sign_up(service, worker, queued, part).await
        }
        MailKind::VerifyAddress => {
            accounts::mailing::verify_address(service, worker, queued, part).await
        }
        MailKind::PasswordChanged
        | MailKind::PasswordChangedReminder
        | MailKind::AccountLocked
        | MailKind::AddressChanged
        | MailKind::AccountFrozen => accounts::mailing::notice(service, queued, part).await,
        MailKind::Test => test_mail::prepare(service, queued, part).await,
    }
}

impl Part<'_> {
    /// To be called by a use case that has decided for the mail, in the transaction of that decision. None where the message is to be
    /// made now; otherwise the answer to give, once the transaction is committed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn enter(
        self,
        tx: &mut Tx,
        queued: &QueuedMail,
        asked: Asked,
        now: Timestamp,
    ) -> Done<Option<Job>> {
        // The lease was over, and another worker has the mail or has ended it.
        if !tx.still_claimed(queued).await? {
            return Ok(Some(Job::Nothing));
        }
        match self {
            Self::Begin { attempt } => {
                tx.begin_attempt(attempt, &queued.id, now).await?;
                Ok(Some(Job::Ask(asked)))
            }
            Self::HandOver { to, .. } if asked.to != *to => {
                let reason = "the address changed while the relay was asked";
                tx.put_back(queued, now, false, reason).await?;
                Ok(Some(Job::Nothing))
            }
            Self::HandOver { attempt, .. } => {
                let ours = tx.hand_over(attempt).await?;
                // Else this worker was thought dead, and another has the mail.
                Ok((!ours).then_some(Job::Nothing))
            }
        }
    }
}
