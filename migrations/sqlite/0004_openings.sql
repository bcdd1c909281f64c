-- Where an import comes from, as its opening message says: null where that does not say, or has not arrived.

ALTER TABLE imports ADD COLUMN opened_at TEXT;
ALTER TABLE imports ADD COLUMN bytes INTEGER;
ALTER TABLE imports ADD COLUMN producer_started_at TEXT;
ALTER TABLE imports ADD COLUMN producer_host TEXT;
ALTER TABLE imports ADD COLUMN producer_user TEXT;
ALTER TABLE imports ADD COLUMN content_sha256 TEXT;
