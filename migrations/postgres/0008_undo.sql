-- An import can be undone: its rows, its share of the totals and its ledger entries are removed, slice by slice. What remains is its row here.

ALTER TABLE imports
    -- The totals that its rows were added to, as a JSON array: the definition of the dataset may change later. NULL for older imports.
    ADD COLUMN totals text,
    -- NULL until undoing it begins. From then on, nothing of the import is applied.
    ADD COLUMN undo_started_at timestamptz,
    -- NULL until undoing it is complete.
    ADD COLUMN undone_at timestamptz,
    -- Rows of its dataset's table that undoing it has removed.
    ADD COLUMN rows_removed bigint;
