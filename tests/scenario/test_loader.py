"""Loading: a name, a file or a folder, and several of them as one template."""

import json
from pathlib import Path

import pytest

from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.loader import (
    ScenarioFileError,
    ScenarioFilesError,
    UnknownScenarioError,
    list_shipped,
    load_and_build,
    load_scenario,
)
from mockserver.scenario.scenario import Scenario, ScenarioDefaults
from tests.support.scenarios import FROZEN, orders_of

ORDER = "lines: [{unit_price: 1}]"


def load_together(folder: Path, *texts: str) -> Scenario:
    """Write texts as the files of a folder and load it."""
    for number, text in enumerate(texts):
        (folder / f"{number}.yaml").write_text(text, encoding="utf-8")
    return load_scenario([str(folder)], ScenarioDefaults())


@pytest.mark.parametrize("name", list_shipped())
def test_shipped_name_and_copied_file_give_equal_sandboxes(
    name: str,
    tmp_path: Path,
) -> None:
    copy = tmp_path / "copy.yaml"
    copy.write_bytes(list_shipped()[name].read_bytes())
    by_name, by_file = (
        load_scenario([item], ScenarioDefaults("s")) for item in (name, str(copy))
    )
    assert by_name.spec == by_file.spec
    assert by_name.build("x").order_names == (by_file.build("y").order_names)


def test_folder_loads_all_its_scenario_files(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("not: yaml: at all", encoding="utf-8")
    (tmp_path / "b.yml").write_text(f"orders: {{two: {{{ORDER}}}}}", encoding="utf-8")
    three = {"orders": {"three": {"lines": [{"unit_price": 1}]}}}
    (tmp_path / "d.json").write_text(json.dumps(three), encoding="utf-8")
    template = load_together(tmp_path, f"orders: {{one: {{{ORDER}}}}}")
    assert list(template.build("x").order_names) == ["one", "two", "three"]


def test_several_files_are_merged_into_one_template(tmp_path: Path) -> None:
    template = load_together(
        tmp_path,
        f"title: A\n{FROZEN}assume: {{amount_only_refund: failed}}\n"
        f"orders: {{one: {{{ORDER}}}}}\nfaults: {{f: {{do: {{garbage: true}}}}}}\n"
        "expect:\n  orders: {one: {captured_amount: 0}}\n  faults: {f: {fired: 0}}\n"
        "  requests: [{operation: refund, never: true}]\nallow: [W301]\n",
        f"title: B\n{FROZEN}assume: {{amount_only_refund: failed, authorization_days: 7}}\n"
        f"orders: {{two: {{{ORDER}}}}}\nfaults: {{g: {{do: {{garbage: true}}}}}}\n"
        "expect:\n  orders: {two: {captured_amount: 1}}\n  faults: {g: {fired: 0}}\n"
        "  requests: [{operation: cancel, never: true}]\nallow: [W302]\n",
    )
    assert template.spec["allow"] == ["W301", "W302"]
    assert template.spec["assume"] == {"amount_only_refund": "failed", "authorization_days": 7}
    sandbox = template.build("x")
    assert sandbox.clock.frozen
    assert list(sandbox.order_names) == ["one", "two"]
    verdict = template.check_expectations(sandbox)
    assert [
        (expectation.path[-1], expectation.passed) for expectation in verdict.expectations
    ] == [
        ("captured_amount", True),
        ("captured_amount", False),
        ("refund", True),
        ("cancel", True),
        ("fired", True),
        ("fired", True),
    ]


def test_merged_orders_keep_the_country_of_their_file(tmp_path: Path) -> None:
    template = load_together(
        tmp_path,
        f"country: NO\norders: {{no: {{{ORDER}}}}}",
        f"orders: {{se: {{{ORDER}}}}}",
        f"country: DK\ncurrency: EUR\nlocale: en-DK\norders: {{dk: {{{ORDER}}}}}",
    )
    orders = orders_of(template.build("x"))
    facts = {
        name: (item.purchase_country, item.purchase_currency, item.locale)
        for name, item in orders.items()
    }
    assert facts == {
        "no": ("NO", "NOK", "nb-NO"),
        "se": ("SE", "SEK", "sv-SE"),
        "dk": ("DK", "EUR", "en-DK"),
    }


DUPLICATES = {
    "an order": ("orders: {one: {lines: [{unit_price: 1}]}}", "1:10 E002 orders.one: 'one'"),
    "a fault": ("faults: {f: {do: {garbage: true}}}", "1:10 E002 faults.f: 'f'"),
    "an expected order": (
        "expect:\n  orders: {one: {captured_amount: 0}}",
        "2:12 E002 expect.orders.one: 'one'",
    ),
}


@pytest.mark.parametrize("case", DUPLICATES)
def test_name_in_two_files_is_refused(case: str, tmp_path: Path) -> None:
    text, place = DUPLICATES[case]
    with pytest.raises(ScenarioFileError) as error:
        load_together(tmp_path, text, text)
    assert str(error.value) == f"{tmp_path}/1.yaml:{place} is defined in two scenario files"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("clock: {frozen: true}", "clock: {frozen: false}"),
        ("clock: {start: 2026-01-15}", "clock: {start: 2026-01-16}"),
        ("assume: {authorization_days: 7}", "assume: {authorization_days: 8}"),
        ("credentials: {a: b}", "credentials: {a: c}"),
    ],
)
def test_conflicting_values_in_two_files_are_refused(
    one: str,
    other: str,
    tmp_path: Path,
) -> None:
    with pytest.raises(
        ScenarioFileError, match=r"1\.yaml:1:.* E002 .* is defined in two scenario files"
    ):
        load_together(tmp_path, one, other)


