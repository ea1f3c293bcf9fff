"""Whole records of JSON objects to columns, all of a block at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from takeback.tabular.byte_cells import SLACK, Buffer, ByteCells
from takeback.tabular.encoding import bad_text
from takeback.tabular.json_columns import Columns, decoded
from takeback.tabular.json_joints import CONSTANTS, Joints
from takeback.tabular.limits import Limits
from takeback.tabular.objections import Objection, judge_text, spread
from takeback.tabular.table import TEXT

_QUOTE, _BACKSLASH = b'"\\'
SPARSE = 8  # times as many cells as there are values may be empty for want of a key


@dataclass(frozen=True, slots=True)
class Block:
    """Some records. Cell r of column c is `text[starts[c, r] : starts[c, r] + lengths[c, r]]`, of the kind `letters[c, r]`."""

    text: bytes
    starts: np.ndarray
    lengths: np.ndarray
    letters: np.ndarray

    def __len__(self) -> int:
        return self.starts.shape[1]

    def part(self, rows: slice) -> Block:
        """Some of the records."""
        return replace(self, starts=self.starts[:, rows], lengths=self.lengths[:, rows], letters=self.letters[:, rows])

    def moved(self, distance: int, text: bytes) -> Block:
        """The same records where their text stands that much further on in another one."""
        return replace(self, text=text, starts=self.starts + np.int32(distance))


@dataclass(frozen=True, slots=True)
class _Strings:
    """Where the strings of a text begin and end (their quotation marks), and the backslashes in them.

    `joints` are the numbers of what stands behind each, up to the next one, which for the last of them begins at `next`.
    """

    opens: np.ndarray
    closes: np.ndarray
    joints: np.ndarray
    backslashes: np.ndarray
    next: int


class BlockReader:
    """Reads block after block of one file. `columns` are those seen so far."""

    def __init__(self, *, one_a_line: bool, limits: Limits) -> None:
        self.columns = Columns(limits)
        self._joints = Joints(one_a_line=one_a_line)
        self._start = re.compile(rb"\{[ \t]*" if one_a_line else rb"\{[ \t\n\r]*")
        self._limits = limits

    def read(self, data: bytes) -> tuple[Block | None, int]:
        """The complete records of text that begins with one, None where there are none; and where the next one begins."""
        buffer = Buffer(bytearray().join([data, bytes(SLACK)]), len(data))
        strings = self._strings(buffer, data)
        if strings is None:
            return None, 0
        ends = np.flatnonzero(self._joints.is_end.take(strings.joints))
        places = strings.closes[ends] + 1 + self._joints.brace.take(strings.joints[ends])
        if np.diff(places, prepend=0).max() > self._limits.record_chars:
            raise Objection
        return self._block(buffer, data[: places[-1]], strings), int(places[-1])

    def _strings(self, buffer: Buffer, data: bytes) -> _Strings | None:
        """The strings of all complete records, None where there are none. All that stands between them is checked."""
        quotes, backslashes = _quotes(buffer.data[: len(data)], data)
        if len(quotes) < 3:
            return None
        judge_text(buffer.data[: quotes[-1]])
        opens, closes = quotes[::2], quotes[1::2]
        closes = closes[: len(opens) - 1]
        joints = self._joints.number(_between(buffer, closes, opens[1:]))
        ends = np.flatnonzero(self._joints.is_end.take(joints))
        if not len(ends):
            return None
        count = int(ends[-1]) + 1
        found = _Strings(opens[:count], closes[:count], joints[:count], backslashes, int(opens[count]))
        start, text = data[: opens[0]], buffer.data[opens[0] : found.next]
        # What is below a blank in the bytes may stand in joints, but not in strings.
        if not self._start.fullmatch(start) or np.count_nonzero(text < ord(" ")) != self._joints.controls.take(found.joints).sum():
            raise Objection
        return found

    def _block(self, buffer: Buffer, data: bytes, strings: _Strings) -> Block:
        joints, opens, closes = self._joints, strings.opens, strings.closes
        is_bare = joints.is_bare.take(strings.joints)
        is_key = np.ones(len(opens), bool)
        is_key[1:] = ~is_bare[:-1]
        if (joints.is_after_key.take(strings.joints) != is_key).any():
            raise Objection
        keys = np.flatnonzero(is_key)
        ends = joints.is_end.take(strings.joints)
        records = (np.cumsum(ends) - ends)[keys]
        is_object = joints.is_object.take(strings.joints[keys])
        columns = self.columns.of_values(_between(buffer, opens[keys], closes[keys]), records, self._depths(strings)[keys], is_object)
        if is_object.any():
            keys, records = keys[~is_object], records[~is_object]
        starts, lengths, letters, more = self._values(data, strings, keys)
        shape = len(self.columns), int(records[-1]) + 1
        if shape[0] * shape[1] > SPARSE * len(keys):
            raise Objection
        at = columns * shape[1] + records
        starts, lengths = _put(starts, at, shape), _put(lengths, at, shape)
        text = np.frombuffer(data + more, np.uint8)[spread(starts.ravel(), lengths.ravel())]
        starts = (np.cumsum(lengths) - lengths.ravel()).reshape(shape)
        return Block(text.tobytes(), starts, lengths, _put(letters, at, shape, ord(TEXT)))

    def _depths(self, strings: _Strings) -> np.ndarray:
        """In how many objects of its record each string stands."""
        steps = self._joints.steps.take(strings.joints)
        if not steps.any():
            return steps
        behind = np.cumsum(steps)
        if behind.min() < 0 or behind[self._joints.is_end.take(strings.joints)].any():
            raise Objection
        return behind - steps

    def _values(self, data: bytes, strings: _Strings, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, bytes]:
        """Where the values of keys begin in the data and what stands behind them, their lengths and kinds, and what stands there."""
        joints, opens, closes = self._joints, strings.opens, strings.closes
        behind = strings.joints[keys]
        is_string = joints.is_bare.take(behind)
        last = keys + is_string  # the string that is the value, or the key with a value in the joint behind it
        starts = np.where(is_string, opens[last] + 1, closes[last] + 1 + joints.place.take(behind))
        lengths = np.where(is_string, closes[last] - opens[last] - 1, joints.length.take(behind))
        more = _decode(data, starts, lengths, strings.backslashes)
        constant = joints.constant.take(behind)
        np.copyto(starts, len(data) + len(more) + constant, where=constant >= 0)
        if lengths.max() > self._limits.cell_chars:
            raise Objection
        return starts.astype(np.int32), lengths.astype(np.int32), joints.letter.take(behind), more + CONSTANTS


def _quotes(text: np.ndarray, data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Where quotation marks stand that begin or end a string, and where backslashes do."""
    found = text == _QUOTE
    if b"\\" not in data:
        return np.flatnonzero(found), np.zeros(0, np.int64)
    backslashes = np.flatnonzero(text == _BACKSLASH)
    firsts = np.flatnonzero(np.diff(backslashes, prepend=-2) != 1)  # of each run
    lengths = np.diff(firsts, append=len(backslashes))
    behind = backslashes[firsts] + lengths
    found[behind[(lengths % 2 == 1) & (behind < len(text))]] = False
    return np.flatnonzero(found), backslashes


