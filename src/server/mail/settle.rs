//! What becomes of a mail after an attempt: written down for outbox, attempt, request and audit in one transaction.

use super::job::Asked;
use super::relay::{Attempt, End};
use crate::domain::breaker::{Seen, Shut, Why, recheck};
use crate::domain::identifier::EmailAddress;
use crate::domain::mail::MailKind;
use crate::domain::retry::{Jitter, Ladder, Retry, Tried, after_failure};
use crate::domain::smtp::diagnosis::{Class, Diagnosis, Next, Scope};
use crate::domain::smtp::evidence::{Evidence, What};
use crate::domain::smtp::step::Step;
use crate::domain::time::Timestamp;
use crate::server::caller::Caller;
use crate::server::failure::Done;
use crate::server::service::Service;
use crate::server::store::{
    Arrival, AttemptEnd, AttemptOutcome, AuditEvent, MailEnd, Outcome, QueuedMail, Replaced,
    RequestState, Tx,
};

/// The row of the table for a connection that died after the final dot, or a worker that died with it.
const AMBIGUOUS: &str = "data.ambiguous";
/// After so many losses in the hand-over, a mail may have come so often already: it is not sent once more.
const LOSSES: u32 = 2;

/// Characters of a reason that are kept, as of an attempt's evidence.
const LONGEST_REASON: usize = 600;

/// An attempt that is over, and what is known around it.
pub struct Settled<'a> {
    pub queued: &'a QueuedMail,
    /// Of the attempt.
    pub id: &'a str,
    pub asked: &'a Asked,
    pub attempt: &'a Attempt,
    pub message_id: Option<&'a str>,
    /// The token whose place the one in this mail took.
    pub replaced: Option<&'a Replaced>,
    pub jitter: Jitter,
    /// How the way to the relay is shut after this attempt.
    pub shut: Option<Shut>,
    /// Whether it was this attempt that shut it, so that somebody must be told.
    pub told: bool,
    /// Whether it was tried before to write it down, and nobody knows whether that counts.
    pub unsure: bool,
}

/// What happens to the mail.
enum Fate {
    Sent(String),
    Later(Timestamp),
    /// Until it is looked at again, and whether that is news.
    Held(Timestamp, bool),
    Over(MailEnd),
}

/// What an attempt at a mail to that recipient says about the relay; none where it says nothing.
pub fn seen<'a>(end: &End, to: &'a EmailAddress) -> Option<Seen<'a>> {
    let End::Failed {
        evidence,
        diagnosis,
    } = end
    else {
        return Some(Seen::Works);
    };
    let row = diagnosis.row;
    let about_a_mail = matches!(evidence.step, Step::Rcpt | Step::Data | Step::Message)
        && matches!(evidence.what, What::Reply(_));
    match (diagnosis.next, row.scope, row.class) {
        (Next::Hold, Scope::Relay, _) if about_a_mail => Some(Seen::Suspected(row.id, to.domain())),
        (Next::Hold, Scope::Relay, _) => Some(Seen::Broken(row.id)),
        (_, _, Class::Connection | Class::Tls) => Some(Seen::Unreachable(row.id)),
        (_, _, Class::Local) => None,
        (_, Scope::Relay, _) => Some(Seen::Busy),
        _ => Some(Seen::Works),
    }
}

/// Ends a mail whose worker died in the hand-over once too often; true where it did. Nobody knows whether it came, so its token stays.
///
/// # Errors
/// When the database fails.
pub async fn enough_lost(
    tx: &mut Tx,
    queued: &QueuedMail,
    worker: &Caller,
    now: Timestamp,
) -> Done<bool> {
    if tx.lost_handovers(&queued.id).await? < LOSSES {
        return Ok(false);
    }
    let kind = queued.kind.name();
    let reason = format!("{kind}: {AMBIGUOUS}: the worker ended in the hand-over, {LOSSES} times");
    tracing::error!(
        kind,
        diagnosis = AMBIGUOUS,
        "a mail may have come twice, or never: it is not sent again"
    );
    tx.fail_mail(&queued.id, MailEnd::Failed, AMBIGUOUS, &reason, now)
        .await?;
    let event = AuditEvent {
        event: "mail_failed",
        outcome: Outcome::Failed,
        reason: Some(&reason),
        account_id: queued.account_id.as_deref(),
    };
    note(tx, queued, Some(RequestState::Failed), event, worker, now).await?;
    Ok(true)
}

