"""Exit codes of the command line."""

EXIT_OK = 0
EXIT_FINDINGS = 1
"""Findings, a failed expectation, or an unhealthy server."""
EXIT_USAGE = 2
"""Wrong usage or configuration."""
