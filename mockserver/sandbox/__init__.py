"""One merchant's world: orders, receipts, clock, ids and journal; no web, no files."""
