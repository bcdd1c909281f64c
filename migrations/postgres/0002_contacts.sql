-- The table of the built-in dataset. Emails are compared as bytes: they arrive in one canonical form, and the index then
-- neither pays for the database's collation nor breaks when the operating system changes it.

CREATE TABLE contacts (
    email text COLLATE "C" PRIMARY KEY,
    full_name text NOT NULL,
    attributes jsonb,
    import_id uuid NOT NULL,
    line bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
