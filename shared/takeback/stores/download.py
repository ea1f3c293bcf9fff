"""A version of an object as a file: what is read from its start on comes straight from S3, a block ahead of the reader."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Generator, Iterator
from io import SEEK_CUR, SEEK_END, SEEK_SET, BufferedIOBase
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import IO

from takeback.stores import files

_BLOCK_BYTES = 1 << 19
_BLOCKS_AHEAD = 2
_HEAD_BYTES = 1 << 20  # kept in memory: whoever finds out what a file is begins anew several times


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
        self._coming: Generator[bytes] | None = None
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
        self._coming = _ahead(self._hashing(start, blocks), _BLOCKS_AHEAD)
        return size

    def _stop(self) -> None:
        """End the request; what is read next needs another one."""
        if self._coming is not None:
            self._coming.close()
        self._coming, self._fetched, self._rest = None, -1, b""

    def _next_block(self) -> bytes:
        """The next block of the request; empty at its end."""
        block = next(self._coming, b"") if self._coming else b""
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


def _ahead(blocks: Iterator[bytes], most: int) -> Generator[bytes]:
    """The same blocks, of which a thread gets at most `most` before they are asked for, from the first time that one is.

    What getting a block raises is raised where it would have come. Closing this ends the thread; the block that is under way is
    waited for.
    """
    ready: SimpleQueue[bytes | BaseException] = SimpleQueue()
    wanted = Semaphore(most)
    is_over = False

    def fetch() -> None:
        try:
            while wanted.acquire() and not is_over:
                ready.put(next(blocks))
        except BaseException as error:  # noqa: BLE001 - StopIteration, too: it is raised where the block is waited for
            ready.put(error)

    thread = Thread(target=fetch, name="download", daemon=True)
    thread.start()
    try:
        while not isinstance(found := ready.get(), BaseException):
            wanted.release()
            yield found
            del found
        if not isinstance(found, StopIteration):
            raise found
    finally:
        is_over = True
        wanted.release()
        thread.join()
