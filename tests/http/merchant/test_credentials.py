from base64 import b64encode
from collections.abc import Callable

import pytest

from mockserver.domain.operation import OPERATIONS, Operation, OperationInfo
from mockserver.sandbox.names import display_name
from tests.support.merchant import Merchant, Reply
from tests.support.request_examples import BODIES

Op = Operation

RECORDED_PAGE = (
    b"<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n"
    b"<center><h1>401 Authorization Required</h1></center>\r\n"
    b"<hr><center>openresty</center>\r\n</body>\r\n</html>\r\n"
)


def encoded(text: str | bytes) -> str:
    """Encode a user and a secret."""
    return b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def assert_recorded_page(response: Reply) -> None:
    """Assert that a response is the recorded page of the provider's edge."""
    assert (response.status, response.body) == (401, RECORDED_PAGE)
    assert response.header("Content-Type") == "text/html"
    assert response.header("WWW-Authenticate") == 'Basic realm="very closed site"'
    assert "Klarna-Correlation-Id" not in response.header_names


def test_recorded_page_has_176_bytes() -> None:
    assert len(RECORDED_PAGE) == 176


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.operation)
async def test_missing_credentials_get_the_recorded_page(
    merchant: Merchant,
    row: OperationInfo,
) -> None:
    async with merchant.nothing_changes():
        async with merchant.session.request(
            row.method,
            merchant.url + merchant.path(row.operation),
            json=BODIES.get(row.operation),
        ) as response:
            raw = tuple((name.decode(), value.decode()) for name, value in response.raw_headers)
            reply = Reply(response.status, raw, await response.read())
        assert_recorded_page(reply)


UNREADABLE = {
    "nothing": "",
    "a scheme alone": "Basic",
    "another scheme": "Bearer kco_test_api_1",
    "no base64": "Basic ???",
    "base64 of no UTF-8": f"Basic {encoded(b'%s:%s' % (bytes([255]), b's'))}",
    "no colon": f"Basic {encoded('user')}",
    "neither user nor secret": f"Basic {encoded(':')}",
    "a line break in the user": f"Basic {encoded(chr(10) + 'user:secret')}",
    "an escape in the user": f"Basic {encoded(chr(27) + ':secret')}",
    "a user that is too long": f"Basic {encoded('x' * 256 + ':secret')}",
}


@pytest.mark.parametrize("case", UNREADABLE)
@pytest.mark.parametrize("path", ["", "/unknown/path"])
async def test_unreadable_credentials_get_the_recorded_page(
    merchant: Merchant,
    case: str,
    path: str,
) -> None:
    headers = {"Authorization": UNREADABLE[case]}
    where = path or merchant.path(Op.GET_ORDER)
    assert_recorded_page(await merchant.send("GET", where, headers=headers))


@pytest.mark.parametrize(
    "form",
    [
        "Basic {}",
        "Basic  {}",
        "basic {}",
        "BASIC   {} ",
    ],
)
async def test_scheme_is_case_insensitive_and_padding_is_allowed(
    merchant: Merchant,
    form: str,
) -> None:
    headers = {"Authorization": form.format(encoded(f"{merchant.user}:any"))}
    assert (await merchant.do(Op.GET_ORDER, headers=headers)).status == 200


@pytest.mark.parametrize("secret", ["", "other", "with:colon", "ß"])
async def test_any_secret_is_accepted(merchant: Merchant, secret: str) -> None:
    headers = {"Authorization": f"Basic {encoded(f'{merchant.user}:{secret}')}"}
    assert (await merchant.do(Op.GET_ORDER, headers=headers)).status == 200


@pytest.mark.parametrize("key", ["kco_test_api_1a2B3c", "kco_live_api_a-b.c~d/e+f=", "kco_x"])
async def test_api_key_is_one_sandbox_in_every_form(
    new_merchant: Callable[..., Merchant],
    key: str,
) -> None:
    merchant = new_merchant()
    forms = [key, encoded(f"{key}:"), encoded(f":{key}")]
    for form in forms:
        headers = {"Authorization": f"Basic {form}"}
        merchant.order = {"order_id": "none", "captures": [], "refunds": []}
        response = await merchant.do(Op.ACKNOWLEDGE, headers=headers)
        assert response.status == 404
    sandboxes = (await merchant.send("GET", "/__admin/sandboxes")).json["sandboxes"]
    name = display_name(key)
    assert [item["requests"] for item in sandboxes if item["name"] == name] == [3]


async def test_user_name_selects_the_sandbox_if_the_secret_is_a_key(
    merchant: Merchant,
) -> None:
    headers = {"Authorization": f"Basic {encoded(f'{merchant.user}:kco_test_api_1')}"}
    assert (await merchant.do(Op.GET_ORDER, headers=headers)).status == 200


async def test_user_of_any_letters_has_a_sandbox(
    new_merchant: Callable[..., Merchant],
) -> None:
    merchant = new_merchant()
    merchant.user = f"{merchant.user}-åß-試"
    orders = (await merchant.send("GET", "/__admin/sandboxes")).json
    assert merchant.user not in [sandbox["name"] for sandbox in orders["sandboxes"]]
    merchant.order = {"order_id": "none", "captures": [], "refunds": []}
    await merchant.do(Op.CANCEL)
    orders = (await merchant.send("GET", "/__admin/sandboxes")).json
    assert merchant.user in [sandbox["name"] for sandbox in orders["sandboxes"]]


async def test_two_users_share_nothing(
    new_merchant: Callable[..., Merchant],
) -> None:
    one, other = new_merchant(), new_merchant()
    same = {"name": "same", "lines": [{"unit_price": 100}]}
    await one.make_order(same)
    await other.make_order(same)
    assert one.order_id != other.order_id
    await one.do(Op.CANCEL)
    assert (await other.read())["status"] == "AUTHORIZED"
