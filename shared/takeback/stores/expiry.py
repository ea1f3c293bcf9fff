"""The schedule's three duties. Each is a function of the database; none is needed for any check to be right."""

from __future__ import annotations

from takeback.stores.database import transaction


def tidy() -> dict[str, int]:
    """End what is stuck, free what was lost, close the undos whose time has passed; how many of each."""
    with transaction(None) as db:
        ended = db.execute("select end_stuck_backends() as n").fetchall()[0]["n"]
    # A connection that was ended above lets go of its batch before this transaction looks.
    with transaction(None) as db:
        row = db.execute("select free_lost_imports() as freed, disable_old_import_rollbacks() as expired").fetchall()[0]
    return {"ended": ended, **row}
