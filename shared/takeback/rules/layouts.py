"""Exports of known marketplaces and payment services, recognised by their headers: one readable file per source."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from takeback.rules.headers import fold


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of export. All headers are folded.

    `fields`: for each field the headers that feed it, the best first. `ignored`: columns that look like a field and are
    none, with the reason. `per_piece`: prices of one piece where a line may be several. `money_unit`: columns that count
    cents without saying so. `same_on_further_lines`: cells by which a line without an order number shows that it
    continues the order above. `once_per_order`: amounts of the whole order.
    """

    name: str
    recognised_by: tuple[str, ...]
    fields: dict[str, tuple[str, ...]]
    ignored: dict[str, str]
    per_piece: tuple[str, ...]
    money_unit: dict[str, str]
    same_on_further_lines: tuple[str, ...]
    once_per_order: tuple[str, ...]

    def columns_of(self, field: str, headers: Sequence[str]) -> dict[int, int] | None:
        """Column place -> rank for a field, None when the file has none of its columns."""
        known = self.fields.get(field)
        if not known:
            return None
        ranks = {header: rank for rank, header in enumerate(known)}
        return {place: ranks[folded] for place, header in enumerate(headers) if (folded := fold(header)) in ranks} or None

    def places(self, wanted: Sequence[str], headers: Iterable[str]) -> tuple[str, ...]:
        """The headers of a file that are among the folded ones of this layout."""
        return tuple(header for header in headers if fold(header) in wanted)

    def prices_a_piece(self, header: str) -> bool:
        """Whether the column is the price of one piece of a line."""
        return fold(header) in self.per_piece

    def ignores(self, header: str) -> bool:
        return fold(header) in self.ignored

    def why_ignored(self, header: str) -> str:
        return f"{self.name}: {self.ignored[fold(header)]}"

    def reason(self, header: str, label: str) -> str:
        """Why a header feeds the field of this label."""
        return f"This looks like {self.name}, where “{' '.join(header.split())}” is {label.lower()}."


def cent_columns(headers: Sequence[str]) -> frozenset[str]:
    """The columns of a known source that count cents without their header saying so."""
    layout = layout_of(headers)
    return frozenset(header for header in headers if layout and layout.money_unit.get(fold(header)) == "cents")


def layout_of(headers: Sequence[str]) -> Layout | None:
    """The known export with the most recognised headers; None when no layout has all of its own."""
    present = {fold(header) for header in headers}
    matching = [layout for layout in _layouts() if present.issuperset(layout.recognised_by)]
    return max(matching, key=lambda layout: len(layout.recognised_by), default=None)


@cache
def _layouts() -> tuple[Layout, ...]:
    folder = files("takeback.rules").joinpath("sources")
    sources = sorted((source for source in folder.iterdir() if source.name.endswith(".toml")), key=lambda source: source.name)
    return tuple(_layout(table) for source in sources for table in tomllib.loads(source.read_text(encoding="utf-8"))["layout"])


def _layout(table: dict[str, Any]) -> Layout:
    lines = table.get("lines", {})
    return Layout(
        name=table["name"],
        recognised_by=_folded(table["recognised_by"]),
        fields={field: _folded(headers) for field, headers in table["fields"].items()},
        ignored={fold(header): reason for header, reason in table.get("ignored", {}).items()},
        per_piece=_folded(table.get("per_piece", [])),
        money_unit={fold(header): unit for header, unit in table.get("money_unit", {}).items()},
        same_on_further_lines=_folded(lines.get("same", [])),
        once_per_order=_folded(lines.get("once", [])),
    )


def _folded(headers: Sequence[str]) -> tuple[str, ...]:
    return tuple(fold(header) for header in headers)
