"""As much of S3 as Validate and Commit ask for, at next to no cost: every part is a file, and nothing is hashed or checked.

    python -m bench.objects FOLDER FD

serves the listening socket FD until standard input ends. The stand-in of `make run` is far stricter and takes more of the
processor than what is measured here.
"""

from __future__ import annotations

import re
import shutil
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_BLOCK = 1 << 20
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_PART = re.compile(rb"<PartNumber>(\d+)</PartNumber>")


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of an object: its parts in order."""

    version_id: str
    parts: tuple[Path, ...]

    @property
    def size(self) -> int:
        return sum(part.stat().st_size for part in self.parts)


class _Objects(BaseHTTPRequestHandler):
    """One connection. What is kept is kept for all of them."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = _BLOCK
    folder: ClassVar[Path]
    versions: ClassVar[dict[str, list[_Version]]] = {}
    unfinished: ClassVar[dict[str, dict[int, Path]]] = {}
    numbers: ClassVar = count(1)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing is said."""

    def do_GET(self) -> None:
        """An object or a part of it; the versions below a prefix."""
        key, asked = self._asked()
        if "versions" in asked:
            self._list(asked.get("prefix", ""))
            return
        found = self._found(key, asked)
        if found is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        size = found.size
        wanted = _RANGE.fullmatch(self.headers.get("Range", ""))
        start, stop = (int(wanted[1]), int(wanted[2] or size - 1) + 1) if wanted else (0, size)
        headers = {"x-amz-version-id": found.version_id, "ETag": f'"{found.version_id}"', "Content-Length": str(stop - start)}
        if wanted:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        self._begin(206 if wanted else 200, headers)
        if self.command == "GET":
            self._send(found, start, stop)

    do_HEAD = do_GET  # noqa: N815 - the name that the library looks for

    def do_PUT(self) -> None:
        """An object, or a part of one."""
        key, asked = self._asked()
        path = self._take()
        if "uploadId" in asked:
            self.unfinished[asked["uploadId"]][int(asked["partNumber"])] = path
            self._begin(200, {"ETag": '"part"', "Content-Length": "0"})
        elif self.headers.get("If-None-Match") == "*" and self.versions.get(key):
            self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        else:
            self._begin(200, {"ETag": '"object"', "x-amz-version-id": self._keep(key, (path,)), "Content-Length": "0"})

    def do_POST(self) -> None:
        """The beginning and the end of an upload in parts."""
        key, asked = self._asked()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "uploads" in asked:
            upload_id = str(next(self.numbers))
            self.unfinished[upload_id] = {}
            self._answer(200, f"<InitiateMultipartUploadResult><UploadId>{upload_id}</UploadId></InitiateMultipartUploadResult>".encode())
            return
        parts = self.unfinished.pop(asked["uploadId"])
        version_id = self._keep(key, tuple(parts[int(number)] for number in _PART.findall(body)))
        self._answer(
            200, b"<CompleteMultipartUploadResult><ETag>object</ETag></CompleteMultipartUploadResult>", {"x-amz-version-id": version_id}
        )

    def do_DELETE(self) -> None:
        """A version, or an upload that is given up."""
        key, asked = self._asked()
        if "uploadId" in asked:
            self.unfinished.pop(asked["uploadId"], None)
        for version in list(self.versions.get(key, [])):
            if version.version_id == asked.get("versionId"):
                self.versions[key].remove(version)
                for part in version.parts:
                    part.unlink()
        self._begin(204, {"Content-Length": "0"})

    def _asked(self) -> tuple[str, dict[str, str]]:
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
        return unquote(address.path.lstrip("/").partition("/")[2]), asked

    def _found(self, key: str, asked: dict[str, str]) -> _Version | None:
        versions = self.versions.get(key, [])
        wanted = asked.get("versionId")
        return next((one for one in reversed(versions) if wanted in (None, one.version_id)), None)

    def _list(self, prefix: str) -> None:
        versions = [
            f"<Version><Key>{escape(key)}</Key><VersionId>{one.version_id}</VersionId></Version>"
            for key in sorted(self.versions)
            if key.startswith(prefix)
            for one in self.versions[key]
        ]
        self._answer(200, f"<ListVersionsResult>{''.join(versions)}</ListVersionsResult>".encode())

    def _take(self) -> Path:
        path = self.folder / str(next(self.numbers))
        left = int(self.headers["Content-Length"])
        if self.headers.get("Expect") == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        with path.open("wb") as file:
            while left:
                block = self.rfile.read1(min(left, _BLOCK))
                file.write(block)
                left -= len(block)
        return path

    def _keep(self, key: str, parts: tuple[Path, ...]) -> str:
        version_id = str(next(self.numbers))
        self.versions.setdefault(key, []).append(_Version(version_id, parts))
        return version_id

    def _send(self, found: _Version, start: int, stop: int) -> None:
        self.wfile.flush()
        at = 0
        for part in found.parts:
            size = part.stat().st_size
            first, last = max(start - at, 0), min(stop - at, size)
            if first < last:
                with part.open("rb") as file, suppress(ConnectionError):  # whoever has read enough hangs up
                    self.connection.sendfile(file, first, last - first)
            at += size

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._begin(status, {**(headers or {}), "Content-Type": "application/xml", "Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _begin(self, status: int, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def main(folder: str, listening: str) -> None:
    """Serve until standard input ends."""
    _Objects.folder = Path(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Objects, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=int(listening))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
