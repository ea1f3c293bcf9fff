"""Equal cells get equal numbers, for whole columns at once: a hash table that numpy looks up, pandas thins out and Python fills."""

from __future__ import annotations

import numpy as np
import pandas as pd

from takeback.tabular.byte_cells import NO_TEXT

_FEWEST_SLOTS, _MOST_SLOTS = 12, 18  # powers of two
_HALF = np.uint64(32)
# Odd constants: the digits of pi's fraction, 64 bits each. Which ones does not matter, keys are compared in full.
_ODD = np.array(
    [
        0x243F6A8885A308D3, 0x13198A2E03707345, 0xA4093822299F31D1, 0x082EFA98EC4E6C89,
        0x452821E638D01377, 0xBE5466CF34E90C6D, 0xC0AC29B7C97C50DD, 0x3F84D5B5B5470917,
    ],
    dtype=np.uint64,
)  # fmt: skip
WIDEST = len(_ODD)


def distinct(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the different values each one is, counted from 0 in the order in which they come, and where each comes first."""
    which, found = pd.factorize(values)
    firsts = np.empty(len(found), np.intp)
    firsts[which[::-1]] = np.arange(len(which))[::-1]  # of several places the first is written last
    return which, firsts


class Classes:
    """Numbers from 1 for keys of `words` 64-bit words, in the order in which they are first seen. `len` is the highest one.

    A key of `NO_TEXT` is number 0; with `most` keys known, so is any other.
    """

    def __init__(self, words: int, most: int = 1 << 31) -> None:
        self._words = words
        self._most = most
        self._bits = _FEWEST_SLOTS
        self._slots = np.zeros(1 << self._bits, np.int32)
        self._keys = np.full((self._words, 64), NO_TEXT, np.uint64)  # the words of key n are column n
        self._number_of = {self._keys[:, 0].tobytes(): 0}

    def __len__(self) -> int:
        return len(self._number_of) - 1

    def key(self, number: int) -> str:
        """The text with a number."""
        return self._keys[:, number].tobytes().rstrip(b"\0").decode()

    def number(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The number of each key, and the positions of those that were not known, in order of their new numbers."""
        hashes = _hashed(keys)
        slots = (hashes >> np.uint64(64 - self._bits)).view(np.int64)
        numbers = self._slots.take(slots).astype(np.intp)
        strange = np.flatnonzero(self._differ(numbers, keys))
        if not len(strange):
            return numbers, strange
        if len(self) >= self._most:
            numbers[strange] = 0
            return numbers, strange[:0]
        which, firsts = distinct(hashes[strange])
        found, new = self._look_up(keys, strange[firsts])
        numbers[strange] = found[which]
        odd = strange[self._differ(numbers[strange], keys[strange]) & (numbers[strange] != 0)]
        if len(odd):  # several keys with one hash
            numbers[odd], more = self._look_up(keys, odd)
            new = np.concatenate([new, more])
        self._slots[slots[strange]] = numbers[strange]
        self._widen()
        return numbers, new

    def _differ(self, numbers: np.ndarray, keys: np.ndarray) -> np.ndarray:
        """Which keys are not those with some numbers."""
        found = self._keys[0].take(numbers) != keys[:, 0]
        for at in range(1, self._words):
            found |= self._keys[at].take(numbers) != keys[:, at]
        return found

    def _look_up(self, keys: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of the keys at some positions, one by one; and which of the positions are new."""
        size, before = 8 * self._words, len(self)
        data = keys[positions].tobytes()
        known = self._number_of
        given = []
        for at in range(0, len(data), size):
            key = data[at : at + size]
            given.append(known.setdefault(key, len(known)) if len(known) <= self._most else known.get(key, 0))
        found = np.array(given, np.intp)
        after = len(self)
        while after >= self._keys.shape[1]:
            self._keys = np.concatenate([self._keys, np.full_like(self._keys, NO_TEXT)], axis=1)
        _, firsts = distinct(found)
        new = positions[firsts[found[firsts] > before]]
        self._keys[:, before + 1 : after + 1] = keys[new].T
        return found, new

    def _widen(self) -> None:
        """More slots, so that few keys share one."""
        if len(self) << 4 > 1 << self._bits and self._bits < _MOST_SLOTS:
            self._bits = min(_MOST_SLOTS, len(self).bit_length() + 4)
            self._slots = np.zeros(1 << self._bits, np.int32)
            numbers = np.arange(1, len(self) + 1, dtype=np.int32)
            self._slots[_hashed(self._keys[:, 1 : len(self) + 1].T) >> np.uint64(64 - self._bits)] = numbers


def _hashed(keys: np.ndarray) -> np.ndarray:
    """A 64-bit number for each key."""
    found = keys[:, 0] * _ODD[0]
    for at in range(1, keys.shape[1]):
        found ^= found >> _HALF
        found += keys[:, at]
        found *= _ODD[at]
    found ^= found >> _HALF
    found *= _ODD[0]
    return found