/// Writes down how an attempt ended.
///
/// # Errors
/// When the database fails; then the mail's lease runs out, and the attempt counts as lost.
pub async fn settle(
    service: &Service,
    worker: &Caller,
    settled: &Settled<'_>,
    now: Timestamp,
) -> Done<()> {
    let Settled { queued, asked, .. } = settled;
    let kind = queued.kind.name();
    let mut tx = service.store.begin().await?;
    // The account first, as everywhere: what follows touches the mail, its request and its token.
    if let Some(account) = asked.account_id.as_ref().or(queued.account_id.as_ref()) {
        tx.account(account).await?;
    }
    let ours = tx.still_claimed(queued).await?;
    if settled.unsure && !tx.attempt_runs(settled.id).await? {
        return Ok(());
    }
    let fate = fate(&mut tx, settled, now).await?;
    if !ours && !matches!(fate, Fate::Sent(_)) {
        return disowned(tx, settled, &fate, now).await;
    }
    log(settled, &fate, now);
    let reason = match &settled.attempt.end {
        End::Accepted(_) => kind.to_owned(),
        End::Failed {
            evidence,
            diagnosis,
        } => cut(&format!("{kind}: {}: {evidence}", diagnosis.id())),
    };
    let diagnosis = diagnosis(settled).map_or("", Diagnosis::id);
    let (state, event, outcome) = match &fate {
        Fate::Sent(reply) => {
            tx.end_mail(&queued.id, MailEnd::Sent, Some(reply), now)
                .await?;
            (
                Some(RequestState::Sent),
                Some("mail_sent"),
                Outcome::Allowed,
            )
        }
        Fate::Later(at) => {
            tx.defer_mail(queued, *at, diagnosis, &reason).await?;
            (None, Some("mail_deferred"), Outcome::Failed)
        }
        Fate::Held(at, news) => {
            tx.hold_mail(queued, *at, diagnosis, &reason).await?;
            (None, news.then_some("mail_held"), Outcome::Failed)
        }
        Fate::Over(end) => {
            tx.fail_mail(&queued.id, *end, diagnosis, &reason, now)
                .await?;
            let (state, event) = match end {
                MailEnd::Expired => (RequestState::Expired, "mail_expired"),
                _ => (RequestState::Failed, "mail_failed"),
            };
            (Some(state), Some(event), Outcome::Failed)
        }
    };
    end_attempt(&mut tx, settled, &fate, now).await?;
    // A token of a mail that never came is worth nothing; one that may have come stays, be it by a sending before this one.
    if let (Fate::Over(_), Some(request)) = (&fate, &queued.request_id)
        && tx.arrival(&queued.id).await? == Arrival::Never
    {
        tx.burn_of_request(request).await?;
    }
    if let Some(event) = event {
        let event = AuditEvent {
            event,
            outcome,
            reason: Some(&reason),
            account_id: asked.account_id.as_deref(),
        };
        note(&mut tx, queued, state, event, worker, now).await?;
    }
    if let (true, Some(shut)) = (settled.told, &settled.shut) {
        let event = AuditEvent {
            event: match shut.why {
                Why::Held => "relay_held",
                Why::Unreachable => "relay_unreachable",
            },
            outcome: Outcome::Failed,
            reason: Some(&reason),
            account_id: None,
        };
        tx.audit(worker, now, event).await?;
    }
    Ok(tx.commit().await?)
}

/// For the attempt itself, and for the token that it may have taken the place of.
async fn end_attempt(tx: &mut Tx, settled: &Settled<'_>, fate: &Fate, now: Timestamp) -> Done<()> {
    let end = AttemptEnd {
        outcome: outcome_of(settled, fate),
        class: diagnosis(settled).map(|diagnosis| diagnosis.class().name()),
        diagnosis: diagnosis(settled).map(Diagnosis::id),
        evidence: Some(&evidence(&settled.attempt.end)),
        message_id: settled.message_id,
        transcript: Some(&settled.attempt.transcript),
    };
    tx.end_attempt(settled.id, end, now).await?;
    // A refused mail must not take the link away that is in the mailbox. After an ambiguous loss, the newest one counts.
    if let (Some(old), true) = (
        settled.replaced,
        diagnosis(settled).is_some_and(|diagnosis| diagnosis.id() != AMBIGUOUS),
    ) {
        tx.put_token_back(old, now).await?;
    }
    Ok(())
}

