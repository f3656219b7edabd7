//! The outbox: mail that is owed, claimed by lease, without a secret or a rendered body in it.

use super::claims::{QueuedMail, STRANGERS};
use super::{Result, Tx, count};
use crate::domain::identifier::EmailAddress;
use crate::domain::mail::MailKind;
use crate::domain::time::Timestamp;

/// A mail to be sent.
#[derive(Debug, Clone)]
pub struct NewMail<'a> {
    pub id: &'a str,
    pub kind: MailKind,
    pub account_id: Option<&'a str>,
    pub request_id: Option<&'a str>,
    /// The address, where it must be the one that stood at the time of asking.
    pub recipient: Option<&'a str>,
    /// A few plain facts as JSON; never a secret.
    pub detail: &'a str,
    pub not_before: Timestamp,
    /// Not worth sending from then on.
    pub give_up_at: Timestamp,
    pub now: Timestamp,
}

/// How an outbox row ends; the names are the database's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailEnd {
    Sent,
    Discarded,
    Failed,
    Expired,
}

impl MailEnd {
    const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Discarded => "discarded",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

impl Tx {
    /// Puts a mail into the outbox.
    pub async fn queue_mail(&mut self, new: NewMail<'_>) -> Result<()> {
        self.query(
            "INSERT INTO outbox (id, kind, account_id, request_id, recipient, detail, state, not_before, give_up_at, \
             created_at) VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $8, $9)",
        )
        .bind(new.id.to_owned())
        .bind(new.kind.name())
        .bind(new.account_id.map(str::to_owned))
        .bind(new.request_id.map(str::to_owned))
        .bind(new.recipient.map(str::to_owned))
        .bind(new.detail.to_owned())
        .bind(new.not_before.millis())
        .bind(new.give_up_at.millis())
        .bind(new.now.millis())
        .execute()
        .await?;
        Ok(())
    }

    /// Gives a claimed mail back, to be tried from `not_before` on. `attempted`: whether it counts as an attempt.
    pub async fn put_back(
        &mut self,
        mail: &QueuedMail,
        not_before: Timestamp,
        attempted: bool,
        reason: &str,
    ) -> Result<()> {
        self.query(
            "UPDATE outbox SET claimed_until = 0, not_before = $2, attempts = attempts - $3, reason = $4 \
             WHERE id = $1 AND state = 'queued' AND claimed_until = $5",
        )
        .bind(mail.id.clone())
        .bind(not_before.millis())
        .bind(i64::from(!attempted))
        .bind(reason.to_owned())
        .bind(mail.claimed_until.millis())
        .execute()
        .await?;
        Ok(())
    }

    /// Gives a claimed mail back after a failed attempt, which counts.
    pub async fn defer_mail(
        &mut self,
        mail: &QueuedMail,
        not_before: Timestamp,
        diagnosis: &str,
        reason: &str,
    ) -> Result<()> {
        self.query(
            "UPDATE outbox SET claimed_until = 0, not_before = $2, held = FALSE, diagnosis = $3, reason = $4 \
             WHERE id = $1 AND state = 'queued' AND claimed_until = $5",
        )
        .bind(mail.id.clone())
        .bind(not_before.millis())
        .bind(diagnosis.to_owned())
        .bind(reason.to_owned())
        .bind(mail.claimed_until.millis())
        .execute()
        .await?;
        Ok(())
    }

    /// Holds a claimed mail until somebody mends something, or until it is looked at again at `not_before`; the attempt does not
    /// count.
    pub async fn hold_mail(
        &mut self,
        mail: &QueuedMail,
        not_before: Timestamp,
        diagnosis: &str,
        reason: &str,
    ) -> Result<()> {
        self.query(
            "UPDATE outbox SET claimed_until = 0, not_before = $2, attempts = attempts - 1, held = TRUE, diagnosis = $3, \
             reason = $4 WHERE id = $1 AND state = 'queued' AND claimed_until = $5",
        )
        .bind(mail.id.clone())
        .bind(not_before.millis())
        .bind(diagnosis.to_owned())
        .bind(reason.to_owned())
        .bind(mail.claimed_until.millis())
        .execute()
        .await?;
        Ok(())
    }

    /// Since when a mail was held, by the attempts that found it so without a break.
    pub async fn held_since(&mut self, id: &str) -> Result<Option<Timestamp>> {
        let (since,): (Option<i64>,) = self.query(
            "SELECT MIN(started_at) FROM delivery_attempt WHERE outbox_id = $1 AND outcome = 'held' AND number > \
             (SELECT COALESCE(MAX(number), 0) FROM delivery_attempt WHERE outbox_id = $1 AND outcome NOT IN ('held', 'running'))",
        )
        .bind(id.to_owned())
        .fetch_one_as()
        .await?;
        Ok(since.map(Timestamp::from_millis))
    }

    /// Lets all mail that is held go on now; tells how many.
    pub async fn release_mails(&mut self, now: Timestamp) -> Result<u64> {
        let lock = self.for_update();
        let released = self
            .query(sqlx::AssertSqlSafe(format!(
                "UPDATE outbox SET held = FALSE, not_before = $1 WHERE id IN \
                 (SELECT id FROM outbox WHERE state = 'queued' AND held ORDER BY id{lock})"
            )))
            .bind(now.millis())
            .execute()
            .await?;
        Ok(released)
    }

