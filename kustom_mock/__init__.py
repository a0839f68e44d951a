"""The public Python API of :mod:`mockserver`, under the name of the distribution."""

from typing import TYPE_CHECKING

import mockserver

if TYPE_CHECKING:
    from mockserver import *  # noqa: F403  # every public name

__all__ = mockserver.__all__  # a tuple of names, by reference


def __getattr__(name: str) -> object:
    """Return a public name of :mod:`mockserver`.

    Raises:
        AttributeError: the name is not public.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(mockserver, name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted({*globals(), *__all__})
