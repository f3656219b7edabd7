-- The whole of the first version. Times are milliseconds since 1970 UTC; hashes are SHA-256; no secret and no rendered mail is kept.
-- COLLATE "C" compares and sorts texts by their bytes, as SQLite does.

CREATE TABLE account (
    id                  TEXT COLLATE "C"    PRIMARY KEY NOT NULL,
    username            TEXT COLLATE "C"    NOT NULL UNIQUE,
    email               TEXT COLLATE "C"    NOT NULL,
    email_key           TEXT COLLATE "C"    NOT NULL UNIQUE,
    password_hash       TEXT COLLATE "C"    NOT NULL,
    state               TEXT COLLATE "C"    NOT NULL CHECK (state IN ('active', 'frozen')),
    operator            BOOLEAN NOT NULL DEFAULT FALSE,
    wrong_usernames     BIGINT  NOT NULL DEFAULT 0,
    sign_in_failures    BIGINT  NOT NULL DEFAULT 0,
    sign_in_not_before  BIGINT  NOT NULL DEFAULT 0,
    locked_until        BIGINT,
    lock_scope          TEXT COLLATE "C" CHECK (lock_scope IN ('account', 'reset', 'sign_in')),
    created_at          BIGINT  NOT NULL,
    password_changed_at BIGINT  NOT NULL
);

-- One row for each time somebody asked; it never says whether the account exists until the worker has looked.
CREATE TABLE reset_request (
    id           TEXT COLLATE "C"   PRIMARY KEY NOT NULL,
    reference    TEXT COLLATE "C"   NOT NULL,
    identifier   TEXT COLLATE "C"   NOT NULL,
    started_by   TEXT COLLATE "C"   NOT NULL CHECK (started_by IN ('person', 'support')),
    state        TEXT COLLATE "C"   NOT NULL CHECK (state IN ('requested', 'sent', 'discarded', 'failed', 'expired', 'used')),
    reason       TEXT COLLATE "C",
    account_id   TEXT COLLATE "C" REFERENCES account (id) ON DELETE SET NULL,
    client       TEXT COLLATE "C",
    created_at   BIGINT NOT NULL,
    sent_at      BIGINT
);
CREATE INDEX reset_request_reference ON reset_request (reference);
CREATE INDEX reset_request_account ON reset_request (account_id, sent_at);

-- Mail that is owed. `subject_id` is the account, where the kind of mail has one at the time of asking;
-- `recipient` is an address as it stood then (notices go to the address before the change).
CREATE TABLE outbox (
    id            TEXT COLLATE "C"   PRIMARY KEY NOT NULL,
    kind          TEXT COLLATE "C"   NOT NULL,
    account_id    TEXT COLLATE "C" REFERENCES account (id) ON DELETE CASCADE,
    request_id    TEXT COLLATE "C" REFERENCES reset_request (id) ON DELETE CASCADE,
    recipient     TEXT COLLATE "C",
    detail        TEXT COLLATE "C"   NOT NULL DEFAULT '{}',
    state         TEXT COLLATE "C"   NOT NULL CHECK (state IN ('queued', 'sent', 'discarded', 'failed', 'expired')),
    reason        TEXT COLLATE "C",
    attempts      BIGINT NOT NULL DEFAULT 0,
    not_before    BIGINT NOT NULL,
    give_up_at    BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL,
    sent_at       BIGINT
);
CREATE INDEX outbox_due ON outbox (state, not_before);
CREATE INDEX outbox_request ON outbox (request_id);
CREATE INDEX outbox_sent ON outbox (state, sent_at);
CREATE INDEX outbox_recipient ON outbox (lower(recipient), sent_at);
CREATE INDEX outbox_account ON outbox (account_id, kind, state);

-- A mailed token. The pair (purpose, subject) is unique: one account has one live reset token, held by the schema.
CREATE TABLE token (
    hash       BYTEA  PRIMARY KEY NOT NULL,
    purpose    TEXT COLLATE "C"   NOT NULL CHECK (purpose IN ('reset', 'sign_up', 'verify_address', 'not_me')),
    subject    TEXT COLLATE "C"   NOT NULL,
    account_id TEXT COLLATE "C" REFERENCES account (id) ON DELETE CASCADE,
    request_id TEXT COLLATE "C" REFERENCES reset_request (id) ON DELETE CASCADE,
    address    TEXT COLLATE "C",
    wrong      BIGINT NOT NULL DEFAULT 0,
    minted_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (purpose, subject)
);
CREATE INDEX token_account ON token (account_id);
CREATE INDEX token_request ON token (request_id);

-- Between the burnt token and the new password, in one browser.
CREATE TABLE reset_session (
    hash       BYTEA  PRIMARY KEY NOT NULL,
    token_hash BYTEA  NOT NULL,
    account_id TEXT COLLATE "C"   NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    request_id TEXT COLLATE "C" REFERENCES reset_request (id) ON DELETE SET NULL,
    state      TEXT COLLATE "C"   NOT NULL CHECK (state IN ('awaiting_username', 'verified')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX reset_session_account ON reset_session (account_id);

CREATE TABLE sign_in_session (
    hash         BYTEA  PRIMARY KEY NOT NULL,
    account_id   TEXT COLLATE "C"   NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    client       TEXT COLLATE "C",
    user_agent   TEXT COLLATE "C",
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX sign_in_session_account ON sign_in_session (account_id);

-- Append-only; never a token, a password or an SMTP secret.
CREATE TABLE audit_event (
    id         TEXT COLLATE "C"   PRIMARY KEY NOT NULL,
    at         BIGINT NOT NULL,
    request_id TEXT COLLATE "C",
    event      TEXT COLLATE "C"   NOT NULL,
    outcome    TEXT COLLATE "C"   NOT NULL CHECK (outcome IN ('allowed', 'refused', 'failed')),
    reason     TEXT COLLATE "C",
    account_id TEXT COLLATE "C",
    client     TEXT COLLATE "C",
    user_agent TEXT COLLATE "C"
);
CREATE INDEX audit_event_at ON audit_event (at);
CREATE INDEX audit_event_account ON audit_event (account_id, at);

CREATE FUNCTION audit_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are append-only';
END
$$;
CREATE TRIGGER audit_event_stays BEFORE UPDATE ON audit_event
FOR EACH ROW EXECUTE FUNCTION audit_event_stays();
