"""The digits of cells become amounts, and texts of these."""

from __future__ import annotations

import cython

from takeback.tabular.loops.words import ALL, FIFTEENS, ONES, ZEROS, beginning, digits_in, first_of, put_word, word_at

_TEN_AND_ONE = cython.declare(cython.ulonglong, (10 << 8) + 1)
_HUNDRED_AND_ONE = cython.declare(cython.ulonglong, (100 << 16) + 1)
_MYRIAD_AND_ONE = cython.declare(cython.ulonglong, (10000 << 32) + 1)
_EVERY_SECOND = cython.declare(cython.ulonglong, 0x00FF00FF00FF00FF)
_EVERY_FOURTH = cython.declare(cython.ulonglong, 0x0000FFFF0000FFFF)
_NIBBLES = cython.declare(cython.ulonglong, 0x0F0F0F0F0F0F0F0F)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _value_of_eight(digits: cython.ulonglong) -> cython.ulonglong:
    """Eight digits in a word, the first one lowest, as a number: two, four and eight at a time."""
    found: cython.ulonglong = digits & _NIBBLES
    found = ((found * _TEN_AND_ONE & ALL) >> 8) & _EVERY_SECOND
    found = ((found * _HUNDRED_AND_ONE & ALL) >> 16) & _EVERY_FOURTH
    return (found * _MYRIAD_AND_ONE & ALL) >> 32


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
    last: cython.Py_ssize_t = max(text.shape[0] - 8, -1)  # place of a word; less a length it is still a number
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
            if start < 0 or length < 0 or start > last - length or shape < 0 or shape >= factors.shape[0]:
                is_inside = False
                break
            factor = factors[shape]
            if factor == 0:
                amounts[at] = constants[0, shape]
                places[at] = constants[1, shape]
                sizes[at] = constants[2, shape]
                continue
            places[at] = place
            if place > out.shape[0] - 16 - length:
                is_inside = False
                break
            if factor < 0:
                out[place] = 45
                place += 1
            if length <= 8:
                word = beginning(word_at(text, start), length)
                value = word ^ ZEROS  # the bytes of digits are 0 to 9 now, all others are 10 or more
                others = beginning(digits_in(value) ^ ONES, length)
                while others:  # the first sign that is no digit goes
                    below = (others & (~others + 1)) - 1
                    word = word & below | word >> 8 & ~below
                    others = (others & (others - 1)) >> 8
                    length -= 1
                value = beginning(word ^ ZEROS, length)
                if value:  # and the zeros before the first other digit
                    zeros = first_of(((value + FIFTEENS) >> 4 & ONES) << 7)
                    word >>= 8 * zeros
                    length -= zeros
                    put_word(out, place, word)
                    place += length
                    value = _value_of_eight(word << 8 * (8 - length) & ALL)
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
                    value = _value_of_eight(word_at(out, digits) << 8 * (8 - length) & ALL) if length else 0
                else:
                    value = _value_of_eight(word_at(out, digits) << 8 * (16 - length) & ALL if length < 16 else word_at(out, digits))
                    value = value * 100000000 + _value_of_eight(word_at(out, place - 8))
            amounts[at] = cython.cast(cython.longlong, value) * factor
            if factor > 1 or factor < -1:
                out[place] = 48
                out[place + 1] = 48
                place += 1 if factor == 10 or factor == -10 else 2
            sizes[at] = place - places[at]
    if not is_inside:
        raise IndexError
    return place
