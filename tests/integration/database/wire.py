"""A wire between function and database that can be cut at a chosen moment."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Literal

Cut = Literal["before", "after"]


class Wire:
    """A TCP proxy. It cuts the connection at the next COMMIT: before passing it on, or instead of passing back the answer."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cut_at_commit: Cut | None = None
        self.cuts = 0

    def serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _connect(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as server:
            silent = threading.Event()
            back = threading.Thread(target=self._back, args=(server, client, silent), daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                while data := client.recv(65536):
                    cut = self.cut_at_commit if b"commit\0" in data else None
                    if cut:
                        self.cut_at_commit = None
                        self.cuts += 1
                    if cut == "before":
                        break
                    if cut == "after":
                        silent.set()
                    server.sendall(data)
                    if cut == "after":
                        back.join()
                        break
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _back(server: socket.socket, client: socket.socket, silent: threading.Event) -> None:
        """Pass answers back; once silent, wait for the next one and keep it."""
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if silent.is_set():
                    break
                client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def wire(host: str, port: int) -> Iterator[Wire]:
    """A wire to a server, open while the block lasts."""
    made = Wire(host, port)
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    yield made
    made.close()
    thread.join()
