-- Running totals of the inserted rows, which change in the transactions that insert them.
-- A total is the sum over its stripes: transactions that run at the same time change different stripes, so they do not wait for each other.

CREATE TABLE csvingest_totals (
    dataset text COLLATE "C" NOT NULL,
    by_column text COLLATE "C" NOT NULL,
    sum_column text COLLATE "C" NOT NULL,
    -- Empty for rows without a value.
    value text COLLATE "C" NOT NULL,
    stripe integer NOT NULL,
    rows bigint NOT NULL,
    sum numeric NOT NULL,
    PRIMARY KEY (dataset, by_column, sum_column, value, stripe)
);