def _between(buffer: Buffer, before: np.ndarray, behind: np.ndarray) -> ByteCells:
    """What stands between some signs and others."""
    starts = before + 1
    return ByteCells(buffer, starts, behind - starts)


def _put(values: np.ndarray, at: np.ndarray, shape: tuple[int, int], missing: int = 0) -> np.ndarray:
    """A matrix with values in some places."""
    found = np.full(shape, missing, values.dtype)
    found.ravel()[at] = values
    return found


def _decode(data: bytes, starts: np.ndarray, lengths: np.ndarray, backslashes: np.ndarray) -> bytes:
    """The text of the cells with backslashes, which from now on are those behind the data. All cells are in order."""
    holder = np.maximum(np.searchsorted(starts, backslashes, side="right") - 1, 0)
    is_inside = (backslashes >= starts[holder]) & (backslashes < starts[holder] + lengths[holder])
    cells = np.unique(holder[is_inside])
    if not len(cells):
        return b""
    ends = starts[cells] + lengths[cells]
    texts = decoded([data[start:end] for start, end in zip(starts[cells].tolist(), ends.tolist(), strict=True)])
    if bad_text("".join(texts)):
        raise Objection
    found = [text.encode() for text in texts]
    lengths[cells] = [len(text) for text in found]
    starts[cells] = len(data) + np.cumsum(lengths[cells]) - lengths[cells]
    return b"".join(found)
