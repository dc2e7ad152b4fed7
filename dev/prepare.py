"""Everything that takes long the first time, done side by side.

The control plane's build takes minutes and both cores, the environments mostly wait
for downloads: together they take hardly longer than the build alone.
"""

import threading

from dev.cache import Progress
from dev.controlplane import ensure_control_plane
from dev.environments import ImageSpec, image_map


def prepare(progress: Progress = print) -> dict[str, ImageSpec]:
    """Build or install what is missing in the cache; return the node's images.

    StartError, with the failing tool's output, if something cannot be made. An
    interrupt leaves nothing behind: this process's end is also that of the tools.
    """
    images: dict[str, ImageSpec] = {}
    errors: list[Exception] = []

    def install() -> None:
        try:
            images.update(image_map(progress))
        except Exception as error:  # noqa: BLE001 (raised again below)
            errors.append(error)

    # A daemon, so that it cannot hold up the end of an interrupted process.
    thread = threading.Thread(target=install, name="environments", daemon=True)
    thread.start()
    ensure_control_plane(progress)
    thread.join()
    for error in errors:
        raise error
    return images