/// The lease was over before the attempt was, or the mail was revoked meanwhile: only the attempt is written down.
async fn disowned(mut tx: Tx, settled: &Settled<'_>, fate: &Fate, now: Timestamp) -> Done<()> {
    tracing::warn!(
        kind = settled.queued.kind.name(),
        "an attempt ended after its lease, or its mail was revoked: nothing follows from it"
    );
    end_attempt(&mut tx, settled, fate, now).await?;
    Ok(tx.commit().await?)
}

/// A stranger's words are bounded wherever they are kept.
fn cut(reason: &str) -> String {
    reason.chars().take(LONGEST_REASON).collect()
}

async fn fate(tx: &mut Tx, settled: &Settled<'_>, now: Timestamp) -> Done<Fate> {
    let queued = settled.queued;
    let (evidence, diagnosis) = match &settled.attempt.end {
        End::Accepted(reply) => return Ok(Fate::Sent(reply.to_string())),
        End::Failed {
            evidence,
            diagnosis,
        } => (evidence, *diagnosis),
    };
    let ladder = match diagnosis.next {
        Next::Quick => Ladder::Quick,
        Next::Greylist => Ladder::Greylist,
        Next::Never => return Ok(Fate::Over(MailEnd::Failed)),
        Next::Hold => {
            let since = tx.held_since(&queued.id).await?;
            let held = now.since(since.unwrap_or(now));
            let wait = settled.jitter.after(recheck(diagnosis.id(), held));
            return Ok(Fate::Held(now.plus(wait), since.is_none()));
        }
    };
    // This loss is not yet written down.
    let lost = diagnosis.id() == AMBIGUOUS;
    if lost && tx.lost_handovers(&queued.id).await? + 1 >= LOSSES {
        return Ok(Fate::Over(MailEnd::Failed));
    }
    let first = tx.first_attempt_at(&queued.id).await?;
    let tried = Tried {
        first_at: first.unwrap_or(now),
        now,
        give_up_at: queued.give_up_at,
        hint: hint(evidence),
    };
    Ok(match after_failure(ladder, tried, settled.jitter) {
        Retry::At(at) => Fate::Later(at),
        Retry::GiveUp => Fate::Over(MailEnd::Expired),
    })
}

/// What the server said about how long to wait.
fn hint(evidence: &Evidence) -> Option<std::time::Duration> {
    match &evidence.what {
        What::Reply(reply) => crate::domain::smtp::diagnosis::wait_hint(reply),
        What::Fault(_) => None,
    }
}

const fn diagnosis(settled: &Settled<'_>) -> Option<Diagnosis> {
    match settled.attempt.end {
        End::Accepted(_) => None,
        End::Failed { diagnosis, .. } => Some(diagnosis),
    }
}

fn evidence(end: &End) -> String {
    match end {
        End::Accepted(reply) => reply.to_string(),
        End::Failed { evidence, .. } => evidence.to_string(),
    }
}

fn outcome_of(settled: &Settled<'_>, fate: &Fate) -> AttemptOutcome {
    if diagnosis(settled).is_some_and(|diagnosis| diagnosis.id() == AMBIGUOUS) {
        return AttemptOutcome::Lost;
    }
    match fate {
        Fate::Sent(_) => AttemptOutcome::Accepted,
        Fate::Later(_) => AttemptOutcome::Deferred,
        Fate::Held(..) => AttemptOutcome::Held,
        Fate::Over(_) => AttemptOutcome::Failed,
    }
}

/// For the request, where the mail belongs to one, and the audit.
async fn note(
    tx: &mut Tx,
    queued: &QueuedMail,
    state: Option<RequestState>,
    event: AuditEvent<'_>,
    worker: &Caller,
    now: Timestamp,
) -> Done<()> {
    if let (Some(state), Some(request)) = (state, &queued.request_id) {
        let reason = event.reason.filter(|_| state != RequestState::Sent);
        tx.set_request_state(request, state, reason, event.account_id, now)
            .await?;
    }
    let caller = match &queued.request_id {
        Some(id) => tx
            .request(id)
            .await?
            .map(|request| worker.about(&request.reference)),
        None => None,
    };
    Ok(tx
        .audit(caller.as_ref().unwrap_or(worker), now, event)
        .await?)
}