    /// Whether a mail is held, and when one was found so last.
    pub async fn last_hold(&mut self) -> Result<Option<Timestamp>> {
        let (last,): (Option<i64>,) = self.query(
            "SELECT MAX(delivery_attempt.ended_at) FROM outbox JOIN delivery_attempt ON delivery_attempt.outbox_id = outbox.id \
             WHERE outbox.state = 'queued' AND outbox.held AND delivery_attempt.outcome = 'held'",
        )
        .fetch_one_as()
        .await?;
        Ok(last.map(Timestamp::from_millis))
    }

    /// Ends a mail. That it was sent is no failure any more: its last diagnosis goes.
    pub async fn end_mail(
        &mut self,
        id: &str,
        end: MailEnd,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        self.query(
            "UPDATE outbox SET state = $2, reason = $3, claimed_until = 0, held = FALSE, sent_at = COALESCE($4, sent_at), \
             diagnosis = CASE WHEN $2 = 'sent' THEN NULL ELSE diagnosis END WHERE id = $1 AND state = 'queued'",
        )
        .bind(id.to_owned())
        .bind(end.name())
        .bind(reason.map(str::to_owned))
        .bind((end == MailEnd::Sent).then_some(now.millis()))
        .execute()
        .await?;
        Ok(())
    }

    /// Ends a mail for good because of a failure.
    pub async fn fail_mail(
        &mut self,
        id: &str,
        end: MailEnd,
        diagnosis: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.query("UPDATE outbox SET diagnosis = $2 WHERE id = $1 AND state = 'queued'")
            .bind(id.to_owned())
            .bind(diagnosis.to_owned())
            .execute()
            .await?;
        self.end_mail(id, end, Some(reason), now).await
    }

    /// Queues a mail anew: as if it had just been asked for; but when it was accepted before stays known, for the cap and for spacing.
    pub async fn requeue_mail(
        &mut self,
        id: &str,
        give_up_at: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        self.query(
            "UPDATE outbox SET state = 'queued', reason = NULL, diagnosis = NULL, held = FALSE, attempts = 0, claimed_until = 0, \
             not_before = $2, give_up_at = $3, resent_at = $2 WHERE id = $1",
        )
        .bind(id.to_owned())
        .bind(now.millis())
        .bind(give_up_at.millis())
        .execute()
        .await?;
        Ok(())
    }

    /// Whether a mail of that kind about that account was queued after then.
    pub async fn queued_since(
        &mut self,
        kind: MailKind,
        account_id: &str,
        since: Timestamp,
    ) -> Result<bool> {
        let (later,): (i64,) = self.query(
            "SELECT COUNT(*) FROM outbox WHERE account_id = $1 AND kind = $2 AND created_at > $3",
        )
        .bind(account_id.to_owned())
        .bind(kind.name())
        .bind(since.millis())
        .fetch_one_as()
        .await?;
        Ok(later > 0)
    }

    /// Says what a mail turned out to be, once its address was looked up.
    pub async fn set_mail_kind(&mut self, id: &str, kind: MailKind) -> Result<()> {
        self.query("UPDATE outbox SET kind = $2 WHERE id = $1")
            .bind(id.to_owned())
            .bind(kind.name())
            .execute()
            .await?;
        Ok(())
    }

    /// How many mails of one kind went to one address, by its key, since then: spacing for mails that are no resets.
    pub async fn mails_to(&mut self, kind: MailKind, key: &str, since: Timestamp) -> Result<u32> {
        let (sent,): (i64,) = self.query(
            "SELECT COUNT(*) FROM outbox WHERE lower(recipient) = $1 AND sent_at > $2 AND kind = $3",
        )
        .bind(key.to_owned())
        .bind(since.millis())
        .bind(kind.name())
        .fetch_one_as()
        .await?;
        Ok(count(sent))
    }

    /// Lets one transaction at a time decide about the mails of an address, be it an account's or nobody's; asked for after an account.
    pub async fn lock_address(&mut self, address: &EmailAddress) -> Result<()> {
        self.one_at_a_time(&format!("address {}", address.key()))
            .await
    }

    /// Whether another mail of that kind is just being handed over to an address, by its key: by this worker or another.
    pub async fn is_under_way_to(
        &mut self,
        kind: MailKind,
        key: &str,
        besides: &QueuedMail,
    ) -> Result<bool> {
        let row = self
            .query(
                "SELECT 1 FROM outbox JOIN delivery_attempt ON delivery_attempt.outbox_id = outbox.id \
             WHERE lower(outbox.recipient) = $1 AND outbox.kind = $2 AND outbox.id <> $3 AND outbox.state = 'queued' \
             AND delivery_attempt.outcome = 'running' AND delivery_attempt.handing_over LIMIT 1",
            )
            .bind(key.to_owned())
            .bind(kind.name())
            .bind(besides.id.clone())
            .fetch_optional()
            .await?;
        Ok(row.is_some())
    }

    /// Whether a reset mail is due and has waited for a first attempt since before `since`: for `/health/ready`.
    pub async fn is_mail_overdue(&mut self, since: Timestamp) -> Result<bool> {
        let late = self
            .query(sqlx::AssertSqlSafe(format!(
                "SELECT 1 FROM outbox WHERE state = 'queued' AND {STRANGERS} = 0 AND not_before < $1 AND kind = 'reset' \
                 AND attempts = 0 AND claimed_until < $1 LIMIT 1"
            )))
            .bind(since.millis())
            .fetch_optional()
            .await?;
        Ok(late.is_some())
    }
}
