from mockserver.domain.commands import (
    Acknowledge,
    CaptureOrder,
    Command,
    RefundOrder,
    UpdateAuthorization,
)
from mockserver.domain.operation import Operation
from mockserver.domain.request_hints import MAX_REQUEST_HINTS, request_hints
from tests.support.builders import capture_of, drive, make_line, make_order
from tests.support.case_tables import Case, every_case
from tests.support.order_specs import line_from, lines_from

COMMANDS: dict[str, type[Command]] = {
    "capture": CaptureOrder,
    "refund": RefundOrder,
    "update": UpdateAuthorization,
}


def command_from(kind: str, spec: Case) -> Command:
    return COMMANDS[kind](spec["amount"], order_lines=lines_from(spec))  # type: ignore[call-arg]


@every_case("domain", "request_hints")
def test_request_hints_match_the_case_table(case: Case) -> None:
    before = drive(
        make_order(
            case.get("order_amount", 20_000),
            order_lines=tuple(map(line_from, case.get("order", ()))),
        ),
        *(command_from("capture", spec) for spec in case.get("captures", ())),
        *(command_from("refund", spec) for spec in case.get("refunds", ())),
    )
    (kind,) = COMMANDS.keys() & case.keys()
    command = command_from(kind, case[kind])
    hints = request_hints(before, drive(before, command), command.operation)
    assert list(hints) == case["hints"]


def test_requests_that_change_nothing_have_no_hints() -> None:
    order = drive(make_order(), CaptureOrder(1))
    assert request_hints(order, order, Operation.CAPTURE) == ()
    assert request_hints(None, None, Operation.CAPTURE) == ()
    assert request_hints(order, None, Operation.CAPTURE) == ()
    assert request_hints(order, drive(order, CaptureOrder(1)), None) == ()


def test_operations_without_hint_rules_have_no_hints() -> None:
    order = make_order()
    assert request_hints(order, drive(order, Acknowledge()), Operation.ACKNOWLEDGE) == ()


def test_number_of_hints_is_bounded() -> None:
    order = make_order(1000)
    after = drive(
        order, capture_of(*(make_line(None, 1) for _ in range(MAX_REQUEST_HINTS + 1)))
    )
    assert len(request_hints(order, after, Operation.CAPTURE)) == MAX_REQUEST_HINTS
