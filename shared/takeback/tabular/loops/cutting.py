"""Text is looked at as a whole, and CSV is cut into cells."""

from __future__ import annotations

import cython

from takeback.tabular.loops.words import HIGHS, LF, ONES, QUOTE, first_of, marked, word_at

_FULL = cython.declare(cython.int, 0)
_MORE = cython.declare(cython.int, 1)
_UNEVEN = cython.declare(cython.int, 2)
_LINES = cython.declare(cython.int, 3)
_ODD = cython.declare(cython.int, 4)
FULL, MORE, UNEVEN, LINES, ODD = _FULL, _MORE, _UNEVEN, _LINES, _ODD  # why `cut` stopped
_CR = cython.declare(cython.uchar, 13)
_MOST_LINES = cython.declare(cython.Py_ssize_t, 100)


def tally(text: cython.const[cython.uchar][::1]) -> tuple[int, int, bool]:
    """The number of quotation marks and of carriage returns, and whether there is a NUL."""
    size: cython.Py_ssize_t = text.shape[0]
    quotes: cython.Py_ssize_t = 0
    returns: cython.Py_ssize_t = 0
    nuls: cython.uchar = 0
    some_quotes: cython.uchar  # of fewer than 256 bytes, so that sixteen and more are counted at once
    some_returns: cython.uchar
    at: cython.Py_ssize_t = 0
    stop: cython.Py_ssize_t
    place: cython.Py_ssize_t
    sign: cython.uchar
    with cython.nogil:
        while at < size:
            stop = min(at + 240, size)
            some_quotes = some_returns = 0
            for place in range(at, stop):
                sign = text[place]
                some_quotes += sign == QUOTE
                some_returns += sign == _CR
                nuls |= sign == 0
            quotes += some_quotes
            returns += some_returns
            at = stop
    return quotes, returns, nuls != 0


def is_utf8(text: cython.const[cython.uchar][::1]) -> bool:
    """Whether a text is well-formed UTF-8, as table 3-7 of the Unicode Standard has it."""
    size: cython.Py_ssize_t = text.shape[0]
    at: cython.Py_ssize_t = 0
    more: cython.Py_ssize_t
    sign: cython.uchar
    lowest: cython.uchar
    highest: cython.uchar
    is_sound: cython.bint = True
    with cython.nogil:
        while at < size:
            if at + 8 <= size and not word_at(text, at) & HIGHS:
                at += 8
                continue
            sign = text[at]
            at += 1
            if sign < 0x80:
                continue
            more = 1 if sign < 0xE0 else 2 if sign < 0xF0 else 3
            if sign < 0xC2 or sign > 0xF4 or at + more > size:
                is_sound = False
                break
            lowest = 0xA0 if sign == 0xE0 else 0x90 if sign == 0xF0 else 0x80
            highest = 0x9F if sign == 0xED else 0x8F if sign == 0xF4 else 0xBF
            while more:
                if text[at] < lowest or text[at] > highest:
                    is_sound = False
                    break
                lowest = 0x80
                highest = 0xBF
                at += 1
                more -= 1
            if not is_sound:
                break
    return is_sound


