"""`python -m dev.kubernetes.node`: run the development node until INT, TERM or HUP."""

import argparse
import asyncio
import contextlib
import getpass
import logging
import os
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dev.kubernetes.node.api import Api, read_kubeconfig
from dev.kubernetes.node.launch.images import Images
from dev.kubernetes.node.launch.prepare import Services, machine_environment
from dev.kubernetes.node.launch.runner import Runner
from dev.kubernetes.node.log_server import serve_logs
from dev.kubernetes.node.pods import Pods
from dev.kubernetes.node.registration import Registration


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m dev.kubernetes.node", description=__doc__
    )
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument(
        "--directory", type=Path, required=True, help="for logs, volumes and homes"
    )
    parser.add_argument(
        "--images", type=Path, required=True, help="JSON: image → venv and paths"
    )
    parser.add_argument("--name", default="killick-node")
    parser.add_argument(
        "--shared",
        action="append",
        default=[],
        help="a directory of the machine whose paths are never rewritten, also "
        "where a pod mounts a volume above it, such as an emptyDir at /tmp; those of "
        "the run that --directory belongs to and of pytest always are",
    )
    return parser.parse_args(argv)


async def _serve(arguments: argparse.Namespace) -> None:
    directory: Path = arguments.directory
    server = read_kubeconfig(arguments.kubeconfig)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        services = Services(
            api=await stack.enter_async_context(Api(server)),
            images=Images(arguments.images),
            runner=Runner(),
            directory=directory,
            shared=(*shared_by_default(directory), *arguments.shared),
            machine=machine_environment(os.environ.items()),
        )
        port = 0
        if server.authority is not None:
            logs = serve_logs(directory, server.authority)
            port = await stack.enter_async_context(logs)
        await _run(services, arguments.name, port, stop)


async def _run(services: Services, name: str, port: int, stop: asyncio.Event) -> None:
    """Run until `stop`, then end all containers, within two seconds."""
    tasks: set[asyncio.Task[Any]] = {
        asyncio.create_task(Registration(services.api, name, port).run()),
        asyncio.create_task(Pods(name, services).run()),
    }
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({*tasks, stopped}, return_when=asyncio.FIRST_COMPLETED)
    for task in (*tasks, stopped):
        task.cancel()
    # First the tasks, so that nobody reports these ends as the containers' own.
    await asyncio.wait({*tasks, stopped}, timeout=1.0)
    await services.runner.close()
    for task in done - {stopped}:
        # Neither task ends by itself unless it is broken: say how.
        task.result()


def _user() -> str:
    """The user as pytest names it, who need not be in the machine's list of users."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        return "unknown"


def shared_by_default(directory: Path) -> tuple[str, ...]:
    """Where the files are that a demo or test hands to its pods by path.

    A run in the machine's directory for temporary files shares all of its own
    directory there, however deep in it the node's directory lies.
    """
    temporary = {Path("/tmp"), Path(tempfile.gettempdir())}
    runs = [
        base / directory.relative_to(base).parts[0]
        for base in sorted(temporary)
        if base in directory.parents
    ]
    scratch = [base / f"pytest-of-{_user()}" for base in sorted(temporary)]
    return tuple(map(str, (directory.parent, *runs, *scratch)))


def main(argv: Sequence[str] | None = None) -> None:
    """Run until a signal; containers end with the node."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    arguments = _arguments(argv)
    arguments.directory = arguments.directory.absolute()
    arguments.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    asyncio.run(_serve(arguments))


if __name__ == "__main__":
    main()
