-- Reports list the imports that began last first, a page at a time.

CREATE INDEX imports_by_beginning ON imports ((coalesce(producer_started_at, started_at)) DESC, import_id DESC);
