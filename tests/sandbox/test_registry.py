import pytest

from mockserver.sandbox.registry import MAX_EVICTIONS_LISTED, SandboxRegistry
from tests.support.templates import EmptyTemplate, names


@pytest.fixture
def world() -> EmptyTemplate:
    return EmptyTemplate()


@pytest.fixture
def sandboxes(world: EmptyTemplate) -> SandboxRegistry[EmptyTemplate]:
    return SandboxRegistry(world)


def test_a_sandbox_is_made_on_its_first_use_and_found_after(
    sandboxes: SandboxRegistry[EmptyTemplate],
) -> None:
    assert sandboxes.get("anna") is None
    made = sandboxes.get_or_create("anna")
    assert made.name == "anna"
    assert sandboxes.get("anna") is made
    assert sandboxes.get_or_create("anna") is made
    assert sandboxes.template.built == ["anna"]


def test_every_user_has_a_sandbox_of_their_own(
    sandboxes: SandboxRegistry[EmptyTemplate],
) -> None:
    assert sandboxes.get_or_create("anna") is not sandboxes.get_or_create("bo")
    assert names(sandboxes) == ["anna", "bo"]
    assert len(sandboxes) == 2


def test_a_sandbox_that_could_not_be_made_is_tried_again(
    sandboxes: SandboxRegistry[EmptyTemplate],
    world: EmptyTemplate,
) -> None:
    world.failures = 1
    with pytest.raises(LookupError, match="anna"):
        sandboxes.get_or_create("anna")
    assert sandboxes.get("anna") is None
    assert sandboxes.get_or_create("anna").name == "anna"


def test_sandboxes_may_come_and_go_while_somebody_goes_through_them(
    sandboxes: SandboxRegistry[EmptyTemplate],
) -> None:
    sandboxes.get_or_create("anna")
    sandboxes.get_or_create("bo")
    for other_sandbox in sandboxes:
        sandboxes.drop(other_sandbox.name)
        sandboxes.get_or_create(f"new-{other_sandbox.name}")
    assert names(sandboxes) == ["new-anna", "new-bo"]


# Filling anew


def test_a_sandbox_is_filled_anew_from_another_world(
    sandboxes: SandboxRegistry[EmptyTemplate],
) -> None:
    old, other = sandboxes.get_or_create("anna"), EmptyTemplate()
    new = sandboxes.fill("anna", other)
    assert new is not old
    assert sandboxes.get("anna") is new
    assert sandboxes.template_of("anna") is other


def test_if_it_cannot_be_filled_anew_the_old_sandbox_stays(
    sandboxes: SandboxRegistry[EmptyTemplate],
    world: EmptyTemplate,
) -> None:
    old, broken = sandboxes.get_or_create("anna"), EmptyTemplate()
    broken.failures = 1
    with pytest.raises(LookupError):
        sandboxes.fill("anna", broken)
    assert sandboxes.get("anna") is old
    assert sandboxes.template_of("anna") is world


def test_a_reset_goes_back_to_the_world_a_sandbox_came_from(
    sandboxes: SandboxRegistry[EmptyTemplate],
    world: EmptyTemplate,
) -> None:
    other = EmptyTemplate()
    sandboxes.get_or_create("anna")
    sandboxes.fill("bo", other)
    first, second = sandboxes.reset("anna"), sandboxes.reset("bo")
    assert world.built == ["anna", "anna"]
    assert other.built == ["bo", "bo"]
    assert (sandboxes.get("anna"), sandboxes.get("bo")) == (first, second)


def test_a_dropped_sandbox_is_made_anew_on_its_next_use(
    sandboxes: SandboxRegistry[EmptyTemplate],
) -> None:
    old = sandboxes.get_or_create("anna")
    assert sandboxes.drop("anna")
    assert not sandboxes.drop("anna")
    assert sandboxes.get("anna") is None
    assert sandboxes.get_or_create("anna") is not old


def test_a_new_world_replaces_the_sandboxes_of_the_old_and_no_others(
    sandboxes: SandboxRegistry[EmptyTemplate],
) -> None:
    for name in ("anna", "bo"):
        sandboxes.get_or_create(name)
    own = sandboxes.fill("cecilia", EmptyTemplate())
    new = EmptyTemplate()
    assert sandboxes.replace_template(new) == 2
    assert names(sandboxes) == ["cecilia"]
    assert sandboxes.get("cecilia") is own
    assert sandboxes.template_of("anna") is new
    sandboxes.get_or_create("anna")
    assert new.built == ["anna"]


# Bounds


def test_beyond_the_limit_the_longest_unused_sandbox_makes_room(
    world: EmptyTemplate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandboxes = SandboxRegistry(world, max_sandboxes=2)
    for name in ("anna", "bo", "anna", "cecilia"):
        sandboxes.get_or_create(name)
    assert names(sandboxes) == ["anna", "cecilia"]
    assert list(sandboxes.evicted) == ["bo"]
    assert "sandbox 'bo' was dropped: more than 2 in use" in caplog.text


def test_a_sandbox_filled_anew_is_used_and_takes_no_second_place(
    world: EmptyTemplate,
) -> None:
    sandboxes = SandboxRegistry(world, max_sandboxes=2)
    for name in ("anna", "bo"):
        sandboxes.get_or_create(name)
    sandboxes.fill("anna", world)
    assert not sandboxes.evicted
    sandboxes.get_or_create("cecilia")
    assert names(sandboxes) == ["anna", "cecilia"]


def test_the_last_evictions_are_told_and_no_more(world: EmptyTemplate) -> None:
    sandboxes = SandboxRegistry(world, max_sandboxes=1)
    for number in range(MAX_EVICTIONS_LISTED + 2):
        sandboxes.get_or_create(str(number))
    assert list(sandboxes.evicted) == [
        str(number) for number in range(1, MAX_EVICTIONS_LISTED + 1)
    ]


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
    sandboxes = SandboxRegistry(EmptyTemplate(anna="right"))
    found = sandboxes.authenticate(user, secret)
    assert (found is not None) is admitted
    assert len(sandboxes) == admitted


def test_a_world_without_credentials_lets_anybody_in(
    sandboxes: SandboxRegistry[EmptyTemplate],
) -> None:
    found = sandboxes.authenticate("anybody", "anything")
    assert found is sandboxes.get("anybody")
    assert found is not None


def test_the_credentials_of_the_sandbox_count_not_those_of_new_ones() -> None:
    sandboxes = SandboxRegistry(EmptyTemplate(anna="right"))
    own = sandboxes.fill("anna", EmptyTemplate(anna="own"))
    assert sandboxes.authenticate("anna", "right") is None
    assert sandboxes.authenticate("anna", "own") is own


def test_if_only_known_users_count_a_sandbox_has_to_be_made_first(
    world: EmptyTemplate,
) -> None:
    sandboxes = SandboxRegistry(world, require_known=True)
    assert sandboxes.authenticate("anna", "x") is None
    made = sandboxes.get_or_create("anna")
    assert sandboxes.authenticate("anna", "x") is made


def test_if_only_known_users_count_a_listed_one_is_known() -> None:
    sandboxes = SandboxRegistry(EmptyTemplate(anna="right"), require_known=True)
    assert sandboxes.authenticate("anna", "right") is not None
