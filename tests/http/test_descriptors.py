"""Warning when no file descriptors are left."""

import asyncio
import errno
import sys

import pytest

from mockserver.http import descriptors
from mockserver.http.descriptors import DescriptorWarning, handle_loop_error

TEXT = "no file descriptors left"


class FakeSocket:
    """Socket with a given descriptor."""

    def __init__(self, number: int) -> None:
        self.number = number

    def fileno(self) -> int:
        """Return the descriptor."""
        return self.number


def transport_with(number: int) -> asyncio.BaseTransport:
    return asyncio.BaseTransport({"socket": FakeSocket(number)})


def test_high_descriptor_number_is_warned_about_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    warning = DescriptorWarning()
    for now in (0.0, 1.0, 59.0, 60.0):
        warning.check(transport_with(10**9), now)
    assert [TEXT in message for message in caplog.messages] == [True, True]


def test_low_descriptor_number_is_not_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    DescriptorWarning().check(transport_with(3), 0.0)
    assert caplog.messages == []


def test_platform_without_descriptor_limit_is_never_warned(
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    DescriptorWarning().check(transport_with(10**9), 0.0)
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("number", "warns"), [(errno.EMFILE, True), (errno.ENFILE, True), (errno.EPERM, False)]
)
def test_failed_accept_is_reported_by_the_warning(
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    *,
    warns: bool,
) -> None:
    monkeypatch.setattr(descriptors, "descriptor_warning", DescriptorWarning())
    loop = asyncio.new_event_loop()
    handle_loop_error(loop, {"message": "accept failed", "exception": OSError(number, "")})
    loop.close()
    assert (TEXT in caplog.text, "accept failed" in caplog.text) == (warns, not warns)
