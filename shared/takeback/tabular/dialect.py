"""How a CSV file separates and quotes its cells, decided over many records and with its reasons."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", " ": "space"}
_SAMPLE_RECORDS = 2_000

_SEP_LINE = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n|$)', re.IGNORECASE)
_PLAIN_VALUE = re.compile(
    r"""\s*(?:
        [-+(]?\s*[^\w\s"'.,;|]{0,2}\s*[-+]?\d[\d.,'\s  ]*%?\)?\s*[^\w\s"'.,;|]?   # 1,234.50  -$3  (12)  5%  1 249,50 €
      | \d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T\s]+\d{1,2}:\d{2}.*)?                    # dates, with or without a time
      | \d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?                   # times of day
      | [\w.+-]+@[\w.-]+ | https?://\S+ | [\w#./-]*                                  # addresses, ids, single words, nothing
    )\s*""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """A way to write cells.

    `quote` is None where quotation marks mean themselves. `backslash`: inside quoted cells a backslash stands before a
    quotation mark. `padded`: a blank follows each delimiter. `rival` is another delimiter that fits as well. `width` is
    the usual number of cells.
    """

    delimiter: str
    quote: str | None = '"'
    backslash: bool = False
    padded: bool = False
    rival: str | None = None
    width: int = 1

    def parameters(self, *, strict: bool) -> dict[str, Any]:
        """The arguments for csv.reader."""
        return {
            "delimiter": self.delimiter,
            "quotechar": self.quote or '"',
            "quoting": csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            "skipinitialspace": self.padded,
            "strict": strict,
        }


def name_of(delimiter: str) -> str:
    """A delimiter in words."""
    return _NAMES.get(delimiter, f"“{delimiter}”")


def sep_line(text: str) -> re.Match[str] | None:
    """The line `sep=;` that Excel obeys (and does not show) at the start of a file."""
    return _SEP_LINE.match(text)


def sniff(lines: Sequence[str], chosen: str | None) -> Dialect:
    """The dialect that fits a sample of whole lines best; `chosen` settles the delimiter."""
    if chosen:
        return _with_quoting(lines, Dialect(chosen))
    best = max(DELIMITERS, key=lambda delimiter: _fit(lines, delimiter))  # the first of equals
    rival = next((other for other in DELIMITERS if other != best and _cuts_evenly(lines, other)), None)
    return _with_quoting(lines, Dialect(best, rival=rival))


def _cuts_evenly(lines: Sequence[str], delimiter: str) -> bool:
    """Whether every record, the header too, has the same number of cells, more than one."""
    rows = [row for row in _records(lines, Dialect(delimiter)) if any(row)]
    return len(rows) > 1 and len(rows[0]) > 1 and len(set(map(len, rows))) == 1


def _fit(lines: Sequence[str], delimiter: str) -> float:
    """How well a delimiter cuts the sample into records of one width whose cells look like values; 0: it does not occur."""
    rows = [row for row in _records(lines, Dialect(delimiter)) if any(row)]
    if not rows:
        return 0.0
    width, share = _usual_width(rows)
    if width < 2:
        return 0.0
    return share**2 * (1 - 1 / (width + 1)) * _plausible(rows, delimiter)


def _records(lines: Iterable[str], dialect: Dialect, *, strict: bool = False) -> Iterator[list[str]]:
    reader = csv.reader(lines, **dialect.parameters(strict=strict))
    for _ in range(_SAMPLE_RECORDS):
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue


def _usual_width(rows: Sequence[Sequence[str]]) -> tuple[int, float]:
    """The commonest number of cells, and the share of records that have it."""
    (width, count), *_ = Counter(map(len, rows)).most_common(1)
    return width, count / len(rows)


