"""Diagram of several sandboxes behind one server."""

from tools.docs_generator.drawing import Drawing

_CLIENTS = (
    ("test 1", "user name: test-1"),
    ("test 2", "user name: test-2"),
    ("shop plugin", "user name: PK1_demo"),
)
_STATE = ("orders", "clock", "fault rules", "journal", "seed and ids")
_TOP, _STEP, _HEIGHT = 70, 140, 120


def sandboxes() -> str:
    """Return the diagram as SVG."""
    height = _TOP + len(_CLIENTS) * _STEP + 40
    drawing = Drawing(
        900,
        height,
        "Sandboxes behind one server",
        "Each client sends its own user name, which selects its sandbox. Each sandbox has its"
        " own orders, clock, fault rules, journal and seed, and is filled from one template."
        " The control API reads and changes sandboxes.",
    )
    drawing.box(260, 20, 400, height - 40, "kustom-mock: one port", kind="group")
    drawing.box(
        700, _TOP, 180, _HEIGHT, "template", "parsed scenario that", "fills a new sandbox"
    )
    drawing.box(
        700,
        _TOP + 2 * _STEP,
        180,
        _HEIGHT,
        "control API /__admin",
        "load scenarios",
        "move the clock",
        "add fault rules",
        "read the verdict",
    )
    for number, (client, login) in enumerate(_CLIENTS):
        y = _TOP + number * _STEP
        middle = y + _HEIGHT // 2
        name = login.removeprefix("user name: ")
        drawing.box(20, middle - 30, 180, 60, client, login)
        drawing.box(360, y, 260, _HEIGHT, f"sandbox {name}", *_STATE)
        drawing.arrow((200, middle), (360, middle))
        drawing.text(275, middle - 8, "merchant API")
        drawing.arrow((700, _TOP + 50), (672, _TOP + 50), (672, y + 30), (620, y + 30))
        drawing.arrow(
            (700, _TOP + 2 * _STEP + 70),
            (684, _TOP + 2 * _STEP + 70),
            (684, y + 90),
            (620, y + 90),
        )
    return drawing.render()
