"""The header of a column as words of plain English, whatever its language and spelling."""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files

from takeback.rules.values.currencies import CODES
from takeback.rules.values.plain import plain

LONGEST_HEADER = 128  # longer ones are prose; comparing them takes time that grows with the square

_REPEATED = re.compile(r"(?<=\S)#\d+$")  # the reader's mark of the second column of one name
_NUMBER_SIGN = re.compile(r"\bn\s?[°º]|\bnº|№|#", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BRAND = re.compile(r"\b(e\s?Bay|Pay\s?Pal|Tik\s?Tok|Stock\s?X|Woo\s?Commerce|Face\s?book|Mw\s?St|U\s?St)(?=[^a-z]|$)")
_TOKEN = re.compile(r"[^\W\d_]+")
_PERCENT = re.compile(r"\(?\d+(?:[.,]\d+)?\s?%\)?")
_FORMAT = re.compile(r"\b(?:dd?|mm?|yy(?:yy)?|tt?|jj(?:jj)?|aa(?:aa)?)(?:[-/.](?:dd?|mm?|yy(?:yy)?|tt?|jj(?:jj)?|aa(?:aa)?)){2}\b")
_BRACKETS = re.compile(r"[(\[]([A-Z]{3})[)\]]")
_PATH = re.compile(r"\w+(?:\.\w+)+")
_ITEMS = re.compile(r"(?:order_?)?(?:line_?)?items?|transactions|products|order_?lines?", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+|\d+")
_ABBREVIATED = re.compile(r"([^\W\d_]{3,})\.(?!\w)")
_NO_LANGUAGES = ("silent", "known", "phrases", "marketplaces")
_CENTS = re.compile(r"(?:^|[^a-z])(?:cents?|pence|centimes?|centimos?|centavos?|centesimi|minor units?|pennies)(?:[^a-z]|$)")


@lru_cache(maxsize=4096)
def fold(header: str) -> str:
    """A header for comparing with the very same header: lower case, no accents or currency, words apart by one space."""
    text = plain(_without_currency(_REPEATED.sub("", header[:LONGEST_HEADER])))
    return " ".join(_WORD.findall(text.replace("#", " number ")))


@lru_cache(maxsize=4096)
def words(header: str) -> tuple[str, ...]:
    """The meaningful words of a header in plain English: “N° de commande” is `order number` turned about."""
    text = unicodedata.normalize("NFC", _without_currency(_REPEATED.sub("", header[:LONGEST_HEADER])))
    text = _NUMBER_SIGN.sub(" number ", _nested(text))
    text = _BRAND.sub(lambda match: re.sub(r"\s", "", match[0]).lower(), text)
    text = _TOKEN.sub(lambda match: match[0] if is_known(match[0].lower()) else _CAMEL.sub(" ", match[0]), text)
    text = _FORMAT.sub(" ", plain(text))  # “Date (MM/DD/YYYY)”
    text = _ABBREVIATED.sub(lambda match: _full(match[1]), text)
    spelled = f" {' '.join(_WORD.findall(_PERCENT.sub(' ', text)))} "
    for together, meant in _vocabulary().phrases:
        spelled = spelled.replace(f" {together} ", f" {meant} ")
    found: list[str] = []
    for word in spelled.split():
        found += translate(word)
    meant = [word for word in found if word not in _vocabulary().silent]
    return tuple(word for place, word in enumerate(meant) if not place or word != meant[place - 1])


def _without_currency(header: str) -> str:
    """`Total (ARS)` is a `Total`."""
    return _BRACKETS.sub(lambda match: " " if match[1] in CODES else match[0], header)


def _nested(header: str) -> str:
    """A path of nested JSON as words: `transactions.price.amount` is an item's price."""
    if not _PATH.fullmatch(header):
        return header
    *containers, name = header.split(".")
    if name.lower() in ("amount", "value") and containers:
        name = containers.pop()
    return " ".join("item" if _ITEMS.fullmatch(part) else part for part in (*containers, name))


def says_cents(header: str) -> bool:
    """Whether a header says that its amounts are the hundredth part: `Price (cents)`, `amount_in_cents`.

    So does `total_money.amount`: Square's API writes every Money object in the smallest unit of its currency.
    """
    return header.endswith("_money.amount") or _CENTS.search(fold(_CAMEL.sub(" ", header))) is not None


def fingerprint(headers: Sequence[str]) -> str:
    """A digest of the headers in their order: files of one shape share it."""
    return hashlib.sha256("\x1f".join(fold(header) for header in headers).encode()).hexdigest()[:32]


def is_known(word: str) -> bool:
    """Whether a word stands in the vocabulary, so that it is meant and no typing error."""
    return word in _vocabulary().known


@cache
def _full(word: str) -> str:
    """An abbreviation, as its point says, in plain English, where all known words that begin so mean the same."""
    vocabulary = _vocabulary()
    if word in vocabulary.known or word in vocabulary.silent:
        return word
    meanings = {vocabulary.meaning.get(known, (known,))[0] for known in vocabulary.known if known.startswith(word)}
    return meanings.pop() if len(meanings) == 1 else word


@cache
def translate(word: str) -> tuple[str, ...]:
    """One word, or the words that a compound like `Bestellnummer` or `orderid` is made of."""
    vocabulary = _vocabulary()
    if word in vocabulary.meaning:
        return vocabulary.meaning[word]
    if word in vocabulary.known or len(word) < 5:
        return (word,)
    parts = _split(word)
    return tuple(meant for part in parts for meant in vocabulary.meaning.get(part, (part,))) if parts else (word,)


def spellings(meaning: str) -> tuple[str, ...]:
    """The words that mean one plain English word, in all languages; not those too short to tell a typing error in."""
    return _vocabulary().spellings.get(meaning, ())


class _Vocabulary:
    def __init__(self, tables: dict[str, dict[str, object]]) -> None:
        self.meaning: dict[str, tuple[str, ...]] = dict.fromkeys(_strings(tables["marketplaces"]["words"]), ("marketplace",))
        for language, table in tables.items():
            if language not in _NO_LANGUAGES:
                for word, meant in table.items():
                    self.meaning.setdefault(word, tuple(str(meant).split()))
        self.phrases = [(together, str(meant)) for together, meant in tables["phrases"].items()]
        self.silent = frozenset(_strings(tables["silent"]["words"]))
        meant = {word for words in self.meaning.values() for word in words}
        self.known = frozenset(_strings(tables["known"]["words"])) | meant | frozenset(self.meaning)
        # Pieces shorter than three letters would turn up inside any word.
        self.spellings: dict[str, tuple[str, ...]] = {}
        for word, meant in self.meaning.items():
            if len(meant) == 1 and len(word) > 3:
                self.spellings[meant[0]] = (*self.spellings.get(meant[0], ()), word)
        self.pieces = frozenset(word for word in self.known | self.silent if len(word) >= 3) | {"id", "nr"}


def _strings(values: object) -> Iterable[str]:
    return [str(value) for value in values] if isinstance(values, list) else []


@cache
def _vocabulary() -> _Vocabulary:
    return _Vocabulary(tomllib.loads(files("takeback.rules").joinpath("words.toml").read_text(encoding="utf-8")))


def _split(word: str) -> list[str] | None:
    """The fewest known words that a compound consists of, German linking letters allowed between them; None if none."""
    pieces = _vocabulary().pieces
    best: list[list[str] | None] = [None] * (len(word) + 1)
    best[0] = []
    for end in range(2, len(word) + 1):
        for start in range(end - 1):
            before = best[start]
            if before is None:
                continue
            piece = word[start:end]
            for stem in (piece, piece.removesuffix("s"), piece.removesuffix("n"), piece.removesuffix("en")):
                if stem in pieces and (stem == piece or end < len(word)):
                    candidate = [*before, stem]
                    current = best[end]
                    if current is None or len(candidate) < len(current):
                        best[end] = candidate
                    break
    return best[len(word)]
