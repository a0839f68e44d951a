"""Write SARIF 2.1.0, the format that code hosts show as alerts."""

from collections.abc import Mapping, Sequence

from mockserver import __version__
from mockserver.cli.console import to_json

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(
    tool: str,
    rules: Sequence[Mapping[str, object]],
    results: Sequence[Mapping[str, object]],
    **run: object,
) -> str:
    """Render a log with one run.

    Args:
        tool: name of the command.
        rules: ``reportingDescriptor`` objects.
        results: what :func:`sarif_result` returns.
        run: further properties of the run, such as ``invocations``.
    """
    driver = {"name": tool, "version": __version__, "rules": rules}
    runs = [{"tool": {"driver": driver}, **run, "results": results}]
    return to_json({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": runs})


def sarif_result(  # what a result needs
    rule: str,
    level: str,
    text: str,
    *,
    uri: str,
    region: Mapping[str, int],
    **properties: object,
) -> Mapping[str, object]:
    """Return a result at one place of a file.

    Args:
        rule: id of the rule.
        level: ``error``, ``warning`` or ``note``.
        text: the message.
        uri: relative address of the file, quoted.
        region: ``startLine`` and ``startColumn``, from 1.
        properties: further properties, such as ``partialFingerprints``.
    """
    location = {"artifactLocation": {"uri": uri}, "region": region}
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
        **properties,
    }
