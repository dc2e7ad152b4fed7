"""The operator, made to die at a named point: `python -m … POINT`.

    before:<effect>   after:<effect>   around an executor, by the effect's class
    before-status:<phase>              before a status with that phase is written

It is the product's own program; only who acts and who writes die where they are told
to. The product has no switch for it.
"""

import os
import signal
import sys
from dataclasses import replace

import kopf

from killick.__main__ import main
from killick.act.dispatch import Hands, act
from killick.cluster.kube import KubeCluster, connect
from killick.cluster.port import Manifest
from killick.plan.effects import Effect
from killick.runtime import Runtime, build
from killick.settings import Settings


def point(name: str) -> None:
    """Kill this process as the kernel would, if this is the named point."""
    if sys.argv[1] == name:
        os.kill(os.getpid(), signal.SIGKILL)


async def dying_act(hands: Hands, effect: Effect) -> str:
    """Carry out the effect, if that is survived."""
    kind = type(effect).__name__
    point(f"before:{kind}")
    done = await act(hands, effect)
    point(f"after:{kind}")
    return done


class DyingCluster(KubeCluster):
    """The real API server, not always reached."""

    async def write_status(self, manifest: Manifest) -> None:
        """Write, if that is reached."""
        point(f"before-status:{manifest['status'].get('phase')}")
        await super().write_status(manifest)


async def build_dying(settings: Settings) -> Runtime:
    """Return the product's runtime with the two replaced."""
    runtime = await build(settings)
    await runtime.cluster.close()
    runtime.cluster = DyingCluster(await connect())
    ports = replace(runtime.world.ports, cluster=runtime.cluster)
    runtime.world = replace(runtime.world, ports=ports, act=dying_act)
    return runtime


if __name__ == "__main__":
    sys.exit(main(kopf.Memo(build=build_dying)))
