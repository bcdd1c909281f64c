-- The ledger: what is known of every import, and what became of every slice.
-- No row here is updated by all consumers: counters are sums over import_slices.

CREATE TABLE imports (
    import_id uuid PRIMARY KEY,
    dataset text NOT NULL,
    source text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    -- From the closing message; NULL until it has arrived.
    rows_read bigint,
    slices integer,
    closed_at timestamptz
);

-- No foreign key to imports, here and below: with one row a message it would cost a look-up for every row, and only the
-- consumer writes here, always together with the import's own row.
CREATE TABLE import_slices (
    import_id uuid NOT NULL,
    number integer NOT NULL,
    first_line bigint NOT NULL,
    last_line bigint NOT NULL,
    rows_before bigint NOT NULL,
    inserted integer NOT NULL,
    duplicate integer NOT NULL,
    rejected integer NOT NULL,
    duplicate_lines bigint[] NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (import_id, number)
);

CREATE TABLE rejected_rows (
    import_id uuid NOT NULL,
    line bigint NOT NULL,
    "column" text NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    raw text NOT NULL
);

CREATE INDEX rejected_rows_import_line ON rejected_rows (import_id, line);
