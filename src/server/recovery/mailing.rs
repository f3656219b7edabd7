//! Steps 2 and 3: the worker finds out whose request it is, and mints the token at the moment of sending: once the relay has taken the
//! recipient, so that a relay that fails leaves the link alone that is in the mailbox.

use crate::domain::account::may_reset;
use crate::domain::identifier::{EmailAddress, Identifier};
use crate::domain::mail::{LinkAndCode, Mail};
use crate::domain::spacing::{Spacing, decide};
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::mail::job::{Asked, Job, Part};
use crate::server::secrets::Token;
use crate::server::service::Service;
use crate::server::store::{
    Arrival, AuditEvent, MailEnd, NewToken, Outcome, QueuedMail, RequestState, TokenPurpose, Tx,
};

/// Decides about a queued reset mail and, where it is handed over, stores its token: committed before the first byte is sent.
///
/// # Errors
/// When the database or the operating system's randomness fails.
pub async fn prepare(
    service: &Service,
    worker: &Caller,
    queued: &QueuedMail,
    part: Part<'_>,
) -> Done<Job> {
    let now = service.now();
    let mut tx = service.store.begin().await?;
    let request = match &queued.request_id {
        Some(id) => tx.request(id).await?,
        None => None,
    };
    let account = match &request {
        Some(request) => {
            let identifier = Identifier::from_stored(&request.identifier);
            tx.account_by(&identifier).await?
        }
        None => None,
    };
    // The lease was over while the relay was asked: what is said of the mail now is another worker's to say.
    if !tx.still_claimed(queued).await? {
        return Ok(Job::Nothing);
    }
    let Some(request) = request else {
        tx.end_mail(&queued.id, MailEnd::Discarded, Some("no request"), now)
            .await?;
        tx.commit().await?;
        return Ok(Job::Nothing);
    };
    let worker = &worker.about(&request.reference);
    let discard = async |mut tx: Tx, reason: &'static str, account_id: Option<&str>| -> Done<Job> {
        tx.end_mail(&queued.id, MailEnd::Discarded, Some(reason), now)
            .await?;
        let state = RequestState::Discarded;
        tx.set_request_state(&request.id, state, Some(reason), account_id, now)
            .await?;
        let event = AuditEvent {
            event: "reset_mail_discarded",
            outcome: Outcome::Refused,
            reason: Some(reason),
            account_id,
        };
        tx.audit(worker, now, event).await?;
        tx.commit().await?;
        Ok(Job::Nothing)
    };
    if now >= queued.give_up_at {
        return expire(tx, worker, queued, &request.id, now).await;
    }
    let Some(account) = account else {
        return discard(tx, "unknown account", None).await;
    };
    let id = account.id.as_str();
    if account.operator {
        return discard(tx, "operator", Some(id)).await;
    }
    if let Err(shut) = may_reset(account.state, account.lock, now) {
        return discard(tx, shut.reason(), Some(id)).await;
    }
    // A second request beside one that was used: what it would open is done.
    if request.created_at < account.password_changed_at {
        return discard(tx, "password changed since", Some(id)).await;
    }
    let Ok(to) = EmailAddress::parse(&account.email) else {
        return discard(tx, "no address", Some(id)).await;
    };
    let settings = &service.config.reset;
    let sent = tx
        .sent_to(id, &request.id, now.minus(settings.token_lifetime), now)
        .await?;
    // Support asks once it was told that no mail came: no distance is kept then, but what is just going out is waited for.
    let by_support = request.started_by_support && !sent.under_way;
    let spacing = if by_support {
        Spacing::Send
    } else {
        decide(sent, settings.mail_spacing, now)
    };
    match spacing {
        Spacing::Send => {}
        Spacing::Enough => return discard(tx, "enough mails", Some(id)).await,
        Spacing::Wait(at) => {
            let reason = "waits: mails to one account keep a distance";
            tx.put_back(queued, at, false, reason).await?;
            tx.commit().await?;
            return Ok(Job::Nothing);
        }
    }
    let state = RequestState::Requested;
    tx.set_request_state(&request.id, state, Some("sending"), Some(id), now)
        .await?;
    let asked = Asked {
        to,
        account_id: Some(id.to_owned()),
        worth: Some(settings.token_lifetime),
    };
    if let Some(job) = part.enter(&mut tx, queued, asked, now).await? {
        tx.commit().await?;
        return Ok(job);
    }
    let token = Token::draw()?;
    let expires_at = now.plus(settings.token_lifetime);
    let replaced = tx
        .to_be_replaced(TokenPurpose::Reset, id, token.hash())
        .await?;
    tx.mint(NewToken {
        hash: token.hash(),
        purpose: TokenPurpose::Reset,
        subject: id,
        account_id: Some(id),
        request_id: Some(&request.id),
        address: None,
        minted_at: now,
        expires_at,
    })
    .await?;
    let event = AuditEvent::allowed("authn_token_created")
        .because("reset")
        .of(id);
    tx.audit(worker, now, event).await?;
    tx.commit().await?;
    let open = link(service, "/reset", &token, expires_at);
    let lifetime_minutes = settings.token_lifetime.as_secs().div_ceil(60);
    let mail = Mail::Reset {
        open,
        lifetime_minutes,
        reference: request.reference,
    };
    Ok(Job::Send(mail, replaced))
}

/// Ends a request whose mail could not be in time any more: logged, shown, never sent.
pub(crate) async fn expire(
    mut tx: Tx,
    worker: &Caller,
    queued: &QueuedMail,
    request_id: &str,
    now: crate::domain::time::Timestamp,
) -> Done<Job> {
    tx.end_mail(&queued.id, MailEnd::Expired, Some("send window over"), now)
        .await?;
    // An earlier attempt's token is in nobody's mailbox, unless that attempt was accepted or nobody knows how it ended.
    if tx.arrival(&queued.id).await? == Arrival::Never {
        tx.burn_of_request(request_id).await?;
    }
    tracing::error!(
        kind = queued.kind.name(),
        attempts = queued.attempts.saturating_sub(1),
        "a mail was not sent in time"
    );
    let reason = Some("send window over");
    tx.set_request_state(request_id, RequestState::Expired, reason, None, now)
        .await?;
    let event = AuditEvent {
        event: "reset_mail_expired",
        outcome: Outcome::Failed,
        reason,
        account_id: None,
    };
    tx.audit(worker, now, event).await?;
    tx.commit().await?;
    Ok(Job::Nothing)
}

/// A link from configuration alone, with the token and its end in the fragment, which no server and no log ever sees.
pub fn link(
    service: &Service,
    path: &str,
    token: &Token,
    expires_at: crate::domain::time::Timestamp,
) -> LinkAndCode {
    let code = token.expose().to_string();
    let seconds = expires_at.millis() / 1000;
    let link = format!("{}{path}#{code}.{seconds}", service.config.site.public_url);
    LinkAndCode {
        link,
        code,
        expires_at,
    }
}
