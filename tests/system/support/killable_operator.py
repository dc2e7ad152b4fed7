"""The operator, made to die or freeze at a named point: `python -m … POINT SIGNAL`.

    before:<effect>   after:<effect>   around an executor, by the effect's class
    before-status:<phase>   after-status:<phase>
                                       around the write of a status with that phase
    planned:<effect>                   the effect is decided, nothing is written yet

It is the product's own program; only who decides, acts and writes sends itself the
signal where it is told to, once. The product has no switch for it.
"""

import os
import signal
import sys
from dataclasses import replace

import kopf

from killick.__main__ import main
from killick.act.dispatch import EffectContext, act
from killick.cluster.kube import KubeCluster, connect
from killick.cluster.port import Manifest
from killick.plan.context import Context
from killick.plan.effects import Effect
from killick.plan.planner import Plan, plan
from killick.resource.status import Status
from killick.runtime.build import Runtime, build
from killick.settings import Settings

left = sys.argv[1:2]
"""The point, until it was reached."""


def point(name: str) -> None:
    """Send this process its signal, if this is the named point."""
    if name in left:
        left.clear()
        os.kill(os.getpid(), signal.Signals[sys.argv[2]])


def dying_plan(context: Context, status: Status) -> Plan:
    """Decide, if that is survived."""
    decided = plan(context, status)
    point(f"planned:{type(decided.effect).__name__}")
    return decided


async def dying_act(effects_context: EffectContext, effect: Effect) -> str:
    """Carry out the effect, if that is survived."""
    kind = type(effect).__name__
    point(f"before:{kind}")
    done = await act(effects_context, effect)
    point(f"after:{kind}")
    return done


class DyingCluster(KubeCluster):
    """The real API server, not always reached."""

    async def write_status(self, manifest: Manifest) -> None:
        """Write, if that is reached."""
        phase = manifest["status"].get("phase")
        point(f"before-status:{phase}")
        await super().write_status(manifest)
        point(f"after-status:{phase}")


async def build_dying(settings: Settings) -> Runtime:
    """Return the product's runtime with the three replaced."""
    runtime = await build(settings)
    await runtime.cluster.close()
    runtime.cluster = DyingCluster(await connect())
    ports = replace(runtime.world.ports, cluster=runtime.cluster)
    runtime.world = replace(
        runtime.world, ports=ports, decide=dying_plan, act=dying_act
    )
    return runtime


if __name__ == "__main__":
    sys.exit(main(kopf.Memo(build=build_dying)))
