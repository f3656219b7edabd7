-- Every attempt at a mail with its transcript, and every probe. Transcripts are JSON without secrets, tokens or message bodies.

CREATE TABLE delivery_attempt (
    id           TEXT COLLATE "C"    PRIMARY KEY NOT NULL,
    outbox_id    TEXT COLLATE "C"    NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    -- From one, in the order of the attempts at this mail; attempts that were held count here, but not in outbox.attempts.
    number       BIGINT  NOT NULL,
    started_at   BIGINT  NOT NULL,
    ended_at     BIGINT,
    -- running; accepted by the relay; deferred (tried again); held (until settings change or a probe passes); failed (for good);
    -- lost (the worker died, or the connection did after the final dot); abandoned (while the relay was asked, the mail stopped being
    -- wanted, or had to wait).
    outcome      TEXT COLLATE "C"    NOT NULL CHECK (outcome IN ('running', 'accepted', 'deferred', 'held', 'failed', 'lost', 'abandoned')),
    -- Set before the message's first byte goes out: an attempt that ends here in silence may have delivered a mail.
    handing_over BOOLEAN NOT NULL DEFAULT FALSE,
    class        TEXT COLLATE "C",
    diagnosis    TEXT COLLATE "C",
    -- The reply or the fault, on one line.
    evidence     TEXT COLLATE "C",
    message_id   TEXT COLLATE "C",
    transcript   TEXT COLLATE "C",
    UNIQUE (outbox_id, number)
);
CREATE INDEX delivery_attempt_started ON delivery_attempt (started_at);

-- The id of the last failure's diagnosis, and whether it waits for somebody to mend the settings.
ALTER TABLE outbox ADD COLUMN diagnosis TEXT COLLATE "C";
ALTER TABLE outbox ADD COLUMN held BOOLEAN NOT NULL DEFAULT FALSE;
-- When somebody queued it anew by hand: attempts before then count no more.
ALTER TABLE outbox ADD COLUMN resent_at BIGINT;
CREATE INDEX outbox_created ON outbox (created_at);

CREATE TABLE smtp_probe (
    id         TEXT COLLATE "C"    PRIMARY KEY NOT NULL,
    at         BIGINT  NOT NULL,
    -- The account id of the operator; none from the command line.
    started_by TEXT COLLATE "C",
    -- host:port
    target     TEXT COLLATE "C"    NOT NULL,
    -- none, starttls, implicit
    protection TEXT COLLATE "C"    NOT NULL,
    -- Whether the saved settings were tried, unchanged: a pass releases mail that is held.
    saved      BOOLEAN NOT NULL,
    -- connect, tls, auth, rcpt, data
    stop_after TEXT COLLATE "C"    NOT NULL,
    passed     BOOLEAN NOT NULL,
    class      TEXT COLLATE "C",
    diagnosis  TEXT COLLATE "C",
    evidence   TEXT COLLATE "C",
    transcript TEXT COLLATE "C"    NOT NULL
);
CREATE INDEX smtp_probe_at ON smtp_probe (at);
CREATE INDEX smtp_probe_target ON smtp_probe (target, at);
