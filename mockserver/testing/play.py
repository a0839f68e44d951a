"""Playing the steps of a scenario against a server, over plain HTTP.

The server may be any that speaks the same API. Where there is no control API, what
only a sandbox can do is skipped, and said so.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import quote

from mockserver.api.merchant import IDEMPOTENCY_KEY
from mockserver.client import ControlClient, ControlError
from mockserver.domain.operation import ORDERS_PATH, Operation
from mockserver.http_client import HttpClient, HttpClientError, basic_auth
from mockserver.scenario.expect import judge_order
from mockserver.scenario.findings import place_of
from mockserver.scenario.steps import LOST, PATIENCE, Arranged, Asked, Step

Json: TypeAlias = Any
Part: TypeAlias = tuple[str, str, str]  # order, capture or refund, name


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; status 0 where none came."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    page: Json = None


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a step: differences from what it wanted, and what was left out."""

    text: str
    differences: tuple[str, ...] = ()
    skipped: str = ""


@dataclass(slots=True)
class Stage:
    """Where steps are played, as whom, and what is known by which name."""

    base_url: str
    user: str
    secret: str
    orders: Mapping[str, str]
    parts: dict[Part, str] = field(default_factory=dict)
    control: ControlClient | None = None

    def play(self, steps: Sequence[Step]) -> Iterator[Played]:
        """Play one step after the other."""
        for step in steps:
            try:
                yield self._play(step)
            except ControlError as error:
                yield Played(step.text, (str(error),))

    def judge(self, expect: Mapping[str, Json]) -> Played:
        """Hold what can be seen from here to expectations."""
        if self.control is not None:
            judged = self.control.check_expectations(expect)["expectations"]
            return Played("expect", tuple(e["text"] for e in judged if not e["passed"]))
        differences: list[str] = []
        skipped = [key for key in ("requests", "faults") if key in expect]
        for name, wanted in expect.get("orders", {}).items():
            reply = self.ask(Asked(Operation.GET_ORDER, name))
            page = reply.page if reply.status == Operation.GET_ORDER.info.success else None
            names = {v: k[2] for k, v in self.parts.items() if k[0] == name}
            checked = [*judge_order(wanted, page, names, ("orders", name))]
            differences += [each.text for each in checked if not each.passed]
            skipped += [place_of(each.path) for each in checked if each.skipped]
        return Played("expect", tuple(differences), ", ".join(skipped))

    def ask(self, asked: Asked, patience: float = PATIENCE) -> Reply:
        """Send what a step asks for, and take the answer."""
        info = asked.operation.info
        path = ORDERS_PATH + info.path.format(
            order_id=self._order_id(asked.order),
            capture_id=self._part_id(asked, "capture", asked.capture),
            refund_id=self._part_id(asked, "refund", asked.refund),
        )
        body = asked.body
        content = body if body is None or isinstance(body, str) else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        if asked.key is not None:
            headers[IDEMPOTENCY_KEY] = asked.key
        client = HttpClient(self.base_url, patience, basic_auth(self.user, self.secret))
        try:
            response = client.send(info.method, path, content, headers)
        except HttpClientError:
            return Reply(0)
        return Reply(response.status, response.headers, response.json())

    def _play(self, step: Step) -> Played:
        if isinstance(step.does, Arranged):
            if self.control is None:
                return Played(step.text, skipped="only a sandbox can do this")
            self._arrange(step.does)
            differences: list[str] = []
        else:
            reply = self.ask(step.does, step.timeout)
            self._remember(step.does, reply)
            differences = _differences(step, reply)
        judged = self.judge(step.expect) if step.expect else Played("")
        return Played(step.text, (*differences, *judged.differences), judged.skipped)

    def _arrange(self, arranged: Arranged) -> None:
        assert self.control is not None  # noqa: S101  # the caller looked
        if arranged.action == "force":
            self.control.force(str(arranged.value["order"]), arranged.value["outcome"])
        else:
            self.control.set_clock(**{arranged.action: arranged.value})

    def _remember(self, asked: Asked, reply: Reply) -> None:
        """Keep the id of a capture or refund that was given a name."""
        header = asked.operation.info.created_id_header
        part_id = reply.headers.get(header) if header else None
        if asked.name is None or part_id is None:
            return
        self.parts[asked.order, asked.operation, asked.name] = part_id
        if self.control is not None:
            self.control.name_movements({part_id: asked.name})

    def _order_id(self, name: str) -> str:
        return quote(self.orders.get(name, name), safe="")

    def _part_id(self, asked: Asked, kind: str, name: str | None) -> str:
        known = self.parts.get((asked.order, kind, name or ""), name or "")
        return quote(known, safe="")


def seeded_parts(
    spec: Mapping[str, Json],
    pages: Mapping[str, Json],
) -> dict[Part, str]:
    """Find the ids of the parts that a scenario seeds, in their order, on order pages."""
    found: dict[Part, str] = {}
    for order, page in pages.items():
        for kind in ("capture", "refund"):
            ids = [each.get(f"{kind}_id", "") for each in page.get(f"{kind}s", ())]
            names = spec["orders"][order].get(f"{kind}s", {})
            found |= {(order, kind, n): i for n, i in zip(names, ids, strict=False)}
    return found


def named_parts(names: Mapping[str, str], pages: Mapping[str, Json]) -> dict[Part, str]:
    """Find the ids of named parts by the names that the server knows."""
    return {
        (order, kind, names[part_id]): part_id
        for order, page in pages.items()
        for kind in ("capture", "refund")
        for part in page[f"{kind}s"]
        if (part_id := part[f"{kind}_id"]) in names
    }


def _differences(step: Step, reply: Reply) -> list[str]:
    """Compare an answer with what the step wants."""
    assert isinstance(step.does, Asked)  # noqa: S101  # only those are answered
    lost = reply.status == 0
    if step.response == LOST or lost:
        wanted = "no answer" if step.response == LOST else _wanted_status(step)
        got = "no answer" if lost else _shown(reply)
        return [] if wanted == got else [f"expected {wanted}, got {got}"]
    answers = step.response if isinstance(step.response, Mapping) else {}
    found = []
    status = _wanted_status(step)
    if status is not None and reply.status != status:
        found.append(f"expected {status}, got {_shown(reply)}")
    page = reply.page if isinstance(reply.page, Mapping) else {}
    code = answers.get("error_code")
    if code is not None and page.get("error_code") != code:
        found.append(f"expected error_code {code}, got {page.get('error_code', 'none')}")
    wanted_body = answers.get("body", {})
    return [*found, *(f"body.{each}" for each in _unlike(wanted_body, page))]


def _wanted_status(step: Step) -> int | None:
    """The status to be answered; ``None`` where only other parts are named."""
    if isinstance(step.response, Mapping):
        status: int | None = step.response.get("status")
        return status
    assert isinstance(step.does, Asked)  # noqa: S101  # only those are answered
    return step.does.operation.info.success


def _unlike(wanted: Mapping[str, Json], page: Mapping[str, Json]) -> Iterator[str]:
    for key, value in wanted.items():
        if page.get(key) != value:
            yield f"{key}: expected {json.dumps(value)}, got {json.dumps(page.get(key))}"


def _shown(reply: Reply) -> str:
    page = reply.page if isinstance(reply.page, Mapping) else {}
    code = page.get("error_code")
    messages = "; ".join(map(str, page.get("error_messages", ())))
    return f"{reply.status} {code}: {messages}" if code else str(reply.status)
