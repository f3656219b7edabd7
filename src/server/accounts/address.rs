//! Changing the address: it counts once its mailbox has answered; the old one is told, with a way to stop it.

use crate::api::error::{ApiError, Field, FieldError, Reason, unfit};
use crate::domain::account::may_stay;
use crate::domain::identifier::{EmailAddress, Username};
use crate::domain::lockout::{Verdict, judge};
use crate::domain::mail::MailKind;
use crate::domain::reset::alive;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::limits::Counted;
use crate::server::mail::queue::{self, Detail};
use crate::server::secrets::{Secret, Token};
use crate::server::service::Service;
use crate::server::store::{Account, AuditEvent, Outcome, StoreError, TokenPurpose};

use super::password::confirm;

/// Asks for a new address: a link goes there, unless it is another account's, which is not said.
///
/// # Errors
/// For a wrong current password, or what is no address.
pub async fn request(
    service: &Service,
    caller: &Caller,
    account: &Account,
    current: Secret,
    typed: &str,
) -> Done<()> {
    let address = EmailAddress::parse(typed)
        .map_err(|why| ApiError::Fields(vec![unfit(Field::Email, why)]))?;
    confirm(service, caller, account, &current).await?;
    let now = service.now();
    service
        .limits
        .take(Counted::SignUp, caller.client, Some(address.key()), now)?;
    let give_up_at = now.plus(service.config.reset.send_window);
    let mut tx = service.store.begin().await?;
    let (kind, id, detail) = (
        MailKind::VerifyAddress,
        Some(account.id.as_str()),
        Detail::default(),
    );
    queue::queue(
        &mut tx,
        kind,
        id,
        address.as_str(),
        &detail,
        now,
        now,
        give_up_at,
    )
    .await?;
    let (event, outcome) = ("address_change_requested", Outcome::Allowed);
    tx.audit(
        caller,
        now,
        AuditEvent {
            event,
            outcome,
            reason: None,
            account_id: id,
        },
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
    let mut missing = Vec::new();
    for (field, text) in [(Field::Token, code), (Field::Username, typed)] {
        if text.trim().is_empty() {
            missing.push(FieldError {
                field,
                reason: Reason::Required,
            });
        }
    }
    if !missing.is_empty() {
        return Err(ApiError::Fields(missing).into());
    }
    service.limits.ask(Counted::Token, caller.client, now)?;
    let mut tx = service.store.begin().await?;
    let Some(hash) = Token::parse(code).map(|token| token.hash()) else {
        service
            .limits
            .take(Counted::Token, caller.client, None, now)?;
        return Err(ApiError::unusable().into());
    };
    let stored = tx.token(hash, TokenPurpose::VerifyAddress).await?;
    let stored = stored.filter(|stored| alive(stored.expires_at, now));
    let account = match stored
        .as_ref()
        .and_then(|stored| stored.account_id.as_ref())
    {
        Some(id) => tx.account(id).await?,
        None => None,
    };
    let account = account.filter(|a| may_stay(a.state).is_ok());
    let address = stored
        .as_ref()
        .and_then(|s| EmailAddress::parse(s.address.as_deref()?).ok());
    let (Some(stored), Some(account), Some(address)) = (stored, account, address) else {
        service
            .limits
            .take(Counted::Token, caller.client, None, now)?;
        return Err(ApiError::unusable().into());
    };
    let id = Some(account.id.as_str());
    let event = "address_changed";
    if !Username::parse(typed).is_ok_and(|name| name.as_str() == account.username) {
        if judge(stored.wrong + 1, service.config.reset.wrong_usernames) == Verdict::Lock {
            tx.burn(hash, TokenPurpose::VerifyAddress).await?;
        } else {
            tx.count_wrong(hash).await?;
        }
        let (outcome, reason) = (Outcome::Refused, Some("wrong username"));
        tx.audit(
            caller,
            now,
            AuditEvent {
                event,
                outcome,
                reason,
                account_id: id,
            },
        )
        .await?;
        tx.commit().await?;
        return Err(ApiError::field(Field::Username, Reason::NotThatUsername).into());
    }
    tx.burn(hash, TokenPurpose::VerifyAddress).await?;
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
    let outcome = Outcome::Allowed;
    tx.audit(
        caller,
        now,
        AuditEvent {
            event,
            outcome,
            reason: None,
            account_id: id,
        },
    )
    .await?;
    tx.commit().await?;
    service.mail_queued.notify_one();
    Ok(())
}