/// One line for each attempt. It is an error, which wakes somebody, when the way is shut by it, and when a mail is over for a reason
/// that is not its recipient's; but strangers cannot wake anybody, and nobody is woken twice for the same.
fn log(settled: &Settled<'_>, fate: &Fate, now: Timestamp) {
    let kind = settled.queued.kind;
    let recipient = settled.asked.to.masked();
    let attempt = settled.queued.attempts;
    let strangers = matches!(
        kind,
        MailKind::SignUp | MailKind::SignUpKnown | MailKind::VerifyAddress
    );
    let (kind_name, said) = (kind.name(), evidence(&settled.attempt.end));
    let (id, title) = diagnosis(settled).map_or(("", ""), |found| (found.id(), found.row.title));
    if let (true, Some(shut)) = (settled.told, &settled.shut) {
        match shut.why {
            Why::Held => tracing::error!(
                diagnosis = id,
                said,
                "mail is held: {title}. It waits until settings change or a probe passes"
            ),
            Why::Unreachable => tracing::error!(
                diagnosis = id,
                said,
                "mail waits: {title}. One mail tries the relay every 15 seconds"
            ),
        }
    }
    match fate {
        Fate::Sent(response) => {
            tracing::info!(kind = kind_name, %recipient, attempt, %response, "mail handed over");
        }
        Fate::Later(at) => {
            let seconds = at.since(now).as_secs();
            tracing::warn!(kind = kind_name, %recipient, diagnosis = id, said, retry_in_s = seconds, "mail deferred");
        }
        // One that only concerns this mail is an alert of its own.
        Fate::Held(_, true) if settled.shut.is_none() && !strangers => {
            tracing::error!(kind = kind_name, %recipient, diagnosis = id, said, "a mail is held: {title}");
        }
        Fate::Held(at, _) => {
            let seconds = at.since(now).as_secs();
            tracing::warn!(kind = kind_name, %recipient, diagnosis = id, said, retry_in_s = seconds, "mail held");
        }
        Fate::Over(end) => {
            let words = if *end == MailEnd::Expired {
                "mail given up: it would be too late"
            } else {
                "mail refused for good"
            };
            if strangers || settled.shut.is_some() {
                tracing::warn!(kind = kind_name, %recipient, diagnosis = id, said, "{words}");
            } else {
                tracing::error!(kind = kind_name, %recipient, diagnosis = id, said, "{words}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::smtp::diagnosis::diagnose;
    use crate::domain::smtp::reply::Reply;

    #[test]
    fn only_what_is_about_us_shuts_the_way_and_only_what_goes_opens_it() {
        let to = EmailAddress::parse("x@One.example").unwrap();
        let at = |step, code, text: &str| {
            let evidence = Evidence::reply(step, Reply::new(code, vec![text.to_owned()]));
            let diagnosis = diagnose(&evidence);
            let end = End::Failed {
                evidence,
                diagnosis,
            };
            seen(&end, &to).unwrap()
        };
        let blocked = "5.7.1 blocked using zen.spamhaus.org";
        let broken = Seen::Broken("block.dnsbl");
        for (step, expected) in [
            (Step::Banner, broken),
            (Step::Mail, broken),
            (Step::Rcpt, Seen::Suspected("block.dnsbl", "one.example")),
            (Step::Message, Seen::Suspected("block.dnsbl", "one.example")),
        ] {
            assert_eq!(at(step, 554, blocked), expected, "{step:?}");
        }
        for (step, code, text) in [
            (Step::Banner, 421, "4.3.2 All server ports are busy"),
            (Step::Auth, 454, "4.7.0 Temporary authentication failure"),
            (Step::Mail, 452, "4.3.1 Insufficient system storage"),
            (Step::Mail, 451, "4.7.1 too many messages, slow down"),
        ] {
            assert_eq!(at(step, code, text), Seen::Busy, "{text}");
        }
        let unknown = at(Step::Rcpt, 550, "5.1.1 no such user");
        assert_eq!(unknown, Seen::Works);
    }
}
