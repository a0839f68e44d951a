"""What the verbs answer to the shell."""

OK = 0
FINDINGS = 1
"""Findings, a failed expectation, or a server that is not well."""
USAGE = 2
"""Wrong usage or configuration."""
