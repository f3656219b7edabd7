-- What several instances share.

-- Limits: one row for each key that owes something. The key is a SHA-256 over what is counted and for whom, so that nothing of what
-- people typed stands here; `full_at` is when its bucket is full again (GCRA's theoretical arrival time).
CREATE TABLE rate_limit (
    key     BYTEA  PRIMARY KEY NOT NULL,
    full_at BIGINT NOT NULL
);
CREATE INDEX rate_limit_full ON rate_limit (full_at);

-- What is looked up four times a second, or by people who wait, whatever has grown around it. `outbox_queue` is the order in which
-- mail is claimed: what strangers can ask for at any address comes last (the expression is store/outbox.rs's, letter for letter).
CREATE INDEX outbox_queue ON outbox
    ((CASE WHEN kind IN ('sign_up', 'sign_up_known', 'verify_address') THEN 1 ELSE 0 END), not_before, id) WHERE state = 'queued';
CREATE INDEX outbox_end ON outbox (give_up_at) WHERE state = 'queued';
CREATE INDEX outbox_claimed ON outbox (claimed_until) WHERE claimed_until > 0;
CREATE INDEX outbox_held ON outbox (created_at) WHERE held;
CREATE INDEX outbox_handed_over ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX outbox_state ON outbox (state, created_at);
DROP INDEX outbox_due;
DROP INDEX outbox_sent;
CREATE INDEX smtp_probe_pass ON smtp_probe (at) WHERE saved AND passed;
CREATE INDEX audit_event_event ON audit_event (event, at);

-- What is over is forgotten by its time, and what is deleted asks who refers to it.
CREATE INDEX reset_request_created ON reset_request (created_at);
CREATE INDEX reset_session_request ON reset_session (request_id);
CREATE INDEX reset_session_expires ON reset_session (expires_at);
CREATE INDEX sign_in_session_expires ON sign_in_session (expires_at);
CREATE INDEX token_expires ON token (expires_at);

-- Workers that live, by the time of their last sign; mail that one of the dead held is due again.
CREATE TABLE worker (
    id         TEXT COLLATE "C"   PRIMARY KEY NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
-- Which worker holds a mail that is claimed.
ALTER TABLE outbox ADD COLUMN claimed_by TEXT COLLATE "C";

-- What a failed sign-in for nobody reads and writes, as one for somebody does the account: otherwise the time of the answer would tell.
CREATE TABLE stand_in (
    number     BIGINT PRIMARY KEY NOT NULL,
    failures   BIGINT NOT NULL DEFAULT 0,
    not_before BIGINT NOT NULL DEFAULT 0
);
WITH RECURSIVE numbers (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number < 1023)
INSERT INTO stand_in (number) SELECT number FROM numbers;
