-- The table of the built-in dataset of transactions. IF NOT EXISTS: a table of this name may be there; it is kept.
CREATE TABLE IF NOT EXISTS transactions (
    transaction_id TEXT NOT NULL PRIMARY KEY,
    account_number TEXT NOT NULL,
    transaction_reference TEXT,
    transaction_datetime TEXT NOT NULL,
    amount TEXT NOT NULL,
    attributes TEXT, -- JSON: the file's other columns
    import_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
