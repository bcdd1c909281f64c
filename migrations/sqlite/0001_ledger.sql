-- Moments are text, ISO 8601 in UTC. UUIDs are text in their 36-character form.

-- One row an import. rows_read and slices are null until its closing has come.
CREATE TABLE imports (
    import_id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    dataset TEXT NOT NULL,
    started_at TEXT NOT NULL,
    rows_read INTEGER,
    slices INTEGER,
    closed_at TEXT
) WITHOUT ROWID;

-- The ledger: what has been applied, each slice once. All counters are sums over it.
CREATE TABLE import_slices (
    import_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    rows_before INTEGER NOT NULL,
    first_line INTEGER NOT NULL,
    last_line INTEGER NOT NULL,
    inserted INTEGER NOT NULL,
    duplicate INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    duplicate_lines TEXT, -- a JSON array; null where there are none
    applied_at TEXT NOT NULL,
    PRIMARY KEY (import_id, number)
) WITHOUT ROWID;

CREATE TABLE rejected_rows (
    import_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    "column" TEXT NOT NULL, -- empty where the record as a whole is at fault
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    raw TEXT NOT NULL
);

CREATE INDEX rejected_rows_by_line ON rejected_rows (import_id, line);
