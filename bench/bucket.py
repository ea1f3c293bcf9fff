"""A bucket as the functions use it, in a process of its own that takes little of the processor, objects on disk.

What it costs is not Takeback's, and real S3 has other delays; but every byte goes over HTTP, signed, by boto3.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from bench.fresh import ROOT, USER
from local.environment import REGION, Database, environments, read_template
from local.triggers import Access
from takeback.rules import keys
from takeback.rules.options import Options
from takeback.rules.upload import Start

_API = "http://127.0.0.1"
_LEFT_BEHIND: tuple[keys.Prefix, ...] = ("rows", "errors", "previews", "progress", "requests", "commits", "rollbacks")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has arrived."""

    batch_id: UUID
    key: str
    version_id: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """`environment` is that of a function by its name in the template, with the database as it was given."""

    client: Any
    name: str
    environments: dict[str, dict[str, str]]

    def put(self, path: Path) -> Upload:
        """Upload a file as a browser would have."""
        batch_id = uuid4()
        key = keys.uploads(USER, batch_id, path.name)
        begun = Start(filename=path.name, key=key, record_type="bookkeeping", options=Options())
        start = keys.of_batch("starts", USER, batch_id, "options.json")
        self.client.put_object(Bucket=self.name, Key=start, Body=begun.model_dump_json().encode())
        self.client.upload_file(str(path), self.name, key)
        return Upload(batch_id, key, self.client.head_object(Bucket=self.name, Key=key)["VersionId"])

    def forget(self, upload: Upload, prefixes: tuple[keys.Prefix, ...] = _LEFT_BEHIND) -> None:
        """Delete what was made of an upload, so that the next run finds the bucket as the first did."""
        for prefix in prefixes:
            listed = self.client.list_object_versions(Bucket=self.name, Prefix=keys.of_batch(prefix, USER, upload.batch_id))
            for version in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
                self.client.delete_object(Bucket=self.name, Key=version["Key"], VersionId=version["VersionId"])


@contextmanager
def bucket(data: Path, database: str = "postgresql://nobody@127.0.0.1/none") -> Iterator[Bucket]:
    """The template's bucket, until the block is left. Its limits let sheets of any length pass."""
    folder = data / "objects"
    folder.mkdir(parents=True, exist_ok=True)
    template = read_template(ROOT / "template.yaml", _API, _API)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        access = Access(f"http://127.0.0.1:{listening.getsockname()[1]}", REGION, "bench", "bench")
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.objects", str(folder), str(listening.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listening.fileno()],
            cwd=ROOT,
        )
    environment = environments(template, ROOT, _API, access, Database(database))
    for variables in environment.values():
        variables["UPLOAD_MAX_BYTES"] = "2000000000"
        variables["MAX_ROWS"] = "10000000"
    try:
        yield Bucket(access.client("s3"), environment["Validate"]["BUCKET"], environment)
    finally:
        server.communicate()
