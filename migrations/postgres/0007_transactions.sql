-- The table of the built-in dataset of transactions. IF NOT EXISTS: a table of this name may be there; it is kept.

CREATE TABLE IF NOT EXISTS transactions (
    transaction_id text COLLATE "C" PRIMARY KEY,
    account_number text NOT NULL,
    transaction_reference text,
    transaction_datetime timestamptz NOT NULL,
    amount numeric NOT NULL,
    attributes jsonb,
    import_id uuid NOT NULL,
    line bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
