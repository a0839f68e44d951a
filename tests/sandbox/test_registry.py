import asyncio
from collections.abc import Mapping

import pytest

from mockserver.sandbox.registry import EVICTIONS_TOLD, Sandboxes
from mockserver.sandbox.sandbox import Sandbox


class SlowWorld:
    """Makes sandboxes while others get their turn, and remembers which."""

    def __init__(self, **credentials: str) -> None:
        """List user names and secrets, maybe none."""
        self.built: list[str] = []
        self.failures = 0
        self.pauses = 1
        self._credentials = credentials

    @property
    def credentials(self) -> Mapping[str, str]:
        """The users it lists."""
        return self._credentials

    async def build(self, name: str) -> Sandbox:
        """Make a sandbox, after the failures that were asked for."""
        for _ in range(self.pauses):
            await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise RuntimeError(name)
        self.built.append(name)
        return Sandbox(name)


@pytest.fixture
def world() -> SlowWorld:
    return SlowWorld()


@pytest.fixture
def sandboxes(world: SlowWorld) -> Sandboxes[SlowWorld]:
    return Sandboxes(world)


def names(sandboxes: Sandboxes[SlowWorld]) -> list[str]:
    return [each.name for each in sandboxes]


async def test_a_sandbox_is_made_on_its_first_use_and_found_after(
    sandboxes: Sandboxes[SlowWorld],
) -> None:
    assert sandboxes.find("anna") is None
    made = await sandboxes.open("anna")
    assert made.name == "anna"
    assert sandboxes.find("anna") is made
    assert await sandboxes.open("anna") is made


async def test_every_user_has_a_sandbox_of_their_own(
    sandboxes: Sandboxes[SlowWorld],
) -> None:
    assert await sandboxes.open("anna") is not await sandboxes.open("bo")
    assert names(sandboxes) == ["anna", "bo"]
    assert len(sandboxes) == 2


async def test_a_sandbox_is_made_once_even_if_50_ask_for_it_at_once(
    sandboxes: Sandboxes[SlowWorld],
    world: SlowWorld,
) -> None:
    opened = await asyncio.gather(*(sandboxes.open("anna") for _ in range(50)))
    assert world.built == ["anna"]
    assert len({id(each) for each in opened}) == 1


async def test_a_sandbox_that_could_not_be_made_is_tried_again(
    sandboxes: Sandboxes[SlowWorld],
    world: SlowWorld,
) -> None:
    world.failures = 1
    with pytest.raises(RuntimeError, match="anna"):
        await sandboxes.open("anna")
    assert sandboxes.find("anna") is None
    assert (await sandboxes.open("anna")).name == "anna"


async def test_sandboxes_may_come_and_go_while_somebody_goes_through_them(
    sandboxes: Sandboxes[SlowWorld],
) -> None:
    await sandboxes.open("anna")
    await sandboxes.open("bo")
    for each in sandboxes:
        sandboxes.drop(each.name)
        await sandboxes.open(f"new-{each.name}")
    assert names(sandboxes) == ["new-anna", "new-bo"]


# Filling anew


async def test_a_sandbox_is_filled_anew_from_another_world(
    sandboxes: Sandboxes[SlowWorld],
) -> None:
    old, other = await sandboxes.open("anna"), SlowWorld()
    new = await sandboxes.put("anna", other)
    assert new is not old
    assert sandboxes.find("anna") is new
    assert sandboxes.world_of("anna") is other


async def test_if_it_cannot_be_filled_anew_the_old_sandbox_stays(
    sandboxes: Sandboxes[SlowWorld],
    world: SlowWorld,
) -> None:
    old, broken = await sandboxes.open("anna"), SlowWorld()
    broken.failures = 1
    with pytest.raises(RuntimeError):
        await sandboxes.put("anna", broken)
    assert sandboxes.find("anna") is old
    assert sandboxes.world_of("anna") is world


async def test_a_world_given_while_a_sandbox_is_first_made_wins(
    sandboxes: Sandboxes[SlowWorld],
    world: SlowWorld,
) -> None:
    world.pauses, other = 10, SlowWorld()
    _, given = await asyncio.gather(sandboxes.open("anna"), sandboxes.put("anna", other))
    assert sandboxes.find("anna") is given
    assert sandboxes.world_of("anna") is other


