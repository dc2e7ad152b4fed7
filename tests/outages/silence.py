"""A port that takes connections and never says a word."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from dev.services.service import Service


@contextlib.contextmanager
def silent(service: Service) -> Iterator[None]:
    """Put a listener that never answers in the server's place, then the server back."""
    with (
        service.outage(),
        socket.create_server(("127.0.0.1", service.port)) as listener,
    ):
        connections: list[socket.socket] = []

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connections.append(listener.accept()[0])

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in connections:
                connection.close()
