"""Assertions on problem documents of the control API."""

from tests.support.merchant import Reply

PROBLEM = "application/problem+json"


def assert_problem(response: Reply, status: int, text: str) -> None:
    """Assert that a response is a problem document whose detail contains a text."""
    assert (response.status, response.header("Content-Type")) == (status, PROBLEM)
    document = response.json
    assert document["status"] == status
    assert {"type", "title", "detail"} <= set(document)
    assert text in document["detail"], document["detail"]
