//! Step 8's link: "this was not me" freezes the account until support acts.

use crate::domain::account::AccountState;
use crate::domain::identifier::EmailAddress;
use crate::domain::mail::MailKind;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::mail::queue;
use crate::server::proof::{Proved, prove};
use crate::server::service::Service;
use crate::server::store::{AuditEvent, TokenPurpose};

/// What the audit calls it.
const EVENT: &str = "account_freeze";

/// Freezes the account of the notice, if the username is its. A wrong one is forgiven twice.
///
/// # Errors
/// For a link that does not work, or a username that is not the account's.
pub async fn freeze(service: &Service, caller: &Caller, code: &str, typed: &str) -> Done<()> {
    let now = service.now();
    let purpose = (TokenPurpose::NotMe, EVENT);
    let Proved {
        mut tx,
        account,
        token,
    } = prove(service, caller, purpose, code, typed, now).await?;
    tx.set_state(&account.id, AccountState::Frozen).await?;
    tx.revoke_all(caller, &account.id, None, now).await?;
    // To the address that the notice went to: the account's own may be the intruder's by now.
    let told = token
        .address
        .as_deref()
        .and_then(|text| EmailAddress::parse(text).ok());
    let to = told
        .as_ref()
        .map_or(account.email.as_str(), EmailAddress::as_str)
        .to_owned();
    let detail = queue::happened(now);
    queue::notice_to(
        &mut tx,
        MailKind::AccountFrozen,
        &account,
        &to,
        &detail,
        now,
        now,
    )
    .await?;
    let event = AuditEvent::allowed(EVENT).because("this was not me");
    tx.audit(caller, now, event.of(&account.id)).await?;
    tx.commit().await?;
    service.mail_queued.notify_one();
    Ok(())
}
