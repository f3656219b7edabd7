//! The outbox: mail that is owed, claimed by lease, without a secret or a rendered body in it.

use std::time::Duration;

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

/// A mail that this worker has claimed.
#[derive(Debug, Clone)]
pub struct QueuedMail {
    pub id: String,
    pub kind: MailKind,
    pub account_id: Option<String>,
    pub request_id: Option<String>,
    pub recipient: Option<String>,
    pub detail: String,
    /// This attempt included.
    pub attempts: u32,
    /// The end of the lease, which tells this claim from every other.
    pub claimed_until: Timestamp,
    pub give_up_at: Timestamp,
    pub created_at: Timestamp,
}

/// Which mails a worker may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Those whose time has come.
    All,
    /// All but those that strangers can cause at any address.
    NoStrangers,
    /// Those alone that are not worth sending any more, to be ended: nothing can be sent now.
    Overdue,
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

/// One for mail that strangers can cause at any address, else zero; the same words as in the index `outbox_queue`.
const STRANGERS: &str =
    "CASE WHEN kind IN ('sign_up', 'sign_up_known', 'verify_address') THEN 1 ELSE 0 END";

/// So far below the cap on all sending, workers need not wait for each other: there are not so many of them.
const WORKERS: u32 = 64;

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

    /// Claims the mail that is due first for `worker`, for as long as `lease`: a worker that dies leaves it to the next. Mail that strangers can
    /// cause at any address comes last. A mail that is past its end is due, whatever it waits for.
    pub async fn claim_mail(
        &mut self,
        now: Timestamp,
        lease: Duration,
        due: Due,
        worker: &str,
    ) -> Result<Option<QueuedMail>> {
        // Three looks, each along an index to the first that is free: one look for all of them would sort the whole queue.
        let free = self.skip_locked();
        let first = |condition: &str, order: &str| {
            format!(
                "(SELECT id FROM outbox WHERE state = 'queued' AND claimed_until <= $1 AND {condition} \
                 ORDER BY {order} LIMIT 1{free})"
            )
        };
        let ours = first(
            &format!("$3 AND {STRANGERS} = 0 AND not_before <= $1"),
            "not_before, id",
        );
        let over = first("give_up_at <= $1", "give_up_at");
        let strangers = first(
            &format!("$4 AND {STRANGERS} = 1 AND not_before <= $1"),
            "not_before, id",
        );
        let sql = sqlx::AssertSqlSafe(format!(
            "UPDATE outbox SET claimed_until = $2, claimed_by = $5, attempts = attempts + 1 WHERE id = COALESCE({ours}, {over}, {strangers}) \
             RETURNING id, kind, account_id, request_id, recipient, detail, attempts, claimed_until, give_up_at, created_at",
        ));
        let row = self
            .query(sql)
            .bind(now.millis())
            .bind(now.plus(lease).millis())
            .bind(due != Due::Overdue)
            .bind(due == Due::All)
            .bind(worker.to_owned())
            .fetch_optional()
            .await?;
        let Some(row) = row else { return Ok(None) };
        let (id, kind): (String, String) = (row.try_get("id")?, row.try_get("kind")?);
        let Some(kind) = MailKind::from_name(&kind) else {
            // Of a newer version: it must not stand in the way of what this one knows.
            tracing::error!(kind, "no mail of this version is called so: failed");
            self.end_mail(&id, MailEnd::Failed, Some("unknown kind of mail"), now)
                .await?;
            return Ok(None);
        };
        Ok(Some(QueuedMail {
            id,
            kind,
            account_id: row.try_get("account_id")?,
            request_id: row.try_get("request_id")?,
            recipient: row.try_get("recipient")?,
            detail: row.try_get("detail")?,
            attempts: count(row.try_get("attempts")?),
            claimed_until: Timestamp::from_millis(row.try_get("claimed_until")?),
            give_up_at: Timestamp::from_millis(row.try_get("give_up_at")?),
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
        }))
    }

    /// Whether a claimed mail is still this worker's; if so, nobody else takes or changes it until this transaction ends.
    pub async fn still_claimed(&mut self, mail: &QueuedMail) -> Result<bool> {
        let lock = self.for_update();
        let row = self
            .query(sqlx::AssertSqlSafe(format!(
                "SELECT id FROM outbox WHERE id = $1 AND state = 'queued' AND claimed_until = $2{lock}"
            )))
            .bind(mail.id.clone())
            .bind(mail.claimed_until.millis())
            .fetch_optional()
            .await?;
        Ok(row.is_some())
    }

    /// Locks a mail's row, so that what is read of it next stays true until this transaction ends.
    pub async fn lock_mail(&mut self, id: &str) -> Result<()> {
        let lock = self.for_update();
        self.query(sqlx::AssertSqlSafe(format!(
            "SELECT id FROM outbox WHERE id = $1{lock}"
        )))
        .bind(id.to_owned())
        .fetch_optional()
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

    /// Makes due again what workers hold: only where it is certain that none of them lives.
    pub async fn release_claims(&mut self) -> Result<u64> {
        let released = self
            .query(
                "UPDATE outbox SET claimed_until = 0 WHERE state = 'queued' AND claimed_until > 0",
            )
            .execute()
            .await?;
        Ok(released)
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

    /// How many mails of all kinds were handed over since then, whatever became of a second sending, and how many are just being
    /// handed over by any worker: for the cap on all sending, to be asked in the transaction that claims. Near the cap one such
    /// transaction waits for the other, so that all workers together never send more.
    pub async fn mails_taken(&mut self, since: Timestamp, now: Timestamp, cap: u32) -> Result<u32> {
        let taken = self.count_taken(since, now, cap).await?;
        if taken.saturating_add(WORKERS) < cap {
            return Ok(taken);
        }
        self.one_at_a_time("the cap on all sending").await?;
        self.count_taken(since, now, cap).await
    }

    async fn count_taken(&mut self, since: Timestamp, now: Timestamp, cap: u32) -> Result<u32> {
        let (sent,): (i64,) = self
            .query(
                "SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE sent_at > $1 LIMIT $2) AS recent",
            )
            .bind(since.millis())
            .bind(i64::from(cap))
            .fetch_one_as()
            .await?;
        let (claimed,): (i64,) = self
            .query("SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND claimed_until > 0 AND claimed_until > $1")
            .bind(now.millis())
            .fetch_one_as()
            .await?;
        Ok(count(sent).saturating_add(count(claimed)))
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
