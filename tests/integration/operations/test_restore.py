"""The statements of docs/operations.md that bring rows over from a restored copy, run by psql as an owner who is no superuser."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import psycopg

from local.postgres import binaries
from tests.integration.conftest import Server

from .conftest import DOCS, OWNER, WITH_ORG, rows, tenant

_OUT, _IN = re.findall(r"```sql\n(\\set ON_ERROR_STOP on\n.*?)\n```", DOCS.read_text(), re.DOTALL)


def _psql(url: str, script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(binaries() / "psql"), "--no-psqlrc", url]
    return subprocess.run(command, input=script, cwd=folder, check=False, capture_output=True, text=True)


def test_everything_is_as_it_was_when_it_was_copied(server: Server, owned: str, tmp_path: Path) -> None:
    as_owner, table = server.database(owned, OWNER), "import_events"
    with psycopg.connect(server.database(owned), autocommit=True) as everything:
        kept = tenant(everything)
        last = everything.execute(f"select max(event_id) from {table}".encode()).fetchone()
        assert _psql(as_owner, _OUT, tmp_path).stderr == ""
        later = tenant(everything)

        assert _psql(as_owner, _IN, tmp_path).stderr == ""

        assert rows(everything, kept) == dict.fromkeys(WITH_ORG, 1)
        assert rows(everything, later) == dict.fromkeys(WITH_ORG, 0)
        assert everything.execute("select count(*) from pg_class where relrowsecurity and not relforcerowsecurity").fetchone() == (0,)
        assert last is not None
        tenant(everything)
        assert everything.execute(f"select max(event_id) from {table}".encode()).fetchone() == (last[0] + 1,)


def test_what_goes_wrong_on_the_way_in_changes_nothing(server: Server, owned: str, tmp_path: Path) -> None:
    as_owner = server.database(owned, OWNER)
    with psycopg.connect(server.database(owned), autocommit=True) as everything:
        org_id = tenant(everything)
        assert _psql(as_owner, _OUT, tmp_path).returncode == 0
        (tmp_path / "bookkeeping_records.copy").write_text("damaged\n")

        assert _psql(as_owner, _IN, tmp_path).returncode != 0

        assert rows(everything, org_id) == dict.fromkeys(WITH_ORG, 1)


def test_every_table_that_knows_of_orgs_is_brought_over() -> None:
    assert re.findall(r"\\copy (\w+) to \1\.copy", _OUT) == re.findall(r"\\copy (\w+) from \1\.copy", _IN)
    assert set(re.findall(r"\\copy (\w+)", _OUT)) == set(WITH_ORG)
    assert set(re.findall(r"(?m)^truncate (.+);$", _IN)[0].split(", ")) == set(WITH_ORG)


def test_the_shell_lines_of_the_page_are_a_shells() -> None:
    blocks = re.findall(r"(?m)(?:^    .*\n)+", DOCS.read_text())
    lines = [block for block in blocks if re.search(r"aws |make |sam ", block)]

    assert len(lines) >= 6
    for block in lines:
        said = subprocess.run(["bash", "-n"], input=block, check=False, capture_output=True, text=True)
        assert (said.returncode, said.stderr) == (0, ""), block
