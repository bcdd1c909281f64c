-- Where an import comes from, as its opening message says: NULL where that does not say, or has not arrived.

ALTER TABLE imports
    ADD COLUMN opened_at timestamptz,
    ADD COLUMN bytes bigint,
    ADD COLUMN producer_started_at timestamptz,
    ADD COLUMN producer_host text,
    ADD COLUMN producer_user text,
    ADD COLUMN content_sha256 text;
