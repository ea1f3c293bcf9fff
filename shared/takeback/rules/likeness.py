"""How much a header resembles a field's aliases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

from takeback.records import Column
from takeback.rules.headers import fold, is_known, words

LOWEST_SCORE = 0.70

_SAME, _SAME_WORDS, _TURNED_ABOUT, _WITH_OTHERS, _TYPING_ERROR = 1.0, 0.98, 0.95, 0.9, 0.89
_NAME = ("name",)  # the name of a shop is no item's: here no word is harmless


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score` from 0 to 1; `rank` is the alias' place in the field's list.

    `beside`: one of these fields must have a column, too. `apart`: this field must have none.
    """

    score: float
    rank: int
    reason: str
    beside: tuple[str, ...] = ()
    apart: str = ""

    @property
    def tier(self) -> int:
        """What is said without condition comes first, for the conditions are about it."""
        return 2 if self.apart else 1 if self.beside else 0


@dataclass(frozen=True, slots=True)
class _Aliases:
    """A list of aliases, ready for looking a header up. The first of equal ones holds its place."""

    folded: dict[str, int]
    in_order: dict[tuple[str, ...], int]
    in_any_order: dict[tuple[str, ...], int]


def likeness(header: str, field: Column) -> Likeness | None:
    """The best of: the same header, the same words, the same words and harmless ones, a typing error; or None."""
    if found := _among(header, field, field.aliases):
        return found
    if found := _among(header, field, field.aliases_beside):
        return replace(found, beside=field.beside)
    if found := _among(header, field, field.aliases_apart):
        return replace(found, apart=field.apart)
    return None


def _among(header: str, field: Column, aliases: tuple[str, ...]) -> Likeness | None:
    folded, meant = fold(header), words(header)
    known = _aliases(aliases)
    if folded in known.folded:
        return _usual(header, field, _SAME, known.folded[folded])
    if not meant:
        return None
    if meant in known.in_order:
        return _usual(header, field, _SAME_WORDS, known.in_order[meant])
    turned = tuple(sorted(meant))
    if turned in known.in_any_order:
        return _usual(header, field, _TURNED_ABOUT, known.in_any_order[turned])
    for alias, rank in known.in_order.items():
        if _with_others(meant, alias, field.harmless):
            return _usual(header, field, _WITH_OTHERS, rank)
    return _typing_error(header, meant, field, aliases)


def _usual(header: str, field: Column, score: float, rank: int) -> Likeness:
    return Likeness(score, rank, f"“{_shown(header)}” is a usual name for {field.label.lower()}.")


def _with_others(meant: Sequence[str], alias: tuple[str, ...], harmless: Sequence[str]) -> bool:
    if alias == _NAME or len(alias) >= len(meant):
        return False
    return all(word in meant for word in alias) and all(word in harmless for word in meant if word not in alias)


def _typing_error(header: str, meant: tuple[str, ...], field: Column, aliases: tuple[str, ...]) -> Likeness | None:
    """As many words, each that differs unknown and close to the one it stands for.

    A known word is never taken for another: `Shipping City` resembles a shipping cost by its letters, and by nothing else.
    """
    if all(is_known(word) for word in meant):
        return None
    best: Likeness | None = None
    for alias, rank in _aliases(aliases).in_order.items():
        extra = [word for word in meant if word not in alias]
        missing = [word for word in alias if word not in meant]
        if len(extra) != len(missing) or any(is_known(word) for word in extra):
            continue
        if any(_ratio(word, wanted) < 0.8 for word, wanted in zip(extra, missing, strict=True)):
            continue
        score = min(_TYPING_ERROR, _ratio(" ".join(meant), " ".join(alias)))
        if score >= LOWEST_SCORE and (best is None or score > best.score):
            best = Likeness(score, rank, f"“{_shown(header)}” resembles “{aliases[rank]}”, a usual name for {field.label.lower()}.")
    return best


@lru_cache(maxsize=256)
def _aliases(aliases: tuple[str, ...]) -> _Aliases:
    found = _Aliases({}, {}, {})
    for rank, alias in enumerate(aliases):
        found.folded.setdefault(fold(alias), rank)
        meant = words(alias)
        if meant and len(alias) > 2:  # “id” means the header “Id” and not whatever means a number
            found.in_order.setdefault(meant, rank)
            found.in_any_order.setdefault(tuple(sorted(meant)), rank)
    return found


@lru_cache(maxsize=4096)
def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _shown(header: str) -> str:
    return " ".join(header.split())
