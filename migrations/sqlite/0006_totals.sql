-- Running totals of the inserted rows, which change in the transactions that insert them. SQLite has one writer at a time, so there is
-- one stripe. Sums are text: SQLite's numbers would round them.

CREATE TABLE csvingest_totals (
    dataset TEXT NOT NULL,
    by_column TEXT NOT NULL,
    sum_column TEXT NOT NULL,
    -- Empty for rows without a value.
    value TEXT NOT NULL,
    stripe INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    sum TEXT NOT NULL,
    PRIMARY KEY (dataset, by_column, sum_column, value, stripe)
) WITHOUT ROWID;
