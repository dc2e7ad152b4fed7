"""Fetches a file from a web server, within bounds, and follows only safe redirects."""

import time
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request

import pyarrow as pa

from driftcheck.storage.limits import BLOCK_BYTES


class SafeRedirectHandler(HTTPRedirectHandler):
    """Follows to https, and from http to http; OSError for any other address."""

    def redirect_request(self, req: Request, *rest: Any) -> Request | None:
        """See the class."""
        scheme = urlsplit(rest[-1]).scheme
        if scheme != "https" and (scheme, req.type) != ("http", "http"):
            raise OSError("the server redirects to an address that is less safe")
        return super().redirect_request(req, *rest)


HTTP_TIMEOUT_SECONDS = 60
DOWNLOAD_SECONDS = 300.0


def download(uri: str, most: int, seconds: float = DOWNLOAD_SECONDS) -> pa.Buffer:
    """The body of an http:// or https:// address, of at most so many bytes.

    Redirects are followed from http to https, never back and to no other scheme, and
    nothing that could be a credential is ever sent. OSError where the server says no
    or takes longer in all than `seconds`; ValueError where the body is too large.
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
        if int(response.headers.get("Content-Length") or 0) > most:
            raise ValueError(f"more than {most} bytes")
        while block := response.read1(BLOCK_BYTES):
            stream.write(block)
            if stream.tell() > most:
                raise ValueError(f"more than {most} bytes")
            if time.monotonic() > ends:
                raise TimeoutError(f"it was not read within {seconds:g} seconds")
        if response.length:
            raise OSError("the connection ended before the file did")
    return stream.getvalue()
