-- The built-in dataset's table.
CREATE TABLE contacts (
    email TEXT NOT NULL PRIMARY KEY,
    full_name TEXT NOT NULL,
    attributes TEXT, -- JSON: the file's other columns
    import_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
