"""A version of an object as a file: what is read from its start on comes straight from S3, a block ahead of the reader."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from io import SEEK_CUR, SEEK_END, SEEK_SET, BufferedIOBase
from queue import Empty, Queue
from threading import Event, Thread
from typing import IO

from takeback.stores import files

_BLOCK_BYTES = 1 << 19
_BLOCKS_AHEAD = 2
_HEAD_BYTES = 3 << 19  # kept in memory: whoever finds out what a file is begins anew several times


class Download(BufferedIOBase):
    """Reads one version of an object of `bytes` bytes; to be closed. Raises `NotFound`, and `Unavailable` for S3's faults.

    A reader that begins again is served by another request. One that jumps about, as in an archive, has the whole object put
    on disk first.
    """

    def __init__(self, key: str, version_id: str) -> None:
        self._key, self._version_id = key, version_id
        self._digest, self._hashed = hashlib.sha256(), 0
        self._position = 0
        self._head = b""
        self._kept: IO[bytes] | None = None
        self._ahead: _Ahead | None = None
        self.bytes = self._fetch(0)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._position

    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        """Go to a place; nothing is fetched before it is read."""
        self._position = max(0, offset + {SEEK_SET: 0, SEEK_CUR: self._position, SEEK_END: self.bytes}[whence])
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """The next `size` bytes, fewer only at the end; all that are left by default."""
        left = max(0, self.bytes - self._position)
        left = left if size is None or size < 0 else min(size, left)
        parts = []
        while left:
            parts.append(self._some(left))
            left -= len(parts[-1])
            self._position += len(parts[-1])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def sha256(self) -> str:
        """The digest of the whole object in hex; what nobody has read is fetched for it."""
        self._stop()
        if self._hashed < self.bytes:
            self._fetch(self._hashed)
            while self._next_block():
                pass
        return self._digest.hexdigest()

    def close(self) -> None:
        """Stop fetching, keep nothing."""
        self._stop()
        if self._kept is not None:
            self._kept.close()
        super().close()

    def _some(self, size: int) -> bytes:
        """At most `size` bytes from the position on, which is not the end."""
        while len(self._head) <= self._position < _HEAD_BYTES and self._fetched == len(self._head):
            self._head += self._next_block()
        if self._position < len(self._head):
            return self._head[self._position : self._position + size]
        if self._kept is None and self._position != self._fetched - len(self._rest):
            if self._position == len(self._head):
                self._fetch(self._position)
            else:
                self._keep()
        if self._kept is not None:
            self._kept.seek(self._position)
            return self._kept.read(size)
        block = self._rest or self._next_block()
        self._rest = block[size:]
        return block[:size]

    def _keep(self) -> None:
        self._fetch(0)
        self._kept = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        while block := self._next_block():
            self._kept.write(block)

    def _fetch(self, start: int) -> int:
        """Begin another request, for the bytes from a place on; how many they are."""
        self._stop()
        size, blocks = files.stream(self._key, self._version_id, start, _BLOCK_BYTES)
        self._fetched, self._rest = start, b""
        self._ahead = _Ahead(self._hashing(start, blocks))
        return size

    def _stop(self) -> None:
        """End the request; what is read next needs another one."""
        if self._ahead is not None:
            self._ahead.close()
        self._ahead, self._fetched, self._rest = None, -1, b""

    def _next_block(self) -> bytes:
        """The next block of the request; empty at its end."""
        block = self._ahead.next() if self._ahead else b""
        self._fetched += len(block)
        return block

    def _hashing(self, start: int, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The blocks from a place on; what of them was not hashed before is."""
        for block in blocks:
            if start <= self._hashed < start + len(block):
                self._digest.update(memoryview(block)[self._hashed - start :])
                self._hashed = start + len(block)
            start += len(block)
            yield block


class _Ahead:
    """Blocks that a thread gets before they are asked for."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._ready: Queue[bytes | BaseException] = Queue(_BLOCKS_AHEAD)
        self._is_over = Event()
        self._thread = Thread(target=self._run, args=(blocks,), name="download", daemon=True)
        self._thread.start()

    def next(self) -> bytes:
        """The next block, empty at the end; raises what getting it raised. Not to be asked for more after that."""
        found = self._ready.get()
        if isinstance(found, BaseException):
            raise found
        return found

    def close(self) -> None:
        """End the thread, whatever is still to come."""
        self._is_over.set()
        while self._thread.is_alive():
            with suppress(Empty):
                self._ready.get(timeout=0.01)

    def _run(self, blocks: Iterator[bytes]) -> None:
        try:
            for block in blocks:
                if self._is_over.is_set():
                    return
                self._ready.put(block)
            self._ready.put(b"")
        except Exception as error:  # noqa: BLE001 - it is raised where the block is waited for
            self._ready.put(error)
