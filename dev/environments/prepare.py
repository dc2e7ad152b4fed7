"""Build and install in parallel what takes long the first time.

The control plane's build takes minutes of CPU time and the environments mostly wait
for downloads, so both together take hardly longer than the build alone.
"""

from dev.environments.cache import Progress
from dev.environments.images import ImageSpec, image_map
from dev.kubernetes.controlplane import ensure_control_plane
from dev.processes.background import in_background


def prepare(progress: Progress = print) -> dict[str, ImageSpec]:
    """Build or install what is missing in the cache; return the node's images.

    StartError, with the failing tool's output, if something cannot be made. An
    interrupt leaves nothing behind: this process's end is also that of the tools.
    """
    installing = in_background(lambda: image_map(progress))
    ensure_control_plane(progress)
    return installing.result()
