"""Names of sandboxes: which are valid, and how a name that is a secret is shown.

A bare API key selects a sandbox by itself, so the key is the name. It is shown as a short
digest everywhere: in responses, ``Mock-`` headers, logs and exports.
"""

import re
from hashlib import sha256

MAX_NAME_LENGTH = 255  # characters
DIGEST_LENGTH = 12  # hexadecimal digits

_API_KEY = re.compile(r"kco_[!-~]+")
_DIGEST = re.compile(rf"key-[0-9a-f]{{{DIGEST_LENGTH}}}")


def is_valid_name(name: str) -> bool:
    """Return whether a sandbox may have this name: 1 to 255 printable characters."""
    return 0 < len(name) <= MAX_NAME_LENGTH and name.isprintable()


def is_api_key(name: str) -> bool:
    """Return whether a name or credential is an API key as the provider issues them."""
    return _API_KEY.fullmatch(name) is not None


def is_digest(name: str) -> bool:
    """Return whether a name has the form in which API keys are shown."""
    return _DIGEST.fullmatch(name) is not None


def display_name(name: str) -> str:
    """Return a name as it may be shown; an API key becomes ``key-`` and a short digest."""
    if not is_api_key(name):
        return name
    return f"key-{sha256(name.encode()).hexdigest()[:DIGEST_LENGTH]}"
