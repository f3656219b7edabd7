//! Changing the address: it counts once its mailbox has answered; the old one is told, with a way to stop it.

use crate::api::error::{ApiError, Field, unfit};
use crate::domain::account::may_stay;
use crate::domain::identifier::EmailAddress;
use crate::domain::mail::MailKind;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::idn;
use crate::server::limits::Counted;
use crate::server::mail::queue::{self, Detail};
use crate::server::proof::{Proved, prove};
use crate::server::secrets::{Secret, Token};
use crate::server::service::Service;
use crate::server::store::{Account, AuditEvent, StoreError, TokenPurpose};

use super::password::confirm;

/// What the audit calls it.
const EVENT: &str = "address_changed";

/// Asks for a new address: a link goes there, unless it is another account's, which is not said.
///
/// # Errors
/// For a wrong current password, or what is no address.
pub async fn request(
    service: &Service,
    caller: &Caller,
    account: &Account,
    cookie: &Token,
    current: Secret,
    typed: &str,
) -> Done<()> {
    let address = EmailAddress::parse(&idn::address(typed))
        .map_err(|why| ApiError::Fields(vec![unfit(Field::Email, why)]))?;
    confirm(service, caller, account, &current).await?;
    let now = service.now();
    let by_address = Some(address.key());
    let begin = service.store.begin();
    let mut tx = service
        .limits
        .take(Counted::SignUp, caller.client, by_address, now, begin)
        .await?;
    let give_up_at = now.plus(service.config.reset.send_window);
    tx.account(&account.id).await?;
    // A reset may have come first: then this session is gone, and so is its say.
    if tx.sign_in_session(cookie.hash()).await?.is_none() {
        return Err(ApiError::SignedOut.into());
    }
    let (kind, id, detail) = (
        MailKind::VerifyAddress,
        account.id.as_str(),
        Detail::default(),
    );
    let to = address.as_str();
    queue::queue(&mut tx, kind, Some(id), to, &detail, now, now, give_up_at).await?;
    tx.audit(
        caller,
        now,
        AuditEvent::allowed("address_change_requested").of(id),
    )
    .await?;
    tx.commit().await?;
    service.mail_queued.notify_one();
    Ok(())
}

/// Makes a new address count, for who holds its mail and knows the username.
///
/// # Errors
/// For a link that does not work or a username that is not the account's.
pub async fn verify(service: &Service, caller: &Caller, code: &str, typed: &str) -> Done<()> {
    let now = service.now();
    let purpose = (TokenPurpose::VerifyAddress, EVENT);
    let Proved {
        mut tx,
        account,
        token,
    } = prove(service, caller, purpose, code, typed, now).await?;
    let address = token
        .address
        .as_deref()
        .and_then(|text| EmailAddress::parse(text).ok());
    let (Some(address), Ok(())) = (address, may_stay(account.state)) else {
        return Err(ApiError::unusable().into());
    };
    match tx.set_address(&account.id, &address).await {
        Ok(()) => {}
        Err(StoreError::Taken(_)) => return Err(ApiError::unusable().into()),
        Err(other) => return Err(other.into()),
    }
    // A link mailed to the old address opens nothing any more.
    tx.burn_of(TokenPurpose::Reset, &account.id).await?;
    tx.end_reset_sessions_of(&account.id).await?;
    let detail = queue::happened(now);
    queue::notice(
        &mut tx,
        MailKind::AddressChanged,
        &account,
        &detail,
        now,
        now,
    )
    .await?;
    tx.audit(caller, now, AuditEvent::allowed(EVENT).of(&account.id))
        .await?;
    tx.commit().await?;
    service.mail_queued.notify_one();
    Ok(())
}
