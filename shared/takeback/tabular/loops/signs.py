"""What the bytes of cells show, for whole columns."""

from __future__ import annotations

import cython

from takeback.tabular.loops.words import ALL, BLANKS, HIGHS, ONES, are_equal, beginning, marked, word_at

_BACKSLASH = cython.declare(cython.uchar, 92)


def look(
    text: cython.const[cython.uchar][::1],
    starts: cython.const[cython.longlong][::1],
    lengths: cython.const[cython.longlong][::1],
    class_of: cython.const[cython.uchar][::1],
    found: cython.uchar[::1],
) -> None:
    """The bits of the classes that the bytes of each cell belong to; of bit 4 only whether the first byte has it.

    Bit 5 is set where a byte of bit 4 stands right behind one of bit 3.
    """
    count: cython.Py_ssize_t = starts.shape[0]
    last: cython.Py_ssize_t = max(text.shape[0] - 8, -1)  # place of a word; less a length it is still a number
    at: cython.Py_ssize_t
    start: cython.Py_ssize_t
    place: cython.Py_ssize_t
    bits: cython.uchar
    before: cython.uchar
    here: cython.uchar
    all_bits: cython.uchar
    is_inside: cython.bint = True
    if lengths.shape[0] != count or found.shape[0] < count or class_of.shape[0] != 256:
        raise IndexError
    with cython.nogil:
        for at in range(count):
            start = starts[at]
            if start < 0 or lengths[at] < 0 or start > last - lengths[at]:
                is_inside = False
                break
            bits = before = 0
            if lengths[at]:
                bits = class_of[text[start]] & 16
            all_bits = 0
            for place in range(start, start + lengths[at]):
                here = class_of[text[place]]
                all_bits |= here
                bits |= (before & 8) << 2 & here << 1
                before = here
            found[at] = bits | all_bits & 15
    if not is_inside:
        raise IndexError


def repeat(
    text: cython.const[cython.uchar][::1],
    starts: cython.const[cython.longlong][::1],
    lengths: cython.const[cython.longlong][::1],
    blank: cython.const[cython.uchar][::1],
    multiplier: cython.ulonglong,
    found: cython.uchar[::1],
) -> None:
    """Mark the cells that are equal to the one before them, or one of the two of which may be blank; the first one is always marked.

    `blank` has the beginnings of texts that stand for nothing, as `empty` has them for `are_kept`.
    """
    count: cython.Py_ssize_t = starts.shape[0]
    last: cython.Py_ssize_t = max(text.shape[0] - 8, -1)  # place of a word; less a length it is still a number
    at: cython.Py_ssize_t
    start: cython.Py_ssize_t
    length: cython.Py_ssize_t
    before: cython.Py_ssize_t = 0
    length_before: cython.Py_ssize_t = -1
    word: cython.ulonglong
    is_blank: cython.bint
    was_blank: cython.bint = True
    is_inside: cython.bint = True
    if lengths.shape[0] != count or found.shape[0] < count or blank.shape[0] != 65536:
        raise IndexError
    with cython.nogil:
        for at in range(count):
            start = starts[at]
            length = lengths[at]
            if start < 0 or length < 0 or start > last - length:
                is_inside = False
                break
            word = beginning(word_at(text, start), length)
            is_blank = blank[((word | BLANKS) * multiplier & ALL) >> 48]
            found[at] = is_blank or was_blank or (length == length_before and are_equal(text, start, text, before, length))
            before = start
            length_before = length
            was_blank = is_blank
    if not is_inside:
        raise IndexError


def are_kept(
    text: cython.const[cython.uchar][::1],
    starts: cython.const[cython.longlong][::1],
    lengths: cython.const[cython.longlong][::1],
    longest: cython.Py_ssize_t,
    empty: cython.const[cython.uchar][::1],
    multiplier: cython.ulonglong,
    is_id: cython.bint,
    found: cython.uchar[::1],
) -> None:
    """Mark the cells that a text field, or one of ids, keeps exactly as they are, and COPY takes like that.

    They are not too long, have a visible ASCII sign at both ends, no backslash and no control sign, and begin like no text that stands
    for an empty cell: their first eight bytes, case aside, times `multiplier`, have no mark in the highest sixteen bits' place of
    `empty`. An id begins with no guard, and its second sign is none of a number that a spreadsheet rounded.
    """
    count: cython.Py_ssize_t = starts.shape[0]
    last: cython.Py_ssize_t = max(text.shape[0] - 8, -1)  # place of a word; less a length it is still a number
    at: cython.Py_ssize_t
    start: cython.Py_ssize_t
    length: cython.Py_ssize_t
    done: cython.Py_ssize_t
    word: cython.ulonglong
    marks: cython.ulonglong
    sign: cython.uchar
    backslashes: cython.ulonglong = _BACKSLASH * ONES
    is_inside: cython.bint = True
    if lengths.shape[0] != count or found.shape[0] < count or empty.shape[0] != 65536:
        raise IndexError
    with cython.nogil:
        for at in range(count):
            start = starts[at]
            length = lengths[at]
            if start < 0 or length < 0 or start > last - length:
                is_inside = False
                break
            found[at] = False
            if length == 0 or length > longest:
                continue
            sign = text[start]
            if sign <= 0x20 or sign >= 0x7F or text[start + length - 1] <= 0x20 or text[start + length - 1] >= 0x7F:
                continue
            if is_id:
                if sign == 39 or sign == 61:
                    continue
                sign = text[start + 1]
                if length > 1 and (sign == 46 or sign == 44 or sign == 69 or sign == 101):
                    continue
            word = beginning(word_at(text, start), length)
            if empty[((word | BLANKS) * multiplier & ALL) >> 48]:
                continue
            marks = 0
            done = 0
            while done < length:
                word = word_at(text, start + done)
                marks |= beginning((word - BLANKS & ALL) & ~word & HIGHS | marked(word, backslashes), length - done)
                done += 8
            found[at] = not marks
    if not is_inside:
        raise IndexError
