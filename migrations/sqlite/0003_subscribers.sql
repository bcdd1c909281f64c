-- The table of the built-in dataset of addresses: as contacts, without a required name. IF NOT EXISTS: a dataset of this name may have
-- been defined in a file before; its table is kept.
CREATE TABLE IF NOT EXISTS subscribers (
    email TEXT NOT NULL PRIMARY KEY,
    full_name TEXT,
    attributes TEXT, -- JSON: the file's other columns
    import_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
