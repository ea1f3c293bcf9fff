"""How much a header resembles a field's aliases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

from takeback.records import Column
from takeback.rules.headers import fold, is_known, words

LOWEST_SCORE = 0.70

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


def likeness(header: str, field: Column) -> Likeness | None:
    """The best of: the same header, the same words, the same words and harmless ones, nearly the same letters; or None."""
    found = _among(header, field, field.aliases)
    if found:
        return found
    if found := _among(header, field, field.aliases_beside):
        return replace(found, beside=field.beside)
    if found := _among(header, field, field.aliases_apart):
        return replace(found, apart=field.apart)
    return None


def _among(header: str, field: Column, aliases: tuple[str, ...]) -> Likeness | None:
    folded, meant = fold(header), words(header)
    if not folded:
        return None
    best: Likeness | None = None
    for rank, alias in enumerate(aliases):
        score = _score(folded, meant, alias, field)
        if score >= LOWEST_SCORE and (best is None or score > best.score):
            best = Likeness(score, rank, _reason(header, alias, field, score))
    return best


def _score(folded: str, meant: tuple[str, ...], alias: str, field: Column) -> float:
    if folded == fold(alias):
        return 1.0
    alias_words = words(alias)
    if not meant or not alias_words or len(alias) < 3:
        return 0.0
    if meant == alias_words:
        return 0.98
    if sorted(meant) == sorted(alias_words):
        return 0.95
    extra = [word for word in meant if word not in alias_words]
    missing = [word for word in alias_words if word not in meant]
    if not missing and alias_words != _NAME and all(word in field.harmless for word in extra):
        return 0.9
    return _nearly(meant, alias_words, extra, missing)


def _nearly(meant: tuple[str, ...], alias_words: tuple[str, ...], extra: list[str], missing: list[str]) -> float:
    """A typing error: as many words, each differing one unknown and close to the one it stands for.

    A known word is never taken for another: `Shipping City` resembles a shipping cost by its letters, and by nothing else.
    """
    if len(extra) != len(missing) or any(is_known(word) for word in extra):
        return 0.0
    if any(_ratio(word, wanted) < 0.8 for word, wanted in zip(extra, missing, strict=True)):
        return 0.0
    return min(0.89, _ratio(" ".join(meant), " ".join(alias_words)))


@lru_cache(maxsize=4096)
def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _reason(header: str, alias: str, field: Column, score: float) -> str:
    shown = " ".join(header.split())
    if score >= 0.9:
        return f"“{shown}” is a usual name for {field.label.lower()}."
    return f"“{shown}” resembles “{alias}”, a usual name for {field.label.lower()}."
