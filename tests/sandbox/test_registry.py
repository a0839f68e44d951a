from collections.abc import Callable

import pytest

from mockserver.sandbox.registry import MAX_EVICTIONS_LISTED, SandboxRegistry
from mockserver.sandbox.registry_entry import UnreadableEntry
from tests.support.templates import EmptyTemplate, names


@pytest.fixture
def template() -> EmptyTemplate:
    return EmptyTemplate()


@pytest.fixture
def registry(template: EmptyTemplate) -> SandboxRegistry[EmptyTemplate]:
    return SandboxRegistry(template)


def test_sandbox_is_created_on_first_use_and_then_reused(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    assert registry.get("anna") is None
    created = registry.get_or_create("anna")
    assert created.name == "anna"
    assert registry.get("anna") is created
    assert registry.get_or_create("anna") is created
    assert registry.template.built == ["anna"]


def test_every_user_has_its_own_sandbox(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    assert registry.get_or_create("anna") is not registry.get_or_create("bo")
    assert names(registry) == ["anna", "bo"]
    assert len(registry) == 2


def test_failed_creation_is_tried_again_on_next_use(
    registry: SandboxRegistry[EmptyTemplate],
    template: EmptyTemplate,
) -> None:
    template.failures = 1
    with pytest.raises(LookupError, match="anna"):
        registry.get_or_create("anna")
    assert registry.get("anna") is None
    assert registry.get_or_create("anna").name == "anna"


def test_sandboxes_can_be_dropped_and_created_during_iteration(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    registry.get_or_create("anna")
    registry.get_or_create("bo")
    for other_sandbox in registry:
        registry.drop(other_sandbox.name)
        registry.get_or_create(f"new-{other_sandbox.name}")
    assert names(registry) == ["new-anna", "new-bo"]


def test_sandbox_built_ahead_replaces_none_that_was_created_meanwhile(
    registry: SandboxRegistry[EmptyTemplate],
    template: EmptyTemplate,
) -> None:
    built_ahead = template.build("anna")
    created = registry.get_or_create("anna")
    registry.add(built_ahead, template)
    assert registry.get("anna") is created


# Fill and reset


def test_fill_replaces_a_sandbox_by_one_of_another_template(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    old, other = registry.get_or_create("anna"), EmptyTemplate()
    new = registry.fill("anna", other)
    assert new is not old
    assert registry.get("anna") is new
    assert registry.template_of("anna") is other


def test_failed_fill_keeps_the_old_sandbox(
    registry: SandboxRegistry[EmptyTemplate],
    template: EmptyTemplate,
) -> None:
    old, broken = registry.get_or_create("anna"), EmptyTemplate()
    broken.failures = 1
    with pytest.raises(LookupError):
        registry.fill("anna", broken)
    assert registry.get("anna") is old
    assert registry.template_of("anna") is template


def test_reset_builds_from_the_template_of_the_sandbox(
    registry: SandboxRegistry[EmptyTemplate],
    template: EmptyTemplate,
) -> None:
    other = EmptyTemplate()
    registry.get_or_create("anna")
    registry.fill("bo", other)
    first, second = registry.reset("anna"), registry.reset("bo")
    assert template.built == ["anna", "anna"]
    assert other.built == ["bo", "bo"]
    assert (registry.get("anna"), registry.get("bo")) == (first, second)


def test_dropped_sandbox_is_created_again_on_next_use(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    old = registry.get_or_create("anna")
    assert registry.drop("anna")
    assert not registry.drop("anna")
    assert registry.get("anna") is None
    assert registry.get_or_create("anna") is not old


def test_new_template_drops_only_sandboxes_of_the_old_one(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    for name in ("anna", "bo"):
        registry.get_or_create(name)
    own = registry.fill("cecilia", EmptyTemplate())
    new = EmptyTemplate()
    assert registry.replace_template(new) == ["anna", "bo"]
    assert names(registry) == ["cecilia"]
    assert registry.get("cecilia") is own
    assert registry.template_of("anna") is new
    registry.get_or_create("anna")
    assert new.built == ["anna"]


# Limits


def test_least_recently_used_sandbox_is_evicted_beyond_the_limit(
    template: EmptyTemplate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    registry = SandboxRegistry(template, max_sandboxes=2)
    for name in ("anna", "bo", "anna", "cecilia"):
        registry.get_or_create(name)
    assert names(registry) == ["anna", "cecilia"]
    assert [eviction.name for eviction in registry.evicted] == ["bo"]
    assert "sandbox 'bo' was evicted: more than 2 in use" in caplog.text


def test_fill_counts_as_use_and_takes_no_second_place(
    template: EmptyTemplate,
) -> None:
    registry = SandboxRegistry(template, max_sandboxes=2)
    for name in ("anna", "bo"):
        registry.get_or_create(name)
    registry.fill("anna", template)
    assert not registry.evicted
    registry.get_or_create("cecilia")
    assert names(registry) == ["anna", "cecilia"]


def test_only_the_last_evictions_are_listed(template: EmptyTemplate) -> None:
    registry = SandboxRegistry(template, max_sandboxes=1)
    for number in range(MAX_EVICTIONS_LISTED + 2):
        registry.get_or_create(str(number))
    assert [eviction.name for eviction in registry.evicted] == [
        str(number) for number in range(1, MAX_EVICTIONS_LISTED + 1)
    ]
    assert registry.evicted_count == MAX_EVICTIONS_LISTED + 1


# Credentials


@pytest.mark.parametrize(
    ("user", "secret", "admitted"),
    [("anna", "right", True), ("anna", "wrong", False), ("bo", "right", False)],
)
def test_template_with_credentials_accepts_only_listed_users(
    user: str,
    secret: str,
    admitted: bool,  # noqa: FBT001  # the row's expectation
) -> None:
    registry = SandboxRegistry(EmptyTemplate(anna="right"))
    sandbox = registry.authenticate(user, secret)
    assert (sandbox is not None) is admitted
    assert len(registry) == admitted


def test_template_without_credentials_accepts_any_user(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    sandbox = registry.authenticate("anybody", "anything")
    assert sandbox is registry.get("anybody")
    assert sandbox is not None


def test_credentials_of_the_existing_sandbox_decide() -> None:
    registry = SandboxRegistry(EmptyTemplate(anna="right"))
    own = registry.fill("anna", EmptyTemplate(anna="own"))
    assert registry.authenticate("anna", "right") is None
    assert registry.authenticate("anna", "own") is own


def test_require_known_accepts_users_with_a_sandbox(
    template: EmptyTemplate,
) -> None:
    registry = SandboxRegistry(template, require_known=True)
    assert registry.authenticate("anna", "x") is None
    created = registry.get_or_create("anna")
    assert registry.authenticate("anna", "x") is created


def test_require_known_accepts_users_with_listed_credentials() -> None:
    registry = SandboxRegistry(EmptyTemplate(anna="right"), require_known=True)
    assert registry.authenticate("anna", "right") is not None


def test_copy_for_a_reader_stays_as_it_is() -> None:
    registry = SandboxRegistry(EmptyTemplate())
    sandbox = registry.get_or_create("anna")
    copied = registry.copy_of("anna").get("anna")
    sandbox.order_names["later"] = "id"
    assert copied is not None
    assert copied.order_names == {}
    assert registry.copy_of("nobody").get("nobody") is None


@pytest.fixture
def unreadable(registry: SandboxRegistry[EmptyTemplate]) -> EmptyTemplate:
    """The template of the sandbox ``anna``, which cannot be read."""
    template = EmptyTemplate()
    entry = UnreadableEntry(LookupError("damaged"), template)
    registry.hold_unreadable("anna", entry)
    return template


READS: dict[str, Callable[[SandboxRegistry[EmptyTemplate]], object]] = {
    "get": lambda registry: registry.get("anna"),
    "get or create": lambda registry: registry.get_or_create("anna"),
    "authenticate": lambda registry: registry.authenticate("anna", "secret"),
    "check the owner": lambda registry: registry.is_owner("anna", "secret"),
    "copy": lambda registry: registry.copy_of("anna"),
}


@pytest.mark.usefixtures("unreadable")
@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_unreadable_sandbox_raises_the_reason(
    registry: SandboxRegistry[EmptyTemplate],
    read: Callable[[SandboxRegistry[EmptyTemplate]], object],
) -> None:
    registry.owned = True
    with pytest.raises(LookupError, match="damaged"):
        read(registry)
    assert names(registry) == []


@pytest.mark.usefixtures("unreadable")
def test_unreadable_sandbox_can_be_dropped(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    assert registry.drop("anna")
    assert not registry.drop("anna")
    assert registry.get("anna") is None


def test_unreadable_sandbox_can_be_reset_to_its_template(
    registry: SandboxRegistry[EmptyTemplate], unreadable: EmptyTemplate
) -> None:
    sandbox = registry.reset("anna")
    assert unreadable.built == ["anna"]
    assert registry.get("anna") is sandbox
