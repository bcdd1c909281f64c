-- An import can be undone: its rows, its share of the totals and its ledger entries are removed, slice by slice. What remains is its row here.

-- The totals that its rows were added to, as a JSON array: the definition of the dataset may change later. Null for older imports.
ALTER TABLE imports ADD COLUMN totals TEXT;
-- Null until undoing it begins. From then on, nothing of the import is applied.
ALTER TABLE imports ADD COLUMN undo_started_at TEXT;
-- Null until undoing it is complete.
ALTER TABLE imports ADD COLUMN undone_at TEXT;
-- Rows of its dataset's table that undoing it has removed.
ALTER TABLE imports ADD COLUMN rows_removed INTEGER;
