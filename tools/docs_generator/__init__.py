"""Generator of the pages of ``docs/`` that are printed from the product's tables."""
