"""frictionless with a schema of patterns: it knows one form for a date, so it looks only at how dates are written."""

from __future__ import annotations

from frictionless import Resource, Schema, system

from bench.columns import AMOUNT, DAY, HEADERS, MONEY, ORDER, QUANTITY, STATUS, TITLE, WORDS

_DAY = r"(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])/\d{4}|\d{4}-\d\d-\d\d|[A-Z][a-z]{2}[- ]\d\d(, |-)\d{2,4}|\d\d [A-Z][a-z]{2} \d{4}"
_SOMETHING = r"\s*\S[\s\S]*"
_RULES = {
    ORDER: {"required": True, "pattern": _SOMETHING},
    DAY: {"required": True, "pattern": f"({_DAY})"},
    TITLE: {"required": True, "pattern": _SOMETHING},
    STATUS: {"required": True, "enum": list(WORDS)},
    **{name: {"required": True, "pattern": AMOUNT.strip("^$")} for name in MONEY},
}


def bad_rows(path: str, _cores: int) -> int:
    """Rows with one error or more."""
    schema = Schema.from_descriptor(
        {
            "fields": [
                {"name": name, "type": "integer", "constraints": {"required": True, "minimum": 1}}
                if name == QUANTITY
                else {"name": name, "type": "string", "constraints": _RULES.get(name, {})}
                for name in HEADERS
            ]
        }
    )
    with system.use_context(trusted=True):  # or an absolute path is an error
        report = Resource(path=path, schema=schema).validate(limit_errors=10**9)
    return len({row for (row,) in report.flatten(["rowNumber"])})
