"""Columns of cells are laid side by side, into rows of text."""

from __future__ import annotations

import cython

from takeback.tabular.loops.words import QUOTE, copy_cell, put_word, word_at

_APOSTROPHE = cython.declare(cython.uchar, 39)


def lay(
    out: cython.uchar[::1],
    ats: cython.longlong[::1],
    lead: cython.uchar,
    text: cython.const[cython.uchar][::1],
    starts: cython.const[cython.longlong][::1],
    lengths: cython.const[cython.longlong][::1],
) -> None:
    """Lay a cell with a sign before it at the place of each row, and move the place behind it; up to seven bytes more are written.

    Rows with a negative place are left out.
    """
    count: cython.Py_ssize_t = ats.shape[0]
    last: cython.Py_ssize_t = max(text.shape[0] - 8, -1)  # place of a word; less a length it is still a number
    at: cython.Py_ssize_t
    place: cython.Py_ssize_t
    start: cython.Py_ssize_t
    length: cython.Py_ssize_t
    is_inside: cython.bint = True
    if starts.shape[0] != count or lengths.shape[0] != count:
        raise IndexError
    with cython.nogil:
        for at in range(count):
            place = ats[at]
            if place < 0:
                continue
            start = starts[at]
            length = lengths[at]
            if start < 0 or length < 0 or start > last - length or place > out.shape[0] - 9 - length:
                is_inside = False
                break
            out[place] = lead
            copy_cell(text, start, out, place + 1, length)
            ats[at] = place + 1 + length
    if not is_inside:
        raise IndexError


def lay_ids(
    out: cython.uchar[::1], ats: cython.const[cython.longlong][::1], head: cython.const[cython.uchar][::1], counter: cython.ulonglong
) -> int:
    """Write a text and twelve hex digits, that count up, at the place of each row; gives the next counter.

    Rows with a negative place are left out.
    """
    count: cython.Py_ssize_t = ats.shape[0]
    size: cython.Py_ssize_t = head.shape[0]
    at: cython.Py_ssize_t
    place: cython.Py_ssize_t
    digit: cython.Py_ssize_t
    half: cython.uchar
    is_inside: cython.bint = True
    with cython.nogil:
        for at in range(count):
            place = ats[at]
            if place < 0:
                continue
            if place > out.shape[0] - 12 - size:
                is_inside = False
                break
            for digit in range(size):
                out[place + digit] = head[digit]
            place += size
            for digit in range(12):
                half = counter >> 4 * (11 - digit) & 15
                out[place + digit] = half + (48 if half < 10 else 87)
            counter += 1
    if not is_inside:
        raise IndexError
    return counter


def lay_quoted(
    out: cython.uchar[::1],
    ats: cython.longlong[::1],
    lead: cython.uchar,
    text: cython.const[cython.uchar][::1],
    starts: cython.const[cython.longlong][::1],
    lengths: cython.const[cython.longlong][::1],
    marks: cython.const[cython.uchar][::1],
) -> None:
    """As `lay`, but for all rows, and no byte more is written. A mark's bit 0 is for quotation marks, bit 1 for an apostrophe before it."""
    count: cython.Py_ssize_t = ats.shape[0]
    last: cython.Py_ssize_t = max(text.shape[0] - 8, -1)  # place of a word; less a length it is still a number
    at: cython.Py_ssize_t
    place: cython.Py_ssize_t
    start: cython.Py_ssize_t
    length: cython.Py_ssize_t
    done: cython.Py_ssize_t
    mark: cython.uchar
    is_inside: cython.bint = True
    if starts.shape[0] != count or lengths.shape[0] != count or marks.shape[0] != count:
        raise IndexError
    with cython.nogil:
        for at in range(count):
            place = ats[at]
            start = starts[at]
            length = lengths[at]
            mark = marks[at]
            if start < 0 or length < 0 or start > last - length or place < 0 or place > out.shape[0] - 4 - length:
                is_inside = False
                break
            out[place] = lead
            place += 1
            if mark & 1:
                out[place] = QUOTE
                place += 1
            if mark & 2:
                out[place] = _APOSTROPHE
                place += 1
            done = 0
            while done + 8 <= length:
                put_word(out, place + done, word_at(text, start + done))
                done += 8
            while done < length:
                out[place + done] = text[start + done]
                done += 1
            place += length
            if mark & 1:
                out[place] = QUOTE
                place += 1
            ats[at] = place
    if not is_inside:
        raise IndexError
