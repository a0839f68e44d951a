import pytest

from mockserver.sandbox.registry import EVICTIONS_TOLD, Sandboxes
from tests.sandbox.templates import EmptyTemplate, names


@pytest.fixture
def world() -> EmptyTemplate:
    return EmptyTemplate()


@pytest.fixture
def sandboxes(world: EmptyTemplate) -> Sandboxes[EmptyTemplate]:
    return Sandboxes(world)


def test_a_sandbox_is_made_on_its_first_use_and_found_after(
    sandboxes: Sandboxes[EmptyTemplate],
) -> None:
    assert sandboxes.find("anna") is None
    made = sandboxes.open("anna")
    assert made.name == "anna"
    assert sandboxes.find("anna") is made
    assert sandboxes.open("anna") is made
    assert sandboxes.world.built == ["anna"]


def test_every_user_has_a_sandbox_of_their_own(
    sandboxes: Sandboxes[EmptyTemplate],
) -> None:
    assert sandboxes.open("anna") is not sandboxes.open("bo")
    assert names(sandboxes) == ["anna", "bo"]
    assert len(sandboxes) == 2


def test_a_sandbox_that_could_not_be_made_is_tried_again(
    sandboxes: Sandboxes[EmptyTemplate],
    world: EmptyTemplate,
) -> None:
    world.failures = 1
    with pytest.raises(LookupError, match="anna"):
        sandboxes.open("anna")
    assert sandboxes.find("anna") is None
    assert sandboxes.open("anna").name == "anna"


def test_sandboxes_may_come_and_go_while_somebody_goes_through_them(
    sandboxes: Sandboxes[EmptyTemplate],
) -> None:
    sandboxes.open("anna")
    sandboxes.open("bo")
    for each in sandboxes:
        sandboxes.drop(each.name)
        sandboxes.open(f"new-{each.name}")
    assert names(sandboxes) == ["new-anna", "new-bo"]


# Filling anew


def test_a_sandbox_is_filled_anew_from_another_world(
    sandboxes: Sandboxes[EmptyTemplate],
) -> None:
    old, other = sandboxes.open("anna"), EmptyTemplate()
    new = sandboxes.put("anna", other)
    assert new is not old
    assert sandboxes.find("anna") is new
    assert sandboxes.world_of("anna") is other


def test_if_it_cannot_be_filled_anew_the_old_sandbox_stays(
    sandboxes: Sandboxes[EmptyTemplate],
    world: EmptyTemplate,
) -> None:
    old, broken = sandboxes.open("anna"), EmptyTemplate()
    broken.failures = 1
    with pytest.raises(LookupError):
        sandboxes.put("anna", broken)
    assert sandboxes.find("anna") is old
    assert sandboxes.world_of("anna") is world


def test_a_reset_goes_back_to_the_world_a_sandbox_came_from(
    sandboxes: Sandboxes[EmptyTemplate],
    world: EmptyTemplate,
) -> None:
    other = EmptyTemplate()
    sandboxes.open("anna")
    sandboxes.put("bo", other)
    first, second = sandboxes.reset("anna"), sandboxes.reset("bo")
    assert world.built == ["anna", "anna"]
    assert other.built == ["bo", "bo"]
    assert (sandboxes.find("anna"), sandboxes.find("bo")) == (first, second)


def test_a_dropped_sandbox_is_made_anew_on_its_next_use(
    sandboxes: Sandboxes[EmptyTemplate],
) -> None:
    old = sandboxes.open("anna")
    assert sandboxes.drop("anna")
    assert not sandboxes.drop("anna")
    assert sandboxes.find("anna") is None
    assert sandboxes.open("anna") is not old


def test_a_new_world_replaces_the_sandboxes_of_the_old_and_no_others(
    sandboxes: Sandboxes[EmptyTemplate],
) -> None:
    for name in ("anna", "bo"):
        sandboxes.open(name)
    own = sandboxes.put("cecilia", EmptyTemplate())
    new = EmptyTemplate()
    assert sandboxes.replace_world(new) == 2
    assert names(sandboxes) == ["cecilia"]
    assert sandboxes.find("cecilia") is own
    assert sandboxes.world_of("anna") is new
    sandboxes.open("anna")
    assert new.built == ["anna"]


# Bounds


def test_beyond_the_limit_the_longest_unused_sandbox_makes_room(
    world: EmptyTemplate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandboxes = Sandboxes(world, limit=2)
    for name in ("anna", "bo", "anna", "cecilia"):
        sandboxes.open(name)
    assert names(sandboxes) == ["anna", "cecilia"]
    assert list(sandboxes.evicted) == ["bo"]
    assert "sandbox 'bo' was dropped: more than 2 in use" in caplog.text


def test_a_sandbox_filled_anew_is_used_and_takes_no_second_place(
    world: EmptyTemplate,
) -> None:
    sandboxes = Sandboxes(world, limit=2)
    for name in ("anna", "bo"):
        sandboxes.open(name)
    sandboxes.put("anna", world)
    assert not sandboxes.evicted
    sandboxes.open("cecilia")
    assert names(sandboxes) == ["anna", "cecilia"]


def test_the_last_evictions_are_told_and_no_more(world: EmptyTemplate) -> None:
    sandboxes = Sandboxes(world, limit=1)
    for number in range(EVICTIONS_TOLD + 2):
        sandboxes.open(str(number))
    assert list(sandboxes.evicted) == [str(number) for number in range(1, EVICTIONS_TOLD + 1)]


# Who is let in


@pytest.mark.parametrize(
    ("user", "secret", "admitted"),
    [("anna", "right", True), ("anna", "wrong", False), ("bo", "right", False)],
)
def test_a_world_with_credentials_lets_in_whom_it_lists(
    user: str,
    secret: str,
    admitted: bool,  # noqa: FBT001  # the row's expectation
) -> None:
    sandboxes = Sandboxes(EmptyTemplate(anna="right"))
    found = sandboxes.admit(user, secret)
    assert (found is not None) is admitted
    assert len(sandboxes) == admitted


def test_a_world_without_credentials_lets_anybody_in(
    sandboxes: Sandboxes[EmptyTemplate],
) -> None:
    found = sandboxes.admit("anybody", "anything")
    assert found is sandboxes.find("anybody")
    assert found is not None


def test_the_credentials_of_the_sandbox_count_not_those_of_new_ones() -> None:
    sandboxes = Sandboxes(EmptyTemplate(anna="right"))
    own = sandboxes.put("anna", EmptyTemplate(anna="own"))
    assert sandboxes.admit("anna", "right") is None
    assert sandboxes.admit("anna", "own") is own


def test_if_only_known_users_count_a_sandbox_has_to_be_made_first(
    world: EmptyTemplate,
) -> None:
    sandboxes = Sandboxes(world, require_known=True)
    assert sandboxes.admit("anna", "x") is None
    made = sandboxes.open("anna")
    assert sandboxes.admit("anna", "x") is made


def test_if_only_known_users_count_a_listed_one_is_known() -> None:
    sandboxes = Sandboxes(EmptyTemplate(anna="right"), require_known=True)
    assert sandboxes.admit("anna", "right") is not None
