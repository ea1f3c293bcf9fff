"""How much a header resembles a field's aliases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

from takeback.records import Column, Given
from takeback.rules.headers import fold, is_known, spellings, words

LOWEST_SCORE = 0.70

_SAME, _SAME_WORDS, _TURNED_ABOUT, _WITH_OTHERS, _TYPING_ERROR = 1.0, 0.98, 0.95, 0.9, 0.89
_ALIKE = 0.8
_SHORTEST = 4  # letters of a word in which a typing error can be told from another word
_NAME = ("name",)  # the name of a shop is no item's: here no word is harmless


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score` from 0 to 1; `rank` is the alias' place in the field's list.

    `given`: the condition under which it counts.
    """

    score: float
    rank: int
    reason: str
    given: Given | None = None

    @property
    def tier(self) -> int:
        """What is said without condition comes first, for the conditions are about it."""
        return 0 if self.given is None else 2 if self.given.apart else 1


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
    for given in field.given:
        if found := _among(header, field, given.aliases):
            return replace(found, given=given)
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
        score = min([_TYPING_ERROR, *(_resemblance(word, wanted) for word, wanted in zip(extra, missing, strict=True))])
        if score >= LOWEST_SCORE and (best is None or score > best.score):
            best = Likeness(score, rank, f"“{_shown(header)}” resembles “{aliases[rank]}”, a usual name for {field.label.lower()}.")
    return best


@lru_cache(maxsize=4096)
def _resemblance(word: str, wanted: str) -> float:
    """How much a word looks like a typing error of one that means `wanted`; 0 when it does not.

    Nearly the letters of the English word itself, or one slip away from a word of any language that means it.
    """
    ratio = _ratio(word, wanted)
    slips = [_ratio(word, form) for form in (wanted, *spellings(wanted)) if _is_a_slip(word, form)]
    return max([ratio if ratio >= _ALIKE else 0, *slips])


def _is_a_slip(one: str, other: str) -> bool:
    """Whether two words differ by one letter too many, one wrong letter, or two letters swapped."""
    short, long = sorted((one, other), key=len)
    if one == other or len(long) < _SHORTEST or len(long) - len(short) > 1:
        return False
    start = next((place for place, (this, that) in enumerate(zip(short, long, strict=False)) if this != that), len(short))
    if len(short) < len(long):
        return len(long) > _SHORTEST and short[start:] == long[start + 1 :]
    if short[start + 1 :] == long[start + 1 :]:
        return len(long) > _SHORTEST + 1
    return short[start : start + 2] == long[start : start + 2][::-1] and short[start + 2 :] == long[start + 2 :]


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
