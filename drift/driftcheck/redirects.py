"""Which redirects of a web server are followed when a file is fetched."""

from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request


class OnlyAsSafe(HTTPRedirectHandler):
    """Follows to https, and from http to http; OSError for any other address."""

    def redirect_request(self, req: Request, *rest: Any) -> Request | None:
        """See the class."""
        scheme = urlsplit(rest[-1]).scheme
        if scheme != "https" and (scheme, req.type) != ("http", "http"):
            raise OSError("the server redirects to an address that is less safe")
        return super().redirect_request(req, *rest)
