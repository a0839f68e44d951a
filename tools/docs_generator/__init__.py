"""Generate the reference pages and diagrams of ``docs/`` from the tables of the package."""