def cut(
    text: cython.uchar[::1],
    begin: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    delimiter: cython.uchar,
    record: cython.Py_ssize_t,
    starts: cython.longlong[:, ::1],
    lengths: cython.longlong[:, ::1],
    counts: cython.longlong[::1],
    longest_cell: cython.Py_ssize_t,
    longest_record: cython.Py_ssize_t,
) -> tuple[int, int, int, int]:
    """Cut records of CSV text, that ends with a line, into cells by column, from a record on until something has to be said.

    Gives why it stopped, where the next record begins, the number of the next record, and the cells of the record that is
    spoken of: FULL, there is no room for more; MORE, the text ends, maybe within a record; UNEVEN, the next record has that many
    cells; LINES, the last record has cells with line breaks, and delimiters enough for a record of their own; ODD, this is no
    plain text. To `counts` are added the quotation marks and the carriage returns that were met where they may stand: if there
    are more, the text is not plain either. The length of a cell with doubled quotation marks is given below 0 (see `undouble`).
    """
    width: cython.Py_ssize_t = starts.shape[0]
    room: cython.Py_ssize_t = starts.shape[1]
    if begin < 1 or begin > end or end > text.shape[0] - 8 or text[end - 1] != LF or delimiter == LF or record < 0:
        raise IndexError
    if lengths.shape[0] != width or lengths.shape[1] != room or counts.shape[0] < 2:
        raise IndexError
    delimiters: cython.ulonglong = delimiter * ONES
    line_ends: cython.ulonglong = LF * ONES
    at: cython.Py_ssize_t = begin
    start: cython.Py_ssize_t
    place: cython.Py_ssize_t
    length: cython.Py_ssize_t
    column: cython.Py_ssize_t = 0
    lines: cython.Py_ssize_t
    inner: cython.Py_ssize_t
    quotes: cython.Py_ssize_t
    returns: cython.Py_ssize_t
    doubled: cython.bint
    marks: cython.ulonglong
    word: cython.ulonglong
    sign: cython.uchar
    why: cython.int = _FULL
    with cython.nogil:
        while record < room and why == _FULL:
            if at == end:
                why = _MORE
                break
            start = at
            column = lines = inner = quotes = returns = 0
            sign = delimiter
            while sign == delimiter:
                if text[start] == QUOTE:
                    start += 1
                    place = start
                    doubled = False
                    while place < end:
                        sign = text[place]
                        if sign == QUOTE:
                            if text[place + 1] != QUOTE:
                                break
                            doubled = True
                            quotes += 2
                            place += 1
                        elif sign == LF or sign == _CR:
                            lines += 1
                            returns += sign == _CR
                            if lines > _MOST_LINES:
                                break
                        inner += sign == delimiter
                        place += 1
                    if lines > _MOST_LINES or place - start > longest_cell:
                        why = _ODD
                        break
                    if place >= end:
                        why = _MORE
                        break
                    quotes += 2
                    length = place - start
                    place += 1
                    sign = text[place]
                    if sign == _CR:
                        place += 1
                        sign = text[place]
                        returns += 1
                        if sign != LF:
                            why = _ODD
                            break
                    if sign != LF and sign != delimiter:
                        why = _ODD
                        break
                    if doubled:
                        length = -length
                else:
                    place = start
                    word = word_at(text, place)
                    marks = marked(word, delimiters) | marked(word, line_ends)
                    while not marks:
                        place += 8
                        word = word_at(text, place)
                        marks = marked(word, delimiters) | marked(word, line_ends)
                    place += first_of(marks)
                    sign = text[place]
                    length = place - start
                    if sign == LF and length and text[place - 1] == _CR:
                        length -= 1
                        returns += 1
                if length > longest_cell or -length > longest_cell:
                    why = _ODD
                    break
                if column < width:
                    starts[column, record] = start
                    lengths[column, record] = length
                column += 1
                start = place + 1
            if why == _MORE or why == _ODD:
                break
            if start - at > longest_record:
                why = _ODD
                break
            if column != width:
                why = _UNEVEN
                break
            if lines and inner >= width - 1:
                why = _LINES
            counts[0] += quotes
            counts[1] += returns
            at = start
            record += 1
    return why, at, record, column


def undouble(text: cython.uchar[::1], starts: cython.const[cython.longlong][::1], lengths: cython.longlong[::1]) -> None:
    """Write the doubled quotation marks of cells whose length is below 0 once, where they stand, and give their new lengths."""
    count: cython.Py_ssize_t = starts.shape[0]
    cell: cython.Py_ssize_t
    at: cython.Py_ssize_t
    end: cython.Py_ssize_t
    kept: cython.Py_ssize_t
    is_inside: cython.bint = True
    if lengths.shape[0] != count:
        raise IndexError
    with cython.nogil:
        for cell in range(count):
            if lengths[cell] >= 0:
                continue
            at = kept = starts[cell]
            if at < 0 or at > text.shape[0] or lengths[cell] < at - text.shape[0]:
                is_inside = False
                break
            end = at - lengths[cell]
            while at < end:
                text[kept] = text[at]
                at += 2 if text[at] == QUOTE else 1
                kept += 1
            lengths[cell] = kept - starts[cell]
    if not is_inside:
        raise IndexError
