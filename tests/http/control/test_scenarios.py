from tests.support.merchant import Merchant

SCENARIOS = "/__admin/scenarios"
AS_YAML = {"Content-Type": "application/yaml"}


async def test_shipped_scenarios_are_listed_and_read(merchant: Merchant) -> None:
    listed = (await merchant.send("GET", SCENARIOS)).json["scenarios"]
    names = [scenario["name"] for scenario in listed]
    assert "split-shipment" in names
    text = (await merchant.send("GET", f"{SCENARIOS}/split-shipment")).body.decode()
    assert "two-shipments:" in text
    missing = await merchant.send("GET", f"{SCENARIOS}/split-shipmnt")
    assert missing.status == 404
    assert "did you mean 'split-shipment'?" in missing.json["detail"]


async def test_findings_have_positions_and_nothing_is_loaded(merchant: Merchant) -> None:
    async with merchant.nothing_changes():
        wrong = await merchant.send("POST", "/__admin/lint", b"version: 1\ncontry: NO\n")
        malformed = await merchant.send("POST", "/__admin/lint", b"{")
        right = await merchant.send("POST", "/__admin/lint", b"version: 1\n")
    (finding,) = wrong.json["findings"]
    assert (finding["severity"], finding["line"], finding["column"]) == ("error", 2, 1)
    assert "country" in finding["message"]
    assert malformed.json["findings"][0]["severity"] == "error"
    assert right.json == {"findings": [], "orders": []}


async def test_probable_mistake_is_a_warning(merchant: Merchant) -> None:
    text = (await merchant.send("GET", f"{SCENARIOS}/misspelt-reference")).body
    text = text.partition(b"expect:")[0]
    findings = (await merchant.send("POST", "/__admin/lint", text)).json["findings"]
    assert {finding["severity"] for finding in findings} == {"warning"}


async def test_orders_of_a_scenario_are_listed_and_drawn_before_it_is_loaded(
    merchant: Merchant,
) -> None:
    text = (await merchant.send("GET", f"{SCENARIOS}/misspelt-reference")).body
    async with merchant.nothing_changes():
        (order,) = (await merchant.send("POST", "/__admin/lint", text)).json["orders"]
        path = f"/__admin/lint/picture.svg?order={order['name']}&width=400"
        drawn = await merchant.send("POST", path, text, AS_YAML)
        unknown = await merchant.send(
            "POST", "/__admin/lint/picture.svg?order=none", text, AS_YAML
        )
        wrong = await merchant.send("POST", path, b"version: 1\ncontry: NO\n", AS_YAML)
    assert (order["refunds"], order["not_allocated"]) == (1, 1)
    assert drawn.header("Content-Type") == "image/svg+xml"
    assert b'class="refund failed"' in drawn.body
    assert unknown.status == 422
    assert f"order='none'; known: {order['name']}" in unknown.json["detail"]
    assert wrong.status == 422