def _plausible(rows: Sequence[Sequence[str]], delimiter: str) -> float:
    """The share of cells that look like one value, not like two with another delimiter between them."""
    others = "".join(other for other in DELIMITERS if other not in (delimiter, ","))
    total = good = 0.0
    for row in rows[:400]:
        for cell in row:
            total += 1
            if _PLAIN_VALUE.fullmatch(cell[:200]):
                good += 1
            elif not any(other in cell for other in others):
                good += 0.5 if "," in cell else 0.8
    return good / total if total else 0.0


def _with_quoting(lines: Sequence[str], dialect: Dialect) -> Dialect:
    """The dialect with the way of quoting under which the sample has the fewest faults; the usual way wins ties."""
    usual = replace(dialect, width=_width(lines, dialect))
    faults = count_faults(lines, usual)
    single = _single_quoted(lines, usual)
    best, fewest, evenest = usual, faults, _share(lines, usual)
    for other in _unusual(lines, usual, single=single):
        candidate = replace(other, width=_width(lines, other))
        found, share = count_faults(lines, candidate), _share(lines, candidate)
        if share >= evenest and (found < fewest or (found == fewest and (share > evenest or candidate.quote == "'"))):
            best, fewest, evenest = candidate, found, share
    return best


def _unusual(lines: Sequence[str], usual: Dialect, *, single: bool) -> Iterator[Dialect]:
    text = "".join(lines)
    if single:
        yield replace(usual, quote="'")
    if f'{usual.delimiter} "' in text:
        yield replace(usual, padded=True)
    if '\\"' in text:
        yield replace(usual, backslash=True)
    if not single and _quotes_mean_themselves(text, usual.delimiter):
        yield replace(usual, quote=None)


def _single_quoted(lines: Sequence[str], dialect: Dialect) -> bool:
    """Whether cells stand between single quotation marks as a rule: both marks there, never only the first."""
    edge = re.escape(dialect.delimiter)
    text = "".join(lines)
    both = len(re.findall(rf"(?:^|{edge})'[^'\r\n]*'(?={edge}|\r|\n|$)", text, re.MULTILINE))
    opened = len(re.findall(rf"(?:^|{edge})'", text, re.MULTILINE))
    return both >= 2 and both > 0.8 * opened and not re.search(rf'(?:^|{edge})"', text, re.MULTILINE)


def _quotes_mean_themselves(text: str, delimiter: str) -> bool:
    """Whether cells that begin with a quotation mark seldom end with one, and several do not: they are inch marks and titles."""
    edge = re.escape(delimiter)
    opened = len(re.findall(rf'(?:^|{edge})"', text, re.MULTILINE))
    closed = len(re.findall(rf'(?:^|{edge})"(?:[^"\r\n]|"")*"(?={edge}|\r|\n|$)', text, re.MULTILINE))
    return opened - closed >= 2 and opened > 2 * closed


def _width(lines: Sequence[str], dialect: Dialect) -> int:
    rows = [row for row in _records(unescaped(lines, dialect), dialect) if any(row)]
    return _usual_width(rows)[0] if rows else 1


def _share(lines: Sequence[str], dialect: Dialect) -> float:
    rows = [row for row in _records(unescaped(lines, dialect), dialect) if any(row)]
    return _usual_width(rows)[1] if rows else 0.0


def count_faults(lines: Sequence[str], dialect: Dialect) -> int:
    """How many times strict quoting rules are broken in the sample."""
    reader = csv.reader(unescaped(lines, dialect), **dialect.parameters(strict=True))
    faults = 0
    for _ in range(_SAMPLE_RECORDS):
        try:
            next(reader)
        except StopIteration:
            break
        except csv.Error:
            faults += 1
    return faults


def unescaped(lines: Sequence[str], dialect: Dialect) -> Sequence[str]:
    """The lines with backslash escapes of quotation marks turned into the doubled ones that csv.reader knows."""
    if not dialect.backslash:
        return lines
    return [_BACKSLASH.sub(_doubled, line) if "\\" in line else line for line in lines]


_BACKSLASH = re.compile(r'\\([\\"])')


def _doubled(match: re.Match[str]) -> str:
    return '""' if match[1] == '"' else "\\"
