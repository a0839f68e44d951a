"""Write workflow commands of GitHub Actions."""


def annotation(level: str, message: str, **properties: object) -> str:
    """Write an annotation; ``level`` is ``error``, ``warning`` or ``notice``."""
    written = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{level} {written}::{_escape(message)}"


def _property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
