"""Refuse accounts whose responses cannot be compared with a prediction."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from mockserver.drift.exchanges import json_body
from mockserver.http_client import HttpClientError, HttpResponse
from mockserver.testing.step_runner import Transport

REFUSED_CREDENTIALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class AccountError(Exception):
    """Raised when an account cannot be compared with the prediction."""


class Account:
    """Sends requests to an account, until a response shows that none can be compared.

    The first requests read the orders of the scenario, so that a wrong account or order is
    refused before a step changes anything.
    """

    def __init__(self, url: str, send: Transport, orders: Sequence[str]) -> None:
        self._url = url
        self._send = send
        self._unread_orders = list(orders)

    def send(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> HttpResponse:
        """Send a request.

        Raises:
            AccountError: no response came, the credentials were refused, or the first read
                of an order failed.
        """
        request = f"{method} {path}"
        try:
            response = self._send(method, path, body, headers)
        except HttpClientError as error:
            raise AccountError(f"no response from {self._url} to {request}: {error}") from None
        if self._unread_orders:
            _check_first_read(self._unread_orders.pop(0), request, response)
        elif response.status == HTTPStatus.UNAUTHORIZED:
            raise AccountError(_refused_credentials(request, response.status))
        return response


def _check_first_read(order: str, request: str, response: HttpResponse) -> None:
    """Raise ``AccountError`` unless the response is an order."""
    status = response.status
    if status in REFUSED_CREDENTIALS:
        raise AccountError(_refused_credentials(request, status))
    if status == HTTPStatus.NOT_FOUND:
        raise AccountError(
            f"order '{order}' not found: {request} was answered with {status};"
            f" pass --order {order}=ID with an order of this account"
        )
    if status != HTTPStatus.OK:
        raise AccountError(
            f"order '{order}' cannot be read: {request} was answered with {status},"
            " expected 200; try again later"
        )
    if not isinstance(json_body(response), Mapping):
        raise AccountError(
            f"order '{order}' cannot be read: {request} was answered without a JSON object;"
            " check --base-url"
        )


def _refused_credentials(request: str, status: int) -> str:
    return (
        f"credentials refused: {request} was answered with {status};"
        " check --username, --password and --base-url"
    )
