-- What several instances share.

-- Limits: one row for each key that owes something. The key is a SHA-256 over what is counted and for whom, so that nothing of what
-- people typed stands here; `full_at` is when its bucket is full again (GCRA's theoretical arrival time).
CREATE TABLE rate_limit (
    key     BYTEA  PRIMARY KEY NOT NULL,
    full_at BIGINT NOT NULL
);
CREATE INDEX rate_limit_full ON rate_limit (full_at);
