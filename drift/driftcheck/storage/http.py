"""Download a file from a web server within limits; follow only safe redirects."""

import time
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request

import pyarrow as pa

from driftcheck.storage.limits import BLOCK_BYTES


class SafeRedirectHandler(HTTPRedirectHandler):
    """Follow redirects to https, and from http to http; else raise OSError."""

    def redirect_request(self, req: Request, *rest: Any) -> Request | None:
        """Return the request to follow; OSError if it would be less safe."""
        scheme = urlsplit(rest[-1]).scheme
        if scheme != "https" and (scheme, req.type) != ("http", "http"):
            raise OSError("the server redirects to an address that is less safe")
        return super().redirect_request(req, *rest)


HTTP_TIMEOUT_SECONDS = 60
"""Seconds without data after which a download fails: a stalled server is given up."""

DOWNLOAD_SECONDS = 300.0
"""Seconds for a whole download: FILE_BYTES at 7 MB/s.

A slower server makes the check fail; a larger value lets it hold a pod for longer.
"""


def download(uri: str, limit: int, seconds: float = DOWNLOAD_SECONDS) -> pa.Buffer:
    """Return the body of an http:// or https:// address.

    Redirects are followed as `SafeRedirectHandler` says; no credentials are ever sent.

    Parameters
    ----------
    uri
        The address.
    limit
        The size of the body at most, in bytes.
    seconds
        The time for the whole download at most.

    Raises
    ------
    OSError
        If the server reports an error or takes longer than `seconds`.
    ValueError
        If the body is larger than `limit`.
    """
    from urllib.error import HTTPError
    from urllib.request import build_opener

    ends = time.monotonic() + seconds
    stream = pa.BufferOutputStream()
    opener = build_opener(SafeRedirectHandler)
    try:
        answer = opener.open(uri, timeout=min(HTTP_TIMEOUT_SECONDS, seconds))
    except HTTPError as error:
        error.close()
        raise OSError(f"the server answers {error.code}: {error.reason}") from None
    with answer as response:
        if int(response.headers.get("Content-Length") or 0) > limit:
            raise ValueError(f"more than {limit} bytes")
        while block := response.read1(BLOCK_BYTES):
            stream.write(block)
            if stream.tell() > limit:
                raise ValueError(f"more than {limit} bytes")
            if time.monotonic() > ends:
                raise TimeoutError(f"it was not read within {seconds:g} seconds")
        if response.length:
            raise OSError("the connection ended before the file did")
    return stream.getvalue()