def test_findings_name_their_file(tmp_path: Path) -> None:
    with pytest.raises(ScenarioFileError) as error:
        load_together(tmp_path, f"orders: {{one: {{{ORDER}}}}}", "odrers: 1\ntitel: 2")
    assert str(error.value).splitlines() == [
        f"{tmp_path}/1.yaml:1:1 E101 odrers: unknown key 'odrers', did you mean 'orders'?",
        f"{tmp_path}/1.yaml:2:1 E101 titel: unknown key 'titel', did you mean 'title'?",
    ]


def test_unknown_reference_suggests_the_closest_shipped_scenario() -> None:
    with pytest.raises(UnknownScenarioError, match="did you mean 'fresh-order'"):
        load_scenario(["fresh-ordr"], ScenarioDefaults())


def test_folder_without_scenario_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UnknownScenarioError, match=r"no scenario files \(\.yaml, \.yml, \.json\)"
    ):
        load_scenario([str(tmp_path)], ScenarioDefaults())


def test_impossible_history_names_its_file(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.yaml", tmp_path / "b.yaml"
    good.write_text(f"orders: {{one: {{{ORDER}}}}}", encoding="utf-8")
    bad.write_text(
        "orders:\n  two:\n    lines: [{reference: A, unit_price: 1}]\n"
        "    captures: {A: {amount: 9}}\n",
        encoding="utf-8",
    )
    with pytest.raises(ScenarioFileError) as error:
        load_and_build([str(tmp_path)], ScenarioDefaults())
    assert str(error.value).startswith(f"{bad}:4:16 E203 orders.two.captures.A: impossible")


CONFLICTING_FILES = {
    "a.yaml": """\
orders:
  one: {order_id: same, lines: [{unit_price: 1}]}
  late:
    created: 2026-01-01
    lines: [{unit_price: 1}]
    captures: {A: {amount: 1, at: 2d}}
""",
    "b.yaml": "orders:\n\n  two: {order_id: same, lines: [{unit_price: 1}]}\n",
    "c.yaml": "assume: {authorization_days: 1}\n",
}


def test_findings_of_the_merged_template_name_their_file(tmp_path: Path) -> None:
    for name, text in CONFLICTING_FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioFilesError) as error:
        load_and_build([str(tmp_path)], ScenarioDefaults())
    late, same = str(error.value).splitlines()
    assert late.startswith(f"{tmp_path}/a.yaml:6:16 E203 orders.late.captures.A: impossible")
    assert same == f"{tmp_path}/b.yaml:3:9 E202 orders.two.order_id: order_id same is taken"


def test_invalid_orders_do_not_hide_invalid_faults(tmp_path: Path) -> None:
    template = load_together(
        tmp_path,
        "orders: {a: {lines: [{reference: A, unit_price: 1}], captures: {A: {lines: [B]}}}}\n"
        "faults: {f: {order: b, do: {drop: reset}}, g: {do: {delay: fast}}}\n",
    )
    with pytest.raises(ScenarioError) as error:
        template.build("x")
    assert {finding.code for finding in error.value.findings} == {"E201", "E204", "E106"}
