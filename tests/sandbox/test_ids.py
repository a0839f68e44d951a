import re
from collections.abc import Callable
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.sandbox.ids import Ids

Draw = Callable[[Ids], str]

UUIDS: dict[str, Draw] = {
    "orders": Ids.order_id,
    "captures and refunds": Ids.change_id,
    "exchanges": Ids.exchange_id,
}
KINDS: dict[str, Draw] = {**UUIDS, "references": Ids.klarna_reference}

uuid_kinds = pytest.mark.parametrize("draw", UUIDS.values(), ids=UUIDS)
all_kinds = pytest.mark.parametrize("draw", KINDS.values(), ids=KINDS)


def several(draw: Draw, ids: Ids) -> list[str]:
    return [draw(ids) for _ in range(20)]


@uuid_kinds
@given(seed=st.text(max_size=20))
def test_an_id_is_a_uuid_of_version_4(draw: Draw, seed: str) -> None:
    for text in several(draw, Ids(seed)):
        uuid = UUID(text)
        assert (uuid.version, uuid.variant) == (4, RFC_4122)
        assert str(uuid) == text


@given(st.text(max_size=20))
def test_a_reference_is_8_capital_letters_and_digits(seed: str) -> None:
    for text in several(Ids.klarna_reference, Ids(seed)):
        assert re.fullmatch("[A-Z0-9]{8}", text)


@all_kinds
def test_equal_seeds_draw_equal_ids(draw: Draw) -> None:
    assert several(draw, Ids("7")) == several(draw, Ids("7"))


@all_kinds
def test_different_seeds_draw_different_ids(draw: Draw) -> None:
    assert not set(several(draw, Ids("7"))) & set(several(draw, Ids("8")))


@all_kinds
def test_no_id_is_drawn_twice(draw: Draw) -> None:
    ids = Ids("7")
    drawn = [draw(ids) for _ in range(1000)]
    assert len(set(drawn)) == len(drawn)


@all_kinds
def test_drawing_ids_of_the_other_kinds_changes_nothing(draw: Draw) -> None:
    """Reading an order twice must not change the id of the next capture."""
    disturbed = Ids("7")
    for other in KINDS.values():
        if other is not draw:
            other(disturbed)
    assert several(draw, disturbed) == several(draw, Ids("7"))


def test_the_kinds_draw_different_ids_from_one_seed() -> None:
    ids = Ids("7")
    assert len({draw(ids) for draw in KINDS.values()}) == len(KINDS)


def test_a_stream_is_equal_for_an_equal_name_and_seed() -> None:
    first = Ids("7").stream("people").random()
    assert Ids("7").stream("people").random() == first
    assert Ids("7").stream("faults").random() != first
    assert Ids("8").stream("people").random() != first


@pytest.mark.parametrize(
    "draw",
    [Ids.order_id, Ids.change_id, Ids.klarna_reference],
    ids=["orders", "captures and refunds", "references"],
)
def test_an_id_that_a_scenario_gave_is_not_drawn_again(draw: Draw) -> None:
    first, second, third, *_ = several(draw, Ids("7"))
    ids = Ids("7")
    assert (ids.take(first), ids.take(second)) == (first, second)
    assert draw(ids) == third


def test_the_next_id_is_known_before_it_is_drawn() -> None:
    ids = Ids("7")
    assert [ids.next_change_id for _ in range(2)] == [several(Ids.change_id, Ids("7"))[0]] * 2
    assert several(Ids.change_id, ids) == several(Ids.change_id, Ids("7"))


def test_a_next_id_that_a_scenario_gives_meanwhile_is_not_drawn() -> None:
    ids = Ids("7")
    ids.take(ids.next_change_id)
    assert several(Ids.change_id, ids)[:19] == several(Ids.change_id, Ids("7"))[1:]
