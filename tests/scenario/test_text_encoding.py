"""Encodings of scenario files: what a byte order mark declares, UTF-8 without one."""

import pytest

from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.file_format import parse_file
from mockserver.scenario.yaml_reader import parse_yaml

TEXT = "version: 1\ntitle: Blå 👉\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_file_is_decoded_by_its_byte_order_mark(encoding: str) -> None:
    document = parse_yaml(TEXT.encode(encoding))
    assert document.value == {"version": 1, "title": "Blå 👉"}
    assert document.position(("title",)) == (2, 1)


@pytest.mark.parametrize(
    ("mark", "encoding"), [(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")]
)
def test_both_byte_orders_of_utf_16_are_decoded(mark: bytes, encoding: str) -> None:
    assert parse_yaml(mark + TEXT.encode(encoding)).value["title"] == "Blå 👉"


def test_json_with_a_byte_order_mark_is_decoded() -> None:
    assert parse_file('{"title": "å"}'.encode("utf-16"), "s.json").value == {"title": "å"}


UNDECODABLE = {
    "latin-1 after a byte order mark": (b"\xef\xbb\xbfa\xe5", "1:2 E001 byte 0xe5"),
    "a byte without a character": (b"\x81", "1:1 E001 byte 0x81 is not UTF-8"),
    "UTF-16 without a byte order mark": (
        b"a\0:\0",
        "1:1 E001 UTF-16 without a byte order mark",
    ),
    "latin-1": (b"a: 1\nb: Bl\xe5\n", "2:6 E001 byte 0xe5 ('å' in Windows-1252) is not UTF-8"),
    "half a character of UTF-16": (
        b"\xff\xfea\x00:",
        "1:2 E001 byte 0x3a (':' in Windows-1252) is not UTF-16",
    ),
}


@pytest.mark.parametrize("case", UNDECODABLE)
def test_undecodable_byte_is_reported_with_the_encoding_to_use(case: str) -> None:
    data, finding = UNDECODABLE[case]
    with pytest.raises(ScenarioError) as error:
        parse_yaml(data)
    assert str(error.value).startswith(finding)
    assert str(error.value).endswith("save the file as UTF-8")
