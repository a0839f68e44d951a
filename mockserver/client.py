"""Typed client of the control API; uses the standard library only.

>>> control = ControlClient("http://127.0.0.1:8566", "my-test")
>>> control.use("split-shipment")["two-shipments"]
'7ce4ee13-973c-6f49-a30e-85a0bc675997'
"""

from mockserver.control_calls.control_connection import ControlError
from mockserver.control_calls.delivery_calls import DeliveryCalls
from mockserver.control_calls.journal_calls import JournalCalls
from mockserver.control_calls.order_calls import OrderCalls
from mockserver.control_calls.report_calls import ReportCalls
from mockserver.control_calls.sandbox_calls import SandboxCalls

__all__ = ("ControlClient", "ControlError")


class ControlClient(SandboxCalls, OrderCalls, DeliveryCalls, JournalCalls, ReportCalls):
    """Client for one sandbox of a running server.

    Orders are named by their name in the scenario or by their id. Every method raises
    :class:`ControlError` if the server refuses or does not answer.

    Attributes:
        url: address of the server, such as ``http://127.0.0.1:8566``.
        sandbox: name of the sandbox: the user name of the merchant.
        token: the server's ``--admin-token``, if it has one.
        ca_file: PEM file of the authorities to trust over HTTPS; the system's by default.
        verify: ``False`` accepts any certificate.
        secret: the password of the merchant, which a server with ``--owned`` asks for.
    """

    __slots__ = ()
