"""Equal cells, or cells of one shape, get equal numbers, from a hash table in arrays."""

from __future__ import annotations

import cython

from takeback.tabular.loops.words import ALL, FIFTEENS, ONES, ZEROS, are_equal, beginning, copy_cell, digits_in, put_word, word_at

_LONGEST_SHAPE = cython.declare(cython.Py_ssize_t, 64)
LONGEST_SHAPE = _LONGEST_SHAPE  # bytes of a cell whose shape is looked at


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _hash(
    text: cython.const[cython.uchar][::1], start: cython.Py_ssize_t, length: cython.Py_ssize_t, multiplier: cython.ulonglong
) -> cython.ulonglong:
    found: cython.ulonglong = 0
    at: cython.Py_ssize_t = 0
    while at < length:
        found = ((found ^ found >> 32 ^ beginning(word_at(text, start + at), length - at)) * multiplier) & ALL
        at += 8
    return found


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _short_shape(word: cython.ulonglong) -> cython.ulonglong:
    """The shape of a cell of at most eight bytes: 1 for each digit from the first to the last that is not 0, the other digits 0."""
    value: cython.ulonglong = word ^ ZEROS  # the bytes of digits are 0 to 9 now, all others are 10 or more
    digits: cython.ulonglong = digits_in(value)
    marks: cython.ulonglong
    value &= digits * 15
    marks = ((value + FIFTEENS) >> 4) & ONES  # of the digits that are not 0
    digits &= marks | ((~marks + 1) & ALL)
    marks |= marks >> 8
    marks |= marks >> 16
    marks |= marks >> 32
    return word ^ value | digits & marks


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _shape(
    text: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    out: cython.uchar[::1],
    at: cython.Py_ssize_t,
) -> cython.void:
    """Writes the shape of a longer cell, and up to seven NULs behind it."""
    first: cython.Py_ssize_t = -1  # word with a digit that is not 0, and its marks
    last: cython.Py_ssize_t = -1
    first_marks: cython.ulonglong = 0
    last_marks: cython.ulonglong = 0
    done: cython.Py_ssize_t = 0
    word: cython.ulonglong
    value: cython.ulonglong
    digits: cython.ulonglong
    marks: cython.ulonglong
    while done < length:
        word = beginning(word_at(text, start + done), length - done)
        value = word ^ ZEROS  # the bytes of digits are 0 to 9 now, all others are 10 or more
        digits = digits_in(value)
        value &= digits * 15
        marks = ((value + FIFTEENS) >> 4) & ONES
        if marks:
            if first < 0:
                first = done
                first_marks = marks
            last = done
            last_marks = marks
        put_word(out, at + done, word ^ value)
        done += 8
    if first < 0:
        return
    last_marks |= last_marks >> 8
    last_marks |= last_marks >> 16
    last_marks |= last_marks >> 32
    for done in range(first, last + 1, 8):
        word = word_at(out, at + done)
        value = word ^ ZEROS
        digits = digits_in(value)
        if done == first:
            digits &= first_marks | ((~first_marks + 1) & ALL)
        if done == last:
            digits &= last_marks
        put_word(out, at + done, word | digits)


@cython.cfunc
def _bits_left(slots: cython.Py_ssize_t) -> cython.int:
    """How far a hash is to be moved to point to one of so many slots, a power of two."""
    bits: cython.int = 0
    while slots > 1:
        slots >>= 1
        bits += 1
    return 64 - bits


