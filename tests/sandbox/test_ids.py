import re
from collections.abc import Callable
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.sandbox.ids import IdGenerator, random_fraction

Draw = Callable[[IdGenerator], str]

UUIDS: dict[str, Draw] = {
    "orders": IdGenerator.new_order_id,
    "captures and refunds": IdGenerator.new_movement_id,
    "exchanges": IdGenerator.new_request_id,
}
KINDS: dict[str, Draw] = {**UUIDS, "references": IdGenerator.new_klarna_reference}

uuid_kinds = pytest.mark.parametrize("draw", UUIDS.values(), ids=UUIDS)
all_kinds = pytest.mark.parametrize("draw", KINDS.values(), ids=KINDS)


def several(draw: Draw, ids: IdGenerator) -> list[str]:
    return [draw(ids) for _ in range(20)]


@uuid_kinds
@given(seed=st.text(max_size=20))
def test_id_is_a_uuid_of_version_4(draw: Draw, seed: str) -> None:
    for text in several(draw, IdGenerator(seed)):
        uuid = UUID(text)
        assert (uuid.version, uuid.variant) == (4, RFC_4122)
        assert str(uuid) == text


@given(st.text(max_size=20))
def test_reference_is_8_capital_letters_and_digits(seed: str) -> None:
    for text in several(IdGenerator.new_klarna_reference, IdGenerator(seed)):
        assert re.fullmatch("[A-Z0-9]{8}", text)


@all_kinds
def test_equal_seeds_draw_equal_ids(draw: Draw) -> None:
    assert several(draw, IdGenerator("7")) == several(draw, IdGenerator("7"))


@all_kinds
def test_different_seeds_draw_different_ids(draw: Draw) -> None:
    assert not set(several(draw, IdGenerator("7"))) & set(several(draw, IdGenerator("8")))


@all_kinds
def test_no_id_is_drawn_twice(draw: Draw) -> None:
    ids = IdGenerator("7")
    drawn = [draw(ids) for _ in range(1000)]
    assert len(set(drawn)) == len(drawn)


@all_kinds
def test_drawing_ids_of_the_other_kinds_changes_nothing(draw: Draw) -> None:
    """Reading an order twice must not change the id of the next capture."""
    disturbed = IdGenerator("7")
    for other in KINDS.values():
        if other is not draw:
            other(disturbed)
    assert several(draw, disturbed) == several(draw, IdGenerator("7"))


def test_kinds_draw_different_ids_from_one_seed() -> None:
    ids = IdGenerator("7")
    assert len({draw(ids) for draw in KINDS.values()}) == len(KINDS)


def test_random_numbers_repeat_for_equal_seed_kind_and_number() -> None:
    first = random_fraction("7", "people", 3)
    assert random_fraction("7", "people", 3) == first
    others = [("8", "people", 3), ("7", "faults", 3), ("7", "people", 4)]
    assert first not in [random_fraction(*other) for other in others]


@given(st.text(max_size=5), st.integers(0))
def test_random_number_is_between_0_and_1(seed: str, number: int) -> None:
    assert 0 < random_fraction(seed, "kind", number) < 1


@all_kinds
def test_copy_of_ids_continues_like_the_original(draw: Draw) -> None:
    ids = IdGenerator("7")
    ids.reserve(draw(ids))
    assert several(draw, ids.copy()) == several(draw, ids)


@pytest.mark.parametrize(
    "draw",
    [IdGenerator.new_order_id, IdGenerator.new_movement_id, IdGenerator.new_klarna_reference],
    ids=["orders", "captures and refunds", "references"],
)
def test_reserved_id_is_never_generated(draw: Draw) -> None:
    first, second, third, *_ = several(draw, IdGenerator("7"))
    ids = IdGenerator("7")
    assert (ids.reserve(first), ids.reserve(second)) == (first, second)
    assert draw(ids) == third


def test_next_id_is_known_before_it_is_drawn() -> None:
    ids = IdGenerator("7")
    assert [ids.next_change_id for _ in range(2)] == [
        several(IdGenerator.new_movement_id, IdGenerator("7"))[0]
    ] * 2
    assert several(IdGenerator.new_movement_id, ids) == several(
        IdGenerator.new_movement_id, IdGenerator("7")
    )


def test_next_id_that_becomes_reserved_is_not_drawn() -> None:
    ids = IdGenerator("7")
    ids.reserve(ids.next_change_id)
    assert (
        several(IdGenerator.new_movement_id, ids)[:19]
        == several(IdGenerator.new_movement_id, IdGenerator("7"))[1:]
    )
