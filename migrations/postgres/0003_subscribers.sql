-- The table of the built-in dataset of addresses: as contacts, without a required name. IF NOT EXISTS: a dataset of this name may have
-- been defined in a file before; its table is kept.

CREATE TABLE IF NOT EXISTS subscribers (
    email text COLLATE "C" PRIMARY KEY,
    full_name text,
    attributes jsonb,
    import_id uuid NOT NULL,
    line bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
