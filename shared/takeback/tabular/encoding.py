"""Bytes to text: which encoding, and how a bad byte is kept where it stands."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from takeback.errors import Refused
from takeback.tabular.legacy_encoding import guess
from takeback.tabular.limits import Limits

BLOCK_BYTES = 1 << 18
_SAMPLE_BYTES = 1 << 18

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Multibyte encodings, which the detector knows well; what it says of others on short files is noise.
_MULTIBYTE = ("cp932", "gb18030", "big5", "cp949", "euc_jp")
_SURE_CHAOS = 0.02
_SURE_COHERENCE = 0.3
_SHARE_OF_BAD_LINES = 0.05

_BAD_TEXT = re.compile("[\ud800-\udfff\x00]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """`name` is Python's. `how`: "bom", "valid" (strict UTF-8), "chosen" (by the uploader), "guessed"."""

    name: str
    how: str


def detect(source: BinaryIO, chosen: str | None, *, by_start: bool = False) -> Encoding:
    """The encoding of a text file: what was chosen, a byte-order mark, UTF-8 but for a few damaged lines, else a detector's sure answer.

    `by_start`: when the first block is plain English, the rest is taken for UTF-8 without a look. Raises Refused with code
    "encoding" when nothing is sure: a wrong guess would alter names in silence.
    """
    if chosen:
        return Encoding(_known(chosen), "chosen")
    source.seek(0)
    start = source.read(_SAMPLE_BYTES)
    for mark, name in _BOMS:
        if start.startswith(mark):
            return Encoding(name, "bom")
    if wide := _wide_without_mark(start):
        return Encoding(wide, "guessed")
    first = _first_block_beyond_ascii(source, only_one=by_start)
    if first is None or _is_mostly_utf8(first):
        return Encoding("utf-8", "valid")
    return Encoding(name, "guessed") if (name := _legacy(first)) else Encoding("utf-8", "valid")


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name).name
        "a".encode(found)
    except (LookupError, ValueError, TypeError, UnicodeError):
        raise Refused(
            "unknown_encoding",
            f"There is no text encoding called “{name}”. Leave the encoding open, or choose one such as utf-8 or cp1252.",
        ) from None
    return "utf-8-sig" if found == "utf-8" else found


def _wide_without_mark(start: bytes) -> str | None:
    """UTF-16 that lost its mark: in Latin text every other byte is zero."""
    if len(start) < 4 or b"\0" not in start[:400]:
        return None
    even, odd = start[0:4000:2], start[1:4000:2]
    if odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.05 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.4 * len(even) and odd.count(0) < 0.05 * len(odd):
        return "utf-16-be"
    return None


def _first_block_beyond_ascii(source: BinaryIO, *, only_one: bool) -> bytes | None:
    """The stretch of the file that holds its first bytes beyond ASCII: all bytes before it mean the same in any encoding."""
    source.seek(0)
    while block := source.read(BLOCK_BYTES):
        if not block.isascii():
            return block + source.read(BLOCK_BYTES)
        if only_one:
            break
    return None


def _is_mostly_utf8(block: bytes) -> bool:
    """Whether more of the bytes beyond ASCII form valid UTF-8 than do not; a sequence cut at the block's end is no fault."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(block)
    except UnicodeDecodeError:
        text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(block)
    else:
        return True
    bad = len(re.findall("[\udc80-\udcff]+", text))
    good = len(re.findall("[^\x00-\x7f\udc80-\udcff]+", text))
    return good >= bad


def _legacy(block: bytes) -> str | None:
    """The legacy encoding of some bytes: one under which they read as words, else the detector's answer where it is sure.

    None where nothing fits and the bytes stand in few lines: those are damaged, and the rest is plain English in any encoding.
    Raises Refused with code "encoding" where nothing fits and they stand in many.
    """
    first = next(position for position, byte in enumerate(block) if byte > 0x7F)
    line = block.rfind(b"\n", 0, first) + 1
    sample = block[line : first + _SAMPLE_BYTES]
    if found := guess(sample):
        return found
    from charset_normalizer import from_bytes  # noqa: PLC0415 - slow to import, and rarely asked

    best = from_bytes(sample, cp_isolation=list(_MULTIBYTE)).best()
    if best and best.chaos <= _SURE_CHAOS and best.coherence >= _SURE_COHERENCE:
        return best.encoding
    lines = block.splitlines()
    if sum(not line.isascii() for line in lines) <= _SHARE_OF_BAD_LINES * len(lines):
        return None
    shown = block[line : first + 40].decode("ascii", "replace").strip()[-60:]
    raise Refused(
        "encoding",
        f"Letters beyond plain English cannot be read for certain (the first is in “{shown}”). "
        "In the spreadsheet choose “Save as: CSV UTF-8” or save as .xlsx, and try again; or say which encoding the file has.",
    )


def text_of(source: BinaryIO, encoding: str) -> Iterator[str]:
    """The file's text from its start, in blocks. A byte that the encoding does not know stays as a lone surrogate."""
    source.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)(_error_handler(encoding))
    while block := source.read(BLOCK_BYTES):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def text_blocks(source: BinaryIO, encoding: str, limits: Limits) -> Iterator[str]:
    """The file's text in blocks that end at a line end (a record may still go on).

    Raises Refused where one line is longer than `limits.record_chars`.
    """
    rest = ""
    for block in text_of(source, encoding):
        text = rest + block
        cut = _last_line_end(text)
        if cut:
            yield text[:cut]
        rest = text[cut:]
        if len(rest) > limits.record_chars:
            raise Refused(
                "line_too_long",
                f"One line has more than {limits.record_chars:,} characters, so this is hardly a table. "
                "Open the file in a spreadsheet, save it as CSV or .xlsx and try again.",
            )
    if rest:
        yield rest


def _error_handler(encoding: str) -> str:
    """UTF-8 keeps a bad byte as a surrogate; other encodings have no place for one, so they show the replacement sign."""
    return "surrogateescape" if encoding.startswith("utf-8") else "takeback-mark"


def _mark(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return "\udcff", error.end
    raise error


codecs.register_error("takeback-mark", _mark)


def _last_line_end(text: str) -> int:
    """Where the last complete line ends; a CR at the very end may be half of a CRLF and so does not count."""
    return max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1


def lines_of(text: str) -> list[str]:
    """The lines with their ends; LF, CRLF and CR alike end one, and nothing else does."""
    return io.StringIO(text, newline="").readlines()


def bad_text(text: str) -> re.Match[str] | None:
    """The first bad byte (kept as a surrogate) or NUL in a text."""
    if "\0" not in text:
        if text.isascii():
            return None
        try:
            text.encode()
        except UnicodeEncodeError:
            pass
        else:
            return None
    return _BAD_TEXT.search(text)
