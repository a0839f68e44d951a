"""Small SVG drawing: boxes with text and labelled arrows, readable in light and dark.

Colours are CSS classes with a variant for dark mode. Fonts are the system's, so nothing is
fetched when a diagram is viewed.
"""

from dataclasses import dataclass, field
from html import escape

LINE_HEIGHT = 16  # pixels

_STYLE = """
  svg { font: 12px system-ui, sans-serif; }
  .paper { fill: #fff; }
  .box { fill: #f4f6fb; stroke: #5b6b95; }
  .group { fill: #fbfcfe; stroke: #c3cbe0; stroke-dasharray: 4 3; }
  .title { font-weight: 600; fill: #1b2440; }
  .text { fill: #3c4661; }
  .arrow { stroke: #5b6b95; stroke-width: 1.4; fill: none; }
  .head { fill: #5b6b95; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #1b1f2a; }
    .box { fill: #262c3d; stroke: #8fa0d0; }
    .group { fill: #20242f; stroke: #4a5370; }
    .title { fill: #eef1fa; }
    .text { fill: #c3cbe0; }
    .arrow { stroke: #8fa0d0; }
    .head { fill: #8fa0d0; }
  }
"""


@dataclass(slots=True)
class Drawing:
    """SVG drawing with an accessible title and description. Lengths are pixels."""

    width: int
    height: int
    title: str
    description: str
    parts: list[str] = field(default_factory=list)

    def box(
        self, x: int, y: int, width: int, height: int, *lines: str, kind: str = "box"
    ) -> None:
        """Draw a box; the first line is its title."""
        self.parts.append(
            f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>'
        )
        for number, line in enumerate(lines):
            self.text(x + 10, y + 20 + number * LINE_HEIGHT, line, title=number == 0)

    def text(
        self, x: int, y: int, text: str, *, title: bool = False, anchor: str = "start"
    ) -> None:
        """Write one line; ``anchor`` is ``start``, ``middle`` or ``end``."""
        kind = "title" if title else "text"
        self.parts.append(
            f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def arrow(self, *points: tuple[int, int]) -> None:
        """Draw an arrow along points."""
        path = " ".join(f"{x},{y}" for x, y in points)
        self.parts.append(f'<polyline class="arrow" points="{path}" marker-end="url(#head)"/>')

    def render(self) -> str:
        """Return the SVG document."""
        return "\n".join(
            [
                (
                    f'<svg xmlns="http://www.w3.org/2000/svg" role="img"'
                    f' aria-labelledby="title desc" viewBox="0 0 {self.width} {self.height}"'
                    f' width="{self.width}" height="{self.height}">'
                ),
                f'<title id="title">{escape(self.title)}</title>',
                f'<desc id="desc">{escape(self.description)}</desc>',
                f"<style>{_STYLE}</style>",
                (
                    '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5"'
                    ' markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
                    '<path class="head" d="M0,0 L10,5 L0,10 z"/></marker></defs>'
                ),
                f'<rect class="paper" width="{self.width}" height="{self.height}" rx="8"/>',
                *self.parts,
                "</svg>",
                "",
            ]
        )
