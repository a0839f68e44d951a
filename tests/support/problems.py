"""Assertions on problem documents of the control API."""

from tests.support.merchant import Reply

PROBLEM = "application/problem+json"


def assert_problem(response: Reply, status: int, words: str) -> None:
    """Assert that a response is a problem document whose detail contains the words."""
    assert (response.status, response.header("Content-Type")) == (status, PROBLEM)
    document = response.json
    assert document["status"] == status
    assert {"type", "title", "detail"} <= set(document)
    assert words in document["detail"], document["detail"]
