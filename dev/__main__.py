"""`python -m dev cluster`: the local cluster for a person, until Ctrl-C.

`python -m dev prepare` only builds and installs what that needs, ahead of time.
"""

import argparse
import functools
import os
import signal
import sys
import time
from pathlib import Path

from dev.environments.prepare import prepare
from dev.kubernetes.cluster import LocalCluster
from dev.processes import signals
from dev.processes.orphan_reaper import end_own_runs
from dev.processes.signals import Terminated
from dev.processes.supervisor import StartError

_say = functools.partial(print, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev", description=__doc__)
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("prepare", help="build and install what is missing, no more")
    cluster = commands.add_parser("cluster", help="start a cluster and keep it up")
    cluster.add_argument(
        "--directory", type=Path, help="where data and logs go (default: temporary)"
    )
    cluster.add_argument(
        "--no-node", action="store_true", help="only the control plane: no pod runs"
    )
    return parser.parse_args()


def _keep_up(cluster: LocalCluster) -> None:
    """Print how to use the cluster, then wait; say so when a part ends."""
    _say(
        f"\nThe cluster is up at {cluster.server}. In another terminal:\n\n"
        f"  export KUBECONFIG={cluster.kubeconfig}\n"
        f"  {cluster.kubectl_program} get namespaces\n\n"
        f"Logs: {cluster.directory / 'logs'}\n"
        f"To stop it: Ctrl-C here, or kill {os.getpid()}"
    )
    ended: set[str] = set()
    while True:
        time.sleep(1)
        for name, process in cluster.supervisor.processes.items():
            if name not in ended and not process.alive:
                ended.add(name)
                _say(f"{name} ended with exit code {process.returncode}:")
                _say(process.tail())


def _run_cluster(arguments: argparse.Namespace) -> None:
    with signals.raised():
        images = {} if arguments.no_node else prepare(_say)
        with LocalCluster(arguments.directory, _say) as cluster:
            if images:
                cluster.start_node(images)
            _keep_up(cluster)


def main() -> int:
    """Run until INT, TERM or HUP; the exit code is 128 plus the signal's number."""
    arguments = _arguments()
    try:
        if arguments.command == "prepare":
            with signals.raised():
                prepare(_say)
        else:
            _run_cluster(arguments)
    except StartError as error:
        _say(error)
        return 1
    except KeyboardInterrupt as reason:
        number = reason.number if isinstance(reason, Terminated) else signal.SIGINT
        end_own_runs()
        _say("stopped: nothing is left running")
        return 128 + number
    return 0


if __name__ == "__main__":
    sys.exit(main())
