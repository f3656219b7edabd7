//! Step 1: somebody asks. One row, one answer; no account is looked up here, so nothing can tell who has one.

use crate::api::error::{ApiError, Field, unfit};
use crate::domain::identifier::Identifier;
use crate::domain::mail::MailKind;
use crate::domain::reference::Reference;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::idn;
use crate::server::limits::Counted;
use crate::server::secrets;
use crate::server::service::Service;
use crate::server::store::{AuditEvent, NewMail, NewRequest, StartedBy, Tx};

/// Takes a request down and answers with its reference.
///
/// # Errors
/// For an identifier that is empty or too long, beyond the limits, or when the database is busy.
pub async fn request(service: &Service, caller: &Caller, typed: &str) -> Done<Reference> {
    let identifier = Identifier::parse(&idn::address(typed), service.config.reset.identifier)
        .map_err(|why| ApiError::Fields(vec![unfit(Field::Username, why)]))?;
    let now = service.now();
    let (counted, by_name) = (Counted::Forgot, Some(identifier.key()));
    let begin = service.store.begin();
    let mut tx = service
        .limits
        .take(counted, caller.client, by_name, now, begin)
        .await?;
    let reference = write(service, &mut tx, caller, &identifier, StartedBy::Person).await?;
    tx.commit().await?;
    service.mail_queued.notify_one();
    Ok(reference)
}

/// Writes the request and the mail that it asks for, in the caller's transaction.
///
/// # Errors
/// When the database or the operating system's randomness fails.
pub async fn write(
    service: &Service,
    tx: &mut Tx,
    caller: &Caller,
    identifier: &Identifier,
    started_by: StartedBy,
) -> Done<Reference> {
    let now = service.now();
    let mut bits = [0; 4];
    secrets::fill(&mut bits)?;
    let reference = Reference::from_random(u32::from_le_bytes(bits));
    let id = secrets::random_id()?;
    tx.add_request(NewRequest {
        id: &id,
        reference: &reference,
        identifier: &identifier.stored(),
        started_by,
        client: caller.client.map(|ip| ip.to_string()),
        now,
    })
    .await?;
    tx.queue_mail(NewMail {
        id: &secrets::random_id()?,
        kind: MailKind::Reset,
        account_id: None,
        request_id: Some(&id),
        recipient: None,
        detail: "{}",
        not_before: now,
        give_up_at: now.plus(service.config.reset.send_window),
        now,
    })
    .await?;
    // The reference finds the request again, for support as for the worker's own events.
    let support = match started_by {
        StartedBy::Person => "",
        StartedBy::Support => ", started by support",
    };
    let reason = format!("reference {reference}{support}");
    let event = AuditEvent::allowed("reset_requested").because(&reason);
    tx.audit(caller, now, event).await?;
    Ok(reference)
}
