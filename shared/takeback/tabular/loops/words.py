"""Eight bytes of text at once, as a number: what the loops have in common. Compiled, each is put where it is called."""

from __future__ import annotations

import cython

LF = cython.declare(cython.uchar, 10)
QUOTE = cython.declare(cython.uchar, 34)
ALL = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
ONES = cython.declare(cython.ulonglong, 0x0101010101010101)
HIGHS = cython.declare(cython.ulonglong, 0x8080808080808080)
LOWS = cython.declare(cython.ulonglong, 0x7F7F7F7F7F7F7F7F)
ZEROS = cython.declare(cython.ulonglong, 0x3030303030303030)  # the text 00000000
TO_HIGH = cython.declare(cython.ulonglong, 0x7676767676767676)  # 10 + 0x76 has the high bit
FIFTEENS = cython.declare(cython.ulonglong, 0x0F0F0F0F0F0F0F0F)
BLANKS = cython.declare(cython.ulonglong, 0x2020202020202020)  # what makes letters small as well
_INDEX = cython.declare(cython.ulonglong, 0x0001020304050607)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def word_at(text: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.ulonglong:
    """Eight bytes as a number, the first one lowest."""
    if cython.compiled:
        return cython.cast(cython.pointer(cython.ulonglong), cython.address(text[at]))[0]
    return int.from_bytes(bytes(text[at : at + 8]), "little")


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def put_word(text: cython.uchar[::1], at: cython.Py_ssize_t, word: cython.ulonglong) -> cython.void:
    if cython.compiled:
        cython.cast(cython.pointer(cython.ulonglong), cython.address(text[at]))[0] = word
    else:
        for byte in range(8):
            text[at + byte] = word >> 8 * byte & 255


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def marked(word: cython.ulonglong, sign: cython.ulonglong) -> cython.ulonglong:
    """The high bit of each byte that is a sign, given eight times; above the first one others may be marked as well."""
    differ: cython.ulonglong = word ^ sign
    return (differ - ONES) & ~differ & HIGHS


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def first_of(marks: cython.ulonglong) -> cython.Py_ssize_t:
    """Which byte is the first that is marked in its high bit."""
    return (((marks & (~marks + 1)) >> 7) * _INDEX & ALL) >> 56


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def beginning(word: cython.ulonglong, length: cython.Py_ssize_t) -> cython.ulonglong:
    """The first bytes of a word, fewer than eight or all, and zeros behind them."""
    half: cython.Py_ssize_t = 4 * min(length, 8)  # in two steps, for no word can be shifted by all its bits
    return word & ~((ALL << half & ALL) << half)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def digits_in(values: cython.ulonglong) -> cython.ulonglong:
    """1 in each byte of a word that is at most 9: the digits of a text, once ZEROS are taken off by exclusive or."""
    return (~(((values & LOWS) + TO_HIGH) | values) & HIGHS) >> 7


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def are_equal(
    text: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    other: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
) -> cython.bint:
    done: cython.Py_ssize_t = 0
    while done < length:
        if beginning(word_at(text, start + done) ^ word_at(other, at + done), length - done):
            return False
        done += 8
    return True


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def copy_cell(
    text: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    out: cython.uchar[::1],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
) -> cython.void:
    """Copies a cell, and up to seven bytes behind it."""
    done: cython.Py_ssize_t = 0
    while done < length:
        put_word(out, at + done, word_at(text, start + done))
        done += 8
