"""`python -m killick`: run the operator."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

import kopf
from pydantic import ValidationError

from killick import handlers
from killick.runtime.logging_setup import configure_logging
from killick.runtime.namespace_access import inaccessible_namespaces
from killick.settings import Settings

log = logging.getLogger("killick")


def main(memo: kopf.Memo | None = None) -> int:
    """Run until a signal; return the exit code.

    `memo.build` may replace the function that builds the runtime.
    """
    configure_logging()
    # kopf asks for the user's name, which a container's uid need not have.
    os.environ.setdefault("LOGNAME", "killick")
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            log.critical("KILLICK_%s is invalid: %s", name, problem["msg"])
        return 2
    namespaces = settings.served_namespaces
    memo = memo or kopf.Memo()
    memo.missing = ()
    if namespaces:
        handlers.watch_jobs()
        memo.missing = asyncio.run(inaccessible_namespaces(namespaces))
    served = [name for name in namespaces if name not in memo.missing]
    try:
        kopf.run(clusterwide=not namespaces, namespaces=served, memo=memo)
    except Exception:
        log.exception("The operator stops because of an error")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
