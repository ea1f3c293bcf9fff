"""Which legacy encoding some bytes are in: the one under which they read as words of some language."""

from __future__ import annotations

import re
from collections.abc import Iterator

# The letters beyond ASCII of languages, by the encodings that their spreadsheets write. A word is read rightly when one
# language has all of its letters; names of several languages stand side by side in one file.
_WESTERN = (
    "àâæçéèêëîïôœùûü", "äöüßéà", "áéíñóúüªº", "áâãàçéêíóôõúü", "àèéìíîòóùú", "åäöøæéüó", "éèëïóöüáä", "áéíóúýþæöð", "áéíóöõúü",
)  # fmt: skip
_CENTRAL = ("ąćęłńóśźż", "áčďéěíňóřšťúůýžöü", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţéö", "čćđšžáé", "äöüßé", "çëäö")
_TURKISH = ("çğıöşüâîû",)
_BALTIC = ("āčēģīķļņšūžõ", "ąčęėįšųūž", "äöõüšž")
_SCRIPTS = {"cyrillic": (0x400, 0x45F), "greek": (0x386, 0x3CE), "hebrew": (0x5D0, 0x5EA), "arabic": (0x621, 0x6D5)}
_CANDIDATES: tuple[tuple[str, tuple[str, ...] | str], ...] = (
    ("cp1252", _WESTERN),
    ("cp1250", _CENTRAL),
    ("iso8859_2", _CENTRAL),
    ("cp1254", _TURKISH),
    ("cp1257", _BALTIC),
    ("cp1251", "cyrillic"),
    ("koi8_r", "cyrillic"),
    ("cp1253", "greek"),
    ("iso8859_7", "greek"),
    ("cp1255", "hebrew"),
    ("cp1256", "arabic"),
)
_MARKS = frozenset("\xa0€£¥¢§©®™°±²³·¹º»«¼½¾¿¡ªµ¶¬…–—‘’“”‚„†‡•‰‹›×÷´¨¯¸¦¤ƒ№ˇ˘΄΅،؛؟\u200e\u200f₪")
_WORD = re.compile(r"[^\W\d_]+(?:[^\x00-\x7f\w\s]+[^\W\d_]+)*", re.UNICODE)
_BREAKS = re.compile(r"\W+")
_APOSTROPHES = frozenset("’´·‘“”–—…-×")
_SHARE_OF_ODD_WORDS = 0.1


def guess(block: bytes) -> str | None:
    """Python's name of the encoding under which the bytes are words; None where none or several different ones fit.

    Windows-1252 wins where it fits at all: its words hold single accented letters, which other encodings read likewise.
    """
    fitting = [name for name, letters in _CANDIDATES if (text := _decoded(block, name)) is not None and _reads_well(text, letters)]
    if not fitting:
        return None
    first = fitting[0]
    if first == "cp1252" or len({_decoded(block, name) for name in fitting}) == 1:
        return first
    return None


def _decoded(block: bytes, name: str) -> str | None:
    try:
        return block.decode(name)
    except UnicodeDecodeError:
        return None


def _reads_well(text: str, letters: tuple[str, ...] | str) -> bool:
    words = odd = 0
    for word in _foreign_words(text):
        words += 1
        odd += not (_fits_script(word, letters) if isinstance(letters, str) else _fits_language(word, letters))
    stray = sum(1 for char in text if char > "\x7f" and not char.isalpha() and char not in _MARKS)
    return odd + stray <= _SHARE_OF_ODD_WORDS * words if words else not stray


def _foreign_words(text: str) -> Iterator[str]:
    """The words with a character beyond ASCII in or between their letters."""
    return (match[0] for match in _WORD.finditer(text) if not match[0].isascii())


def _fits_language(word: str, languages: tuple[str, ...]) -> bool:
    foreign = {char.lower() if char != "İ" else "ı" for char in word if char > "\x7f" and char not in _APOSTROPHES}
    return _is_well_cased(word) and any(foreign <= set(letters) for letters in languages)


def _fits_script(word: str, script: str) -> bool:
    first, last = _SCRIPTS[script]
    return _is_well_cased(word) and all(first <= ord(char) <= last or char in _APOSTROPHES for char in word)


def _is_well_cased(word: str) -> bool:
    """Whether capitals stand where they do in words: everywhere, or first, also after an apostrophe or a dash."""
    return all(part.isupper() or part[1:] == part[1:].lower() for part in _BREAKS.split(word))