async def test_a_reset_goes_back_to_the_world_a_sandbox_came_from(
    sandboxes: Sandboxes[SlowWorld],
    world: SlowWorld,
) -> None:
    other = SlowWorld()
    await sandboxes.open("anna")
    await sandboxes.put("bo", other)
    first, second = await sandboxes.reset("anna"), await sandboxes.reset("bo")
    assert world.built == ["anna", "anna"]
    assert other.built == ["bo", "bo"]
    assert (sandboxes.find("anna"), sandboxes.find("bo")) == (first, second)


async def test_a_dropped_sandbox_is_made_anew_on_its_next_use(
    sandboxes: Sandboxes[SlowWorld],
) -> None:
    old = await sandboxes.open("anna")
    assert sandboxes.drop("anna")
    assert not sandboxes.drop("anna")
    assert sandboxes.find("anna") is None
    assert await sandboxes.open("anna") is not old


async def test_a_new_world_replaces_the_sandboxes_of_the_old_and_no_others(
    sandboxes: Sandboxes[SlowWorld],
) -> None:
    for name in ("anna", "bo"):
        await sandboxes.open(name)
    own = await sandboxes.put("cecilia", SlowWorld())
    new = SlowWorld()
    assert sandboxes.replace_world(new) == 2
    assert names(sandboxes) == ["cecilia"]
    assert sandboxes.find("cecilia") is own
    assert sandboxes.world_of("anna") is new
    await sandboxes.open("anna")
    assert new.built == ["anna"]


# Bounds


async def test_beyond_the_limit_the_longest_unused_sandbox_makes_room(
    world: SlowWorld,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandboxes = Sandboxes(world, limit=2)
    for name in ("anna", "bo", "anna", "cecilia"):
        await sandboxes.open(name)
    assert names(sandboxes) == ["anna", "cecilia"]
    assert list(sandboxes.evicted) == ["bo"]
    assert "sandbox 'bo' was dropped: more than 2 in use" in caplog.text


async def test_a_sandbox_filled_anew_is_used_and_takes_no_second_place(
    world: SlowWorld,
) -> None:
    sandboxes = Sandboxes(world, limit=2)
    for name in ("anna", "bo"):
        await sandboxes.open(name)
    await sandboxes.put("anna", world)
    assert not sandboxes.evicted
    await sandboxes.open("cecilia")
    assert names(sandboxes) == ["anna", "cecilia"]


async def test_the_last_evictions_are_told_and_no_more(world: SlowWorld) -> None:
    sandboxes = Sandboxes(world, limit=1)
    for number in range(EVICTIONS_TOLD + 2):
        await sandboxes.open(str(number))
    assert list(sandboxes.evicted) == [str(number) for number in range(1, EVICTIONS_TOLD + 1)]


# Who is let in


@pytest.mark.parametrize(
    ("user", "secret", "admitted"),
    [("anna", "right", True), ("anna", "wrong", False), ("bo", "right", False)],
)
async def test_a_world_with_credentials_lets_in_whom_it_lists(
    user: str,
    secret: str,
    admitted: bool,  # noqa: FBT001  # the row's expectation
) -> None:
    sandboxes = Sandboxes(SlowWorld(anna="right"))
    found = await sandboxes.admit(user, secret)
    assert (found is not None) is admitted
    assert len(sandboxes) == admitted


async def test_a_world_without_credentials_lets_anybody_in(
    sandboxes: Sandboxes[SlowWorld],
) -> None:
    found = await sandboxes.admit("anybody", "anything")
    assert found is sandboxes.find("anybody")
    assert found is not None


async def test_the_credentials_of_the_sandbox_count_not_those_of_new_ones() -> None:
    sandboxes = Sandboxes(SlowWorld(anna="right"))
    own = await sandboxes.put("anna", SlowWorld(anna="own"))
    assert await sandboxes.admit("anna", "right") is None
    assert await sandboxes.admit("anna", "own") is own


async def test_if_only_known_users_count_a_sandbox_has_to_be_made_first(
    world: SlowWorld,
) -> None:
    sandboxes = Sandboxes(world, require_known=True)
    assert await sandboxes.admit("anna", "x") is None
    made = await sandboxes.open("anna")
    assert await sandboxes.admit("anna", "x") is made


async def test_if_only_known_users_count_a_listed_one_is_known() -> None:
    sandboxes = Sandboxes(SlowWorld(anna="right"), require_known=True)
    assert await sandboxes.admit("anna", "right") is not None
