"""A seller's export of any length in every format, the same for the same seed: twelve columns, about one row in two hundred is wrong."""

from __future__ import annotations

import csv
import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

from bench.columns import HEADERS, WORDS

_ADJECTIVES = "Vintage New Sealed Rare Used Genuine Refurbished Mini Large Deluxe Classic Black Silver Wireless Portable Handmade".split()
_BRANDS = "Sony Canon Lego Nike Dell Bosch Makita Nintendo Casio Fender Seiko Levi's Philips Garmin Logitech Stanley".split()
_THINGS = "Camera Lens,Drill Bit Set,Game Console,Keyboard,Wrist Watch,Jacket,Headphones,Coffee Grinder,Router,Backpack,Desk Lamp".split(
    ","
)
_TRICKY = (', 12" x 8"', ", Red, Large", ' "Limited" Edition', "\nwith box", "\r\nfree shipping", " – café édition")
_NOTES = ("gift", "repeat buyer", "shipped late, refunded postage", "no box", "combined with previous order", "buyer asked for invoice")
_WRONG = {
    1: ("", "13/45/2024", "02/30/2024", "yesterday", "2024-13-01"),
    2: ("", " "),
    3: ("0", "-1", "two", "1.5"),
    4: ("", "12.3.4", "$1,23.50", "free", "12.345"),
    5: ("#REF!", "12,34,56", "--5.00"),
    6: ("n/a?", "(5.00", "0x10"),
    11: ("Lost", "???", "ship"),
}
_FIRST_DAY = date(2022, 1, 1)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file on disk, its data rows, and how many of them are wrong."""

    path: Path
    rows: int
    wrong: int

    @property
    def mb(self) -> float:
        """Its size in megabytes."""
        return self.path.stat().st_size / 1e6


def sheet(folder: Path, rows: int, *, kind: str = "export", ending: str = "csv") -> Sheet:
    """The file with this many rows, made once and kept in `folder`.

    Kinds: `export` (the usual faults), `clean` (none), `faulty` (a fault in every row), `dates` (after the first hundredth no
    date can be read and no two are equal), `texts` (the same of prices). Endings: csv, json, ndjson, xlsx.
    """
    written_by = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    path = folder / f"{kind}-{rows}-{written_by}.{ending}"
    facts = path.with_suffix(f".{ending}.facts")
    if not facts.exists():
        folder.mkdir(parents=True, exist_ok=True)
        wrong = [0]
        _WRITERS[ending](path, _counted(_drawn(rows, kind), wrong))
        facts.write_text(str(wrong[0]))
    return Sheet(path, rows, int(facts.read_text()))


def _counted(drawn: Iterator[tuple[list[str], bool]], wrong: list[int]) -> Iterator[list[str]]:
    for row, is_wrong in drawn:
        wrong[0] += is_wrong
        yield row


def _drawn(count: int, kind: str, seed: int = 7) -> Iterator[tuple[list[str], bool]]:
    """Data rows as text, and whether each is wrong."""
    draw = random.Random(seed)
    share = {"export": 0.005, "faulty": 1.0}.get(kind, 0.0)
    for number in range(count):
        row = _good_row(draw, number)
        # A column that begins like this would not be taken for dates or prices at all.
        spoilt = kind in {"dates", "texts"} and number >= count // 100
        if spoilt and kind == "dates":
            row[1] = f"{row[1]} or {number}"
        elif spoilt:
            row[4] = _word(number)
        is_wrong = draw.random() < share
        if is_wrong:
            place = draw.choice(list(_WRONG))
            row[place] = draw.choice(_WRONG[place])
        yield row, is_wrong or spoilt


def _good_row(draw: random.Random, number: int) -> list[str]:
    chance, choice = draw.random, draw.choice
    day = _FIRST_DAY + timedelta(days=int(chance() * 1200))
    title = f"{choice(_ADJECTIVES)} {choice(_BRANDS)} {choice(_THINGS)} {int(100 + chance() * 9899)}"
    if chance() < 0.02:
        title += choice(_TRICKY)
    price = int(draw.lognormvariate(8.4, 1.0)) + 99
    cost = (price * int(20 + chance() * 70) // 100, price * choice((0, 6, 7, 8)) // 100, int(chance() * 1500))
    return [
        f"{int(10 + chance() * 18)}-{number // 100_000:05}-{number * 7919 % 100_000:05}",
        _day(day, int(chance() * 5)) if chance() < 0.03 else f"{day.month:02}/{day.day:02}/{day.year}",
        title,
        "1" if chance() < 0.85 else str(int(2 + chance() * 10)),
        *(_amount(cents, chance()) for cents in (price, price * 13 // 100 + 30, *cost)),
        f"{int(100 + chance() * 20)}-{int(10**6 + chance() * 9e6)}-{int(10**6 + chance() * 9e6)}" if chance() < 0.8 else "",
        choice(_NOTES) if chance() < 0.15 else "",
        choice(WORDS),
    ]


def _day(day: date, form: int) -> str:
    return (day.isoformat(), f"{day:%b-%d-%y}", f"{day:%b %d, %Y}", f"{day.month}/{day.day}/{day.year}", f"{day:%d %b %Y}")[form]


def _amount(cents: int, form: float) -> str:
    whole, fraction = divmod(cents, 100)
    return f"${whole:,}.{fraction:02}" if form < 0.8 else f"{whole:,}.{fraction:02}" if form < 0.95 else f"{whole}.{fraction:02}"


def _word(number: int) -> str:
    """A word of its own for each number."""
    letters = ""
    while number:
        number, at = divmod(number, 26)
        letters += _LETTERS[at]
    return f"about {letters or _LETTERS[0]}"


def _write_csv(path: Path, rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADERS])
        csv.writer(file).writerows(rows)


def _write_json(path: Path, rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number, row in enumerate(rows):
            file.write(("[" if number == 0 else ",\n") + json.dumps(dict(zip(HEADERS, row, strict=True)), ensure_ascii=False))
        file.write("]\n")


def _write_ndjson(path: Path, rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(dict(zip(HEADERS, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)


def _write_xlsx(path: Path, rows: Iterable[Sequence[str]]) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        page = book.add_worksheet("Orders")
        page.write_row(0, 0, HEADERS)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                page.write_string(number, column, cell)


_WRITERS = {"csv": _write_csv, "json": _write_json, "ndjson": _write_ndjson, "xlsx": _write_xlsx}
