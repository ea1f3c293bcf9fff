"""Charts as SVG, written by hand: two kinds, no library, readable on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #444 } .title { font-weight: 600; font-size: 15px }
.ours { fill: #0b6bcb; stroke: #0b6bcb } .other { fill: #9aa5b1 } .grid { stroke: #8884 }
.line { fill: none; stroke: #0b6bcb; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #ccc } .ours, .line { stroke: #5aa9f5 } .ours { fill: #5aa9f5 } .other { fill: #667 } }
</style>"""
_BAR, _GAP, _LABEL, _WIDTH = 20, 8, 230, 400
_PLOT_WIDTH, _PLOT_HEIGHT, _LEFT, _TOP = 300, 170, 60, 50


def bars(title: str, values: Mapping[str, float], ours: str, unit: str) -> str:
    """One horizontal bar for each name, longest first; that of `ours` stands out."""
    longest = max(values.values())
    parts = [_text(0, 16, title, "title")]
    for number, (name, value) in enumerate(sorted(values.items(), key=lambda pair: -pair[1])):
        top = 32 + number * (_BAR + _GAP)
        width = max(1, value / longest * _WIDTH)
        parts.append(_text(_LABEL - 8, top + 15, name, anchor="end"))
        parts.append(f'<rect class="{"ours" if name == ours else "other"}" x="{_LABEL}" y="{top}" width="{width:.0f}" height="{_BAR}"/>')
        parts.append(_text(_LABEL + width + 6, top + 15, f"{value:,.0f} {unit}"))
    return _svg(_LABEL + _WIDTH + 130, 36 + len(values) * (_BAR + _GAP), parts)


def lines(panels: Sequence[tuple[str, str, Mapping[str, float]]]) -> str:
    """Panels side by side: a title, a unit, and values over categories in order. The axis begins at zero, or flat is not flat."""
    parts: list[str] = []
    for number, (title, unit, values) in enumerate(panels):
        left = _LEFT + number * (_PLOT_WIDTH + 100)
        highest = max(values.values()) * 1.25
        parts.append(_text(left - 40, 20, title, "title"))
        for tick in range(5):
            y = _TOP + _PLOT_HEIGHT * (1 - tick / 4)
            parts.append(f'<line class="grid" x1="{left}" x2="{left + _PLOT_WIDTH}" y1="{y:.0f}" y2="{y:.0f}"/>')
            parts.append(_text(left - 8, y + 4, f"{highest * tick / 4:.3g}", anchor="end"))
        places = [
            (left + _PLOT_WIDTH * (at + 0.5) / len(values), _TOP + _PLOT_HEIGHT * (1 - value / highest))
            for at, value in enumerate(values.values())
        ]
        parts.append(f'<polyline class="line" points="{" ".join(f"{x:.0f},{y:.0f}" for x, y in places)}"/>')
        for (x, y), (category, value) in zip(places, values.items(), strict=True):
            parts.append(f'<circle class="ours" cx="{x:.0f}" cy="{y:.0f}" r="4"/>')
            parts.append(_text(x, y - 10, f"{value:.3g}", anchor="middle"))
            parts.append(_text(x, _TOP + _PLOT_HEIGHT + 20, category, anchor="middle"))
        parts.append(_text(left + _PLOT_WIDTH / 2, _TOP + _PLOT_HEIGHT + 42, f"rows → {unit}", anchor="middle"))
    return _svg(len(panels) * (_PLOT_WIDTH + 100) + 20, _TOP + _PLOT_HEIGHT + 56, parts)


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">', _STYLE, *parts, "</svg>", ""])
