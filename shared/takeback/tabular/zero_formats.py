"""Number formats that show leading zeros: a cell that holds 1234 and reads 01234 in the sheet.

The zeros of a postal code or an order number live in the format alone, so a reader that takes the number loses them.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

_PIECE = re.compile(r'"[^"]*"|\\.|.')
_ZEROS_AND_LITERALS = re.compile(r'(?:"[^"]*"|\\.|[-() ]|0)+')
_LEAST_ZEROS = 2


def zero_formats(styles: ET.Element) -> dict[str, str]:
    """The formats that show leading zeros in `xl/styles.xml`, by the style number that cells name.

    ECMA-376 part 1, 18.8.30: a format's first section is that of positive numbers, `0` shows a digit even where there is none.
    """
    codes = {
        element.get("numFmtId"): element.get("formatCode", "").partition(";")[0] for element in styles.iter() if _is(element, "numFmt")
    }
    cell_styles = next((element for element in styles.iter() if _is(element, "cellXfs")), ())
    used = [codes.get(style.get("numFmtId"), "") for style in cell_styles if _is(style, "xf")]
    return {str(number): code for number, code in enumerate(used) if _shows_leading_zeros(code)}


def _is(element: ET.Element, name: str) -> bool:
    return element.tag.rpartition("}")[2] == name


def _shows_leading_zeros(code: str) -> bool:
    zeros = sum(piece == "0" for piece in _PIECE.findall(code))
    return zeros >= _LEAST_ZEROS and _ZEROS_AND_LITERALS.fullmatch(code) is not None


def shown(digits: str, code: str) -> str:
    """A whole number's digits as the format shows them: `shown("1234", "00000")` is 01234."""
    pieces = _PIECE.findall(code)
    first = pieces.index("0")
    left, text = digits, ""
    for at in range(len(pieces) - 1, -1, -1):
        piece = pieces[at]
        if at == first:
            text = (left or "0") + text
        elif piece == "0":
            left, text = left[:-1], (left[-1:] or "0") + text
        else:
            text = piece.removeprefix("\\").strip('"') + text
    return text