def number(
    text: cython.const[cython.uchar][::1],
    starts: cython.const[cython.longlong][::1],
    lengths: cython.const[cython.longlong][::1],
    first: cython.Py_ssize_t,
    by_shape: cython.bint,
    multiplier: cython.ulonglong,
    slots: cython.int[::1],
    hashes: cython.ulonglong[::1],
    heads: cython.ulonglong[::1],
    ends: cython.longlong[::1],
    keys: cython.uchar[::1],
    known: cython.Py_ssize_t,
    most: cython.Py_ssize_t,
    numbers: cython.longlong[::1],
    new: cython.longlong[::1],
) -> tuple[int, int]:
    """Give cells, or their shapes, the numbers of equal keys, from a cell on; gives the cell at which a table is full, and the last number.

    Key n has its hash in `hashes[n]`, its first eight bytes in `heads[n]`, and ends before `keys[ends[n]]`, where key n + 1
    begins. What has no key gets the next number as long as that is not above `most`, else 0; its place goes to `new`, that of key
    n to `new[n - known - 1]`. Shapes of cells longer than LONGEST_SHAPE are 0. `slots` is the hash table: a power of two, at least
    twice as many as keys. `multiplier` is odd and nobody knows it: a hash is made of products with it, so that cells which all meet in
    one place are not easily made up.
    """
    count: cython.Py_ssize_t = starts.shape[0]
    last: cython.Py_ssize_t = max(text.shape[0] - 8, -1)  # place of a word; less a length it is still a number
    before: cython.Py_ssize_t = known
    mask: cython.ulonglong = slots.shape[0] - 1
    shift: cython.int = _bits_left(slots.shape[0])
    at: cython.Py_ssize_t = first
    start: cython.Py_ssize_t
    length: cython.Py_ssize_t
    behind: cython.Py_ssize_t
    slot: cython.ulonglong
    found: cython.ulonglong
    key: cython.Py_ssize_t
    head: cython.ulonglong
    if lengths.shape[0] != count or numbers.shape[0] < count or first < 0:
        raise IndexError
    if slots.shape[0] < 2 or slots.shape[0] & (slots.shape[0] - 1):
        raise IndexError
    if (
        known < 0
        or known >= ends.shape[0]
        or hashes.shape[0] < ends.shape[0]
        or heads.shape[0] < ends.shape[0]
        or 2 * known > slots.shape[0]
    ):
        raise IndexError
    is_inside: cython.bint = True
    with cython.nogil:
        while at < count:
            start = starts[at]
            length = lengths[at]
            if start < 0 or length < 0 or start > last - length:
                is_inside = False
                break
            behind = ends[known]
            head = beginning(word_at(text, start), length)
            if length <= 8:
                if by_shape:
                    head = _short_shape(head)
                found = (head * multiplier) & ALL
            elif by_shape:
                if length > _LONGEST_SHAPE:
                    numbers[at] = 0
                    at += 1
                    continue
                if behind + _LONGEST_SHAPE + 8 > keys.shape[0]:
                    break
                _shape(text, start, length, keys, behind)
                head = word_at(keys, behind)
                found = _hash(keys, behind, length, multiplier)
            else:
                found = _hash(text, start, length, multiplier)
            slot = found >> shift
            key = slots[slot]
            while key:
                if heads[key] == head and ends[key] - ends[key - 1] == length and (length <= 8 or hashes[key] == found):
                    if length <= 8:
                        break
                    if (
                        are_equal(keys, ends[key - 1], keys, behind, length)
                        if by_shape
                        else are_equal(keys, ends[key - 1], text, start, length)
                    ):
                        break
                slot = (slot + 1) & mask
                key = slots[slot]
            if not key and known < most:
                if known + 1 >= ends.shape[0] or 2 * (known + 1) > slots.shape[0] or behind + length + 16 > keys.shape[0]:
                    break
                if known - before >= new.shape[0]:
                    break
                if length <= 8:
                    put_word(keys, behind, head)
                elif not by_shape:
                    copy_cell(text, start, keys, behind, length)
                new[known - before] = at
                known += 1
                key = known
                slots[slot] = key
                hashes[key] = found
                heads[key] = head
                ends[key] = behind + length
            numbers[at] = key
            at += 1
    if not is_inside:
        raise IndexError
    return at, known


def spread_keys(hashes: cython.const[cython.ulonglong][::1], known: cython.Py_ssize_t, slots: cython.int[::1]) -> None:
    """Fill an empty hash table with the first keys."""
    mask: cython.ulonglong = slots.shape[0] - 1
    shift: cython.int = _bits_left(slots.shape[0])
    slot: cython.ulonglong
    key: cython.Py_ssize_t
    if known >= hashes.shape[0] or 2 * known > slots.shape[0] or slots.shape[0] < 2 or slots.shape[0] & (slots.shape[0] - 1):
        raise IndexError
    with cython.nogil:
        for key in range(1, known + 1):
            slot = hashes[key] >> shift
            while slots[slot]:
                slot = (slot + 1) & mask
            slots[slot] = key
