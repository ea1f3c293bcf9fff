# cython: language_level=3, boundscheck=False, wraparound=False
"""The innermost loops of reading, each over every byte or every cell. Plain Python, compiled ahead by Cython.

What calls them is in the modules around. All texts are arrays of bytes in which at least `WORD` bytes stand behind the last
cell, since cells are looked at eight bytes at a time; a place that would lead outside raises `IndexError`. None of the loops
holds the interpreter's lock. Uncompiled they do the same, a hundred times as slowly: tests hold the two together.
"""

from __future__ import annotations

import cython

if not cython.compiled and __name__ == "takeback.tabular.loops":  # tests load the source under another name
    raise ImportError("The loops are not compiled. Run “make setup”.")

WORD = 8

_FULL = cython.declare(cython.int, 0)
_MORE = cython.declare(cython.int, 1)
_UNEVEN = cython.declare(cython.int, 2)
_LINES = cython.declare(cython.int, 3)
_ODD = cython.declare(cython.int, 4)
FULL, MORE, UNEVEN, LINES, ODD = _FULL, _MORE, _UNEVEN, _LINES, _ODD  # why `cut` stopped
_LONGEST_SHAPE = cython.declare(cython.Py_ssize_t, 64)
LONGEST_SHAPE = _LONGEST_SHAPE  # bytes of a cell whose shape is looked at
_LF = cython.declare(cython.uchar, 10)
_CR = cython.declare(cython.uchar, 13)
_QUOTE = cython.declare(cython.uchar, 34)
_APOSTROPHE = cython.declare(cython.uchar, 39)
_BACKSLASH = cython.declare(cython.uchar, 92)
_MOST_LINES = cython.declare(cython.Py_ssize_t, 100)
_ALL = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
_ONES = cython.declare(cython.ulonglong, 0x0101010101010101)
_HIGHS = cython.declare(cython.ulonglong, 0x8080808080808080)
_LOWS = cython.declare(cython.ulonglong, 0x7F7F7F7F7F7F7F7F)
_ZEROS = cython.declare(cython.ulonglong, 0x3030303030303030)  # the text 00000000
_TO_HIGH = cython.declare(cython.ulonglong, 0x7676767676767676)  # 10 + 0x76 has the high bit
_FIFTEENS = cython.declare(cython.ulonglong, 0x0F0F0F0F0F0F0F0F)
_TEN_AND_ONE = cython.declare(cython.ulonglong, (10 << 8) + 1)
_HUNDRED_AND_ONE = cython.declare(cython.ulonglong, (100 << 16) + 1)
_MYRIAD_AND_ONE = cython.declare(cython.ulonglong, (10000 << 32) + 1)
_EVERY_SECOND = cython.declare(cython.ulonglong, 0x00FF00FF00FF00FF)
_EVERY_FOURTH = cython.declare(cython.ulonglong, 0x0000FFFF0000FFFF)
_NIBBLES = cython.declare(cython.ulonglong, 0x0F0F0F0F0F0F0F0F)
_BLANKS = cython.declare(cython.ulonglong, 0x2020202020202020)  # what makes letters small as well
_INDEX = cython.declare(cython.ulonglong, 0x0001020304050607)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _word(text: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.ulonglong:
    """Eight bytes as a number, the first one lowest."""
    if cython.compiled:
        return cython.cast(cython.pointer(cython.ulonglong), cython.address(text[at]))[0]
    return int.from_bytes(bytes(text[at : at + 8]), "little")


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _put_word(text: cython.uchar[::1], at: cython.Py_ssize_t, word: cython.ulonglong) -> cython.void:
    if cython.compiled:
        cython.cast(cython.pointer(cython.ulonglong), cython.address(text[at]))[0] = word
    else:
        for byte in range(8):
            text[at + byte] = word >> 8 * byte & 255


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _among(word: cython.ulonglong, sign: cython.ulonglong) -> cython.ulonglong:
    """The high bit of each byte that is a sign, given eight times; above the first one others may be marked as well."""
    differ: cython.ulonglong = word ^ sign
    return (differ - _ONES) & ~differ & _HIGHS


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _first(marks: cython.ulonglong) -> cython.Py_ssize_t:
    """Which byte is the first that is marked in its high bit."""
    return (((marks & (~marks + 1)) >> 7) * _INDEX & _ALL) >> 56


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _up_to(word: cython.ulonglong, length: cython.Py_ssize_t) -> cython.ulonglong:
    """The first bytes of a word, fewer than eight or all, and zeros behind them."""
    half: cython.Py_ssize_t = 4 * min(length, 8)  # in two steps, for no word can be shifted by all its bits
    return word & ~((_ALL << half & _ALL) << half)


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
                some_quotes += sign == _QUOTE
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
            if at + 8 <= size and not _word(text, at) & _HIGHS:
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
    if begin < 1 or begin > end or end + 8 > text.shape[0] or text[end - 1] != _LF or record < 0:
        raise IndexError
    if lengths.shape[0] != width or lengths.shape[1] != room or counts.shape[0] < 2:
        raise IndexError
    delimiters: cython.ulonglong = delimiter * _ONES
    line_ends: cython.ulonglong = _LF * _ONES
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
                if text[start] == _QUOTE:
                    start += 1
                    place = start
                    doubled = False
                    while place < end:
                        sign = text[place]
                        if sign == _QUOTE:
                            if text[place + 1] != _QUOTE or place + 1 == end:
                                break
                            doubled = True
                            quotes += 2
                            place += 1
                        elif sign == _LF or sign == _CR:
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
                        if sign != _LF:
                            why = _ODD
                            break
                    if sign != _LF and sign != delimiter:
                        why = _ODD
                        break
                    if doubled:
                        length = -length
                else:
                    place = start
                    word = _word(text, place)
                    marks = _among(word, delimiters) | _among(word, line_ends)
                    while not marks:
                        place += 8
                        word = _word(text, place)
                        marks = _among(word, delimiters) | _among(word, line_ends)
                    place += _first(marks)
                    sign = text[place]
                    length = place - start
                    if sign == _LF and length and text[place - 1] == _CR:
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
            end = at - lengths[cell]
            if at < 0 or end > text.shape[0]:
                is_inside = False
                break
            while at < end:
                text[kept] = text[at]
                at += 2 if text[at] == _QUOTE else 1
                kept += 1
            lengths[cell] = kept - starts[cell]
    if not is_inside:
        raise IndexError


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _hash(
    text: cython.const[cython.uchar][::1], start: cython.Py_ssize_t, length: cython.Py_ssize_t, factor: cython.ulonglong
) -> cython.ulonglong:
    found: cython.ulonglong = 0
    at: cython.Py_ssize_t = 0
    while at < length:
        found = ((found ^ found >> 32 ^ _up_to(_word(text, start + at), length - at)) * factor) & _ALL
        at += 8
    return found


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _equal(
    text: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    other: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
) -> cython.bint:
    done: cython.Py_ssize_t = 0
    while done < length:
        if _up_to(_word(text, start + done) ^ _word(other, at + done), length - done):
            return False
        done += 8
    return True


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _copy(
    text: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    out: cython.uchar[::1],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
) -> cython.void:
    """Copies a cell, and up to seven bytes behind it."""
    done: cython.Py_ssize_t = 0
    while done < length:
        _put_word(out, at + done, _word(text, start + done))
        done += 8


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _short_shape(word: cython.ulonglong) -> cython.ulonglong:
    """The shape of a cell of at most eight bytes: 1 for each digit from the first to the last that is not 0, the other digits 0."""
    value: cython.ulonglong = word ^ _ZEROS  # the bytes of digits are 0 to 9 now, all others are 10 or more
    digits: cython.ulonglong = (~(((value & _LOWS) + _TO_HIGH) | value) & _HIGHS) >> 7
    marks: cython.ulonglong
    value &= digits * 15
    marks = ((value + _FIFTEENS) >> 4) & _ONES  # of the digits that are not 0
    digits &= marks | ((~marks + 1) & _ALL)
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
        word = _up_to(_word(text, start + done), length - done)
        value = word ^ _ZEROS  # the bytes of digits are 0 to 9 now, all others are 10 or more
        digits = (~(((value & _LOWS) + _TO_HIGH) | value) & _HIGHS) >> 7
        value &= digits * 15
        marks = ((value + _FIFTEENS) >> 4) & _ONES
        if marks:
            if first < 0:
                first = done
                first_marks = marks
            last = done
            last_marks = marks
        _put_word(out, at + done, word ^ value)
        done += 8
    if first < 0:
        return
    last_marks |= last_marks >> 8
    last_marks |= last_marks >> 16
    last_marks |= last_marks >> 32
    for done in range(first, last + 1, 8):
        word = _word(out, at + done)
        value = word ^ _ZEROS
        digits = (~(((value & _LOWS) + _LOWS) | value) & _HIGHS) >> 7
        if done == first:
            digits &= first_marks | ((~first_marks + 1) & _ALL)
        if done == last:
            digits &= last_marks
        _put_word(out, at + done, word | digits)


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
    factor: cython.ulonglong,
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
    twice as many as keys. `factor` is odd and nobody knows it: a hash is a product with it, so that nobody can make up cells which
    all meet in one place (multiply-shift hashing, Dietzfelbinger and others, 1997).
    """
    count: cython.Py_ssize_t = starts.shape[0]
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
            if start < 0 or length < 0 or start + length + 8 > text.shape[0]:
                is_inside = False
                break
            behind = ends[known]
            head = _up_to(_word(text, start), length)
            if length <= 8:
                if by_shape:
                    head = _short_shape(head)
                found = (head * factor) & _ALL
            elif by_shape:
                if length > _LONGEST_SHAPE:
                    numbers[at] = 0
                    at += 1
                    continue
                if behind + _LONGEST_SHAPE + 8 > keys.shape[0]:
                    break
                _shape(text, start, length, keys, behind)
                head = _word(keys, behind)
                found = _hash(keys, behind, length, factor)
            else:
                found = _hash(text, start, length, factor)
            slot = found >> shift
            key = slots[slot]
            while key:
                if heads[key] == head and ends[key] - ends[key - 1] == length and (length <= 8 or hashes[key] == found):
                    if length <= 8:
                        break
                    if _equal(keys, ends[key - 1], keys, behind, length) if by_shape else _equal(keys, ends[key - 1], text, start, length):
                        break
                slot = (slot + 1) & mask
                key = slots[slot]
            if not key and known < most:
                if known + 1 >= ends.shape[0] or 2 * (known + 1) > slots.shape[0] or behind + length + 16 > keys.shape[0]:
                    break
                if known - before >= new.shape[0]:
                    break
                if length <= 8:
                    _put_word(keys, behind, head)
                elif not by_shape:
                    _copy(text, start, keys, behind, length)
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


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _value_of_eight(digits: cython.ulonglong) -> cython.ulonglong:
    """Eight digits in a word, the first one lowest, as a number: two, four and eight at a time."""
    found: cython.ulonglong = digits & _NIBBLES
    found = ((found * _TEN_AND_ONE & _ALL) >> 8) & _EVERY_SECOND
    found = ((found * _HUNDRED_AND_ONE & _ALL) >> 16) & _EVERY_FOURTH
    return (found * _MYRIAD_AND_ONE & _ALL) >> 32


def take_amounts(
    text: cython.const[cython.uchar][::1],
    starts: cython.const[cython.longlong][::1],
    lengths: cython.const[cython.longlong][::1],
    numbers: cython.const[cython.longlong][::1],
    factors: cython.const[cython.longlong][::1],
    constants: cython.const[cython.longlong][:, ::1],
    amounts: cython.longlong[::1],
    out: cython.uchar[::1],
    place: cython.Py_ssize_t,
    places: cython.longlong[::1],
    sizes: cython.longlong[::1],
) -> int:
    """The amounts of cells by the numbers of their shapes, and their texts, which are written into `out` from a place on.

    An amount is the number that the cell's digits make, times the `factors[n]` of its shape: 1, 10 or 100, or one of these less
    than 0. Where that is 0, `constants` have the amount, and where its text stands in `out` and how long it is. No cell with a factor
    has more than 16 digits behind the zeros that it begins with. Gives the end of the texts.
    """
    count: cython.Py_ssize_t = starts.shape[0]
    at: cython.Py_ssize_t
    behind: cython.Py_ssize_t
    start: cython.Py_ssize_t
    length: cython.Py_ssize_t
    digits: cython.Py_ssize_t
    shape: cython.Py_ssize_t
    factor: cython.longlong
    value: cython.ulonglong
    word: cython.ulonglong
    others: cython.ulonglong
    below: cython.ulonglong
    zeros: cython.Py_ssize_t
    sign: cython.uchar
    has_begun: cython.bint
    is_taken: cython.bint
    is_inside: cython.bint = True
    if (
        place < 0
        or lengths.shape[0] != count
        or numbers.shape[0] != count
        or constants.shape[0] != 3
        or constants.shape[1] != factors.shape[0]
    ):
        raise IndexError
    if amounts.shape[0] < count or places.shape[0] < count or sizes.shape[0] < count:
        raise IndexError
    with cython.nogil:
        for at in range(count):
            start = starts[at]
            length = lengths[at]
            shape = numbers[at]
            if start < 0 or length < 0 or start + length + 8 > text.shape[0] or shape < 0 or shape >= factors.shape[0]:
                is_inside = False
                break
            factor = factors[shape]
            if factor == 0:
                amounts[at] = constants[0, shape]
                places[at] = constants[1, shape]
                sizes[at] = constants[2, shape]
                continue
            places[at] = place
            if place + length + 16 > out.shape[0]:
                is_inside = False
                break
            if factor < 0:
                out[place] = 45
                place += 1
            if length <= 8:
                word = _up_to(_word(text, start), length)
                value = word ^ _ZEROS  # the bytes of digits are 0 to 9 now, all others are 10 or more
                others = ((((value & _LOWS) + _TO_HIGH) | value) & _HIGHS) >> 7
                others = _up_to(others, length)
                while others:  # the first sign that is no digit goes
                    below = (others & (~others + 1)) - 1
                    word = word & below | word >> 8 & ~below
                    others = (others & (others - 1)) >> 8
                    length -= 1
                value = _up_to(word ^ _ZEROS, length)
                if value:  # and the zeros before the first other digit
                    zeros = _first(((value + _FIFTEENS) >> 4 & _ONES) << 7)
                    word >>= 8 * zeros
                    length -= zeros
                    _put_word(out, place, word)
                    place += length
                    value = _value_of_eight(word << 8 * (8 - length) & _ALL)
            else:
                digits = place
                has_begun = False
                for behind in range(start, start + length):
                    sign = text[behind]
                    is_taken = (sign >= 48) & (sign <= 57)
                    has_begun |= is_taken & (sign != 48)
                    is_taken &= has_begun
                    out[place] = sign
                    place += is_taken
                length = place - digits
                if length <= 8:
                    value = _value_of_eight(_word(out, digits) << 8 * (8 - length) & _ALL) if length else 0
                else:
                    value = _value_of_eight(_word(out, digits) << 8 * (16 - length) & _ALL if length < 16 else _word(out, digits))
                    value = value * 100000000 + _value_of_eight(_word(out, place - 8))
            amounts[at] = cython.cast(cython.longlong, value) * factor
            if factor > 1 or factor < -1:
                out[place] = 48
                out[place + 1] = 48
                place += 1 if factor == 10 or factor == -10 else 2
            sizes[at] = place - places[at]
    if not is_inside:
        raise IndexError
    return place


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
            if start < 0 or length < 0 or start + length + 8 > text.shape[0] or place + length + 9 > out.shape[0]:
                is_inside = False
                break
            out[place] = lead
            _copy(text, start, out, place + 1, length)
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
            if place + size + 12 > out.shape[0]:
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
    """The same for all rows, and no byte more is written. A mark's bit 0 stands for quotation marks, bit 1 for an apostrophe before it."""
    count: cython.Py_ssize_t = ats.shape[0]
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
            if start < 0 or length < 0 or start + length > text.shape[0] or place < 0 or place + length + 4 > out.shape[0]:
                is_inside = False
                break
            out[place] = lead
            place += 1
            if mark & 1:
                out[place] = _QUOTE
                place += 1
            if mark & 2:
                out[place] = _APOSTROPHE
                place += 1
            done = 0
            while done + 8 <= length:
                _put_word(out, place + done, _word(text, start + done))
                done += 8
            while done < length:
                out[place + done] = text[start + done]
                done += 1
            place += length
            if mark & 1:
                out[place] = _QUOTE
                place += 1
            ats[at] = place
    if not is_inside:
        raise IndexError


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
            if start < 0 or lengths[at] < 0 or start + lengths[at] > text.shape[0]:
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
    factor: cython.ulonglong,
    found: cython.uchar[::1],
) -> None:
    """Mark the cells that are equal to the one before them, or one of the two of which may be blank; the first one is always marked.

    `blank` has the beginnings of texts that stand for nothing, as `empty` has them for `are_kept`.
    """
    count: cython.Py_ssize_t = starts.shape[0]
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
            if start < 0 or length < 0 or start + length + 8 > text.shape[0]:
                is_inside = False
                break
            word = _up_to(_word(text, start), length)
            is_blank = blank[((word | _BLANKS) * factor & _ALL) >> 48]
            found[at] = is_blank or was_blank or (length == length_before and _equal(text, start, text, before, length))
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
    factor: cython.ulonglong,
    is_id: cython.bint,
    found: cython.uchar[::1],
) -> None:
    """Mark the cells that a text field, or one of ids, keeps exactly as they are, and COPY takes like that.

    They are not too long, have a visible ASCII sign at both ends, no backslash and no control sign, and begin like no text that stands
    for an empty cell: their first eight bytes, case aside, times `factor`, have no mark in the highest sixteen bits' place of
    `empty`. An id begins with no guard, and its second sign is none of a number that a spreadsheet rounded.
    """
    count: cython.Py_ssize_t = starts.shape[0]
    at: cython.Py_ssize_t
    start: cython.Py_ssize_t
    length: cython.Py_ssize_t
    done: cython.Py_ssize_t
    word: cython.ulonglong
    marks: cython.ulonglong
    sign: cython.uchar
    backslashes: cython.ulonglong = _BACKSLASH * _ONES
    is_inside: cython.bint = True
    if lengths.shape[0] != count or found.shape[0] < count or empty.shape[0] != 65536:
        raise IndexError
    with cython.nogil:
        for at in range(count):
            start = starts[at]
            length = lengths[at]
            if start < 0 or length < 0 or start + length + 8 > text.shape[0]:
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
            word = _up_to(_word(text, start), length)
            if empty[((word | _BLANKS) * factor & _ALL) >> 48]:
                continue
            marks = 0
            done = 0
            while done < length:
                word = _word(text, start + done)
                marks |= _up_to((word - _BLANKS & _ALL) & ~word & _HIGHS | _among(word, backslashes), length - done)
                done += 8
            found[at] = not marks
    if not is_inside:
        raise IndexError
