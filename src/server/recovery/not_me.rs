//! Step 8's link: "this was not me" freezes the account until support acts.

use crate::api::error::{ApiError, Field, Reason};
use crate::domain::account::AccountState;
use crate::domain::identifier::{EmailAddress, Username};
use crate::domain::lockout::{Verdict, judge};
use crate::domain::mail::MailKind;
use crate::domain::reset::alive;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::limits::Counted;
use crate::server::mail::queue;
use crate::server::secrets::Token;
use crate::server::service::Service;
use crate::server::store::{AuditEvent, Outcome, TokenPurpose};

/// Freezes the account of the notice, if the username is its. A wrong one is forgiven twice.
///
/// # Errors
/// For a link that does not work, or a username that is not the account's.
pub async fn freeze(service: &Service, caller: &Caller, code: &str, typed: &str) -> Done<()> {
    let now = service.now();
    if code.trim().is_empty() {
        return Err(ApiError::field(Field::Token, Reason::Required).into());
    }
    if typed.trim().is_empty() {
        return Err(ApiError::field(Field::Username, Reason::Required).into());
    }
    service.limits.ask(Counted::Token, caller.client, now)?;
    let hash = Token::parse(code).map(|token| token.hash());
    let mut tx = service.store.begin().await?;
    let stored = match hash {
        Some(hash) => tx
            .token(hash, TokenPurpose::NotMe)
            .await?
            .map(|stored| (hash, stored)),
        None => None,
    };
    let live = stored.filter(|(_, stored)| alive(stored.expires_at, now));
    let found = match live {
        Some((hash, stored)) => match &stored.account_id {
            Some(id) => tx.account(id).await?.map(|account| (hash, stored, account)),
            None => None,
        },
        None => None,
    };
    let Some((hash, stored, account)) = found else {
        service
            .limits
            .take(Counted::Token, caller.client, None, now)?;
        return Err(ApiError::unusable().into());
    };
    let id = Some(account.id.as_str());
    if !Username::parse(typed).is_ok_and(|name| name.as_str() == account.username) {
        if judge(stored.wrong + 1, service.config.reset.wrong_usernames) == Verdict::Lock {
            tx.burn(hash, TokenPurpose::NotMe).await?;
        } else {
            tx.count_wrong(hash).await?;
        }
        let (event, reason) = ("account_freeze", Some("wrong username"));
        tx.audit(
            caller,
            now,
            AuditEvent {
                event,
                outcome: Outcome::Refused,
                reason,
                account_id: id,
            },
        )
        .await?;
        tx.commit().await?;
        return Err(ApiError::field(Field::Username, Reason::NotThatUsername).into());
    }
    tx.burn(hash, TokenPurpose::NotMe).await?;
    tx.set_state(&account.id, AccountState::Frozen).await?;
    tx.revoke_all(&account.id, None).await?;
    // To the address that the notice went to: the account's own may be the intruder's by now.
    let told = stored
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
    let (event, reason) = ("account_freeze", Some("this was not me"));
    tx.audit(
        caller,
        now,
        AuditEvent {
            event,
            outcome: Outcome::Allowed,
            reason,
            account_id: id,
        },
    )
    .await?;
    tx.commit().await?;
    service.mail_queued.notify_one();
    Ok(())
}
