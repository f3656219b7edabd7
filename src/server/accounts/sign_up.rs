//! Sign-up, first half: an address, one answer. What is mailed depends on the address; what is said does not.

use crate::api::error::{ApiError, Field, unfit};
use crate::domain::identifier::EmailAddress;
use crate::domain::mail::MailKind;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::idn;
use crate::server::limits::Counted;
use crate::server::mail::queue::{self, Detail};
use crate::server::service::Service;
use crate::server::store::AuditEvent;

/// Takes an address down; the worker looks whether it has an account.
///
/// # Errors
/// For what is no address, beyond the limits, where sign-up is off, or when the database is busy.
pub async fn request(service: &Service, caller: &Caller, typed: &str) -> Done<()> {
    if !service.config.sign_up.enabled {
        return Err(ApiError::NotFound.into());
    }
    let address = EmailAddress::parse(&idn::address(typed))
        .map_err(|why| ApiError::Fields(vec![unfit(Field::Email, why)]))?;
    let now = service.now();
    let (counted, by_address) = (Counted::SignUp, Some(address.key()));
    let begin = service.store.begin();
    let mut tx = service
        .limits
        .take(counted, caller.client, by_address, now, begin)
        .await?;
    let give_up_at = now.plus(service.config.reset.send_window);
    let detail = Detail::default();
    let to = address.as_str();
    queue::queue(
        &mut tx,
        MailKind::SignUp,
        None,
        to,
        &detail,
        now,
        now,
        give_up_at,
    )
    .await?;
    let event = AuditEvent::allowed("sign_up_requested");
    tx.audit(caller, now, event).await?;
    tx.commit().await?;
    service.mail_queued.notify_one();
    Ok(())
}
