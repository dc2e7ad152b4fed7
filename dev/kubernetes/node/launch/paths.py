"""Mount paths → real directories in the strings of a container: pure.

A process of an ordinary user has no mount namespace, so the path under which a
pod mounts a volume is replaced wherever the pod's own text mentions it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from dev.kubernetes.node.pod.spec import Container


def real_paths(container: Container, volumes: Path, message: Path) -> dict[str, str]:
    """Path as the pod writes it → real path, for mounts and the message file."""
    paths = {
        mount.path: str(volumes / mount.volume / mount.sub_path)
        for mount in container.mounts
    }
    return paths | {container.message_path: str(message)}


def rewriter(
    paths: Mapping[str, str], shared: Iterable[str] = ()
) -> Callable[[str], str]:
    """A function that replaces each path of `paths` in a text, longest first.

    A path counts where it starts (so `/var/tmp` does not mention `/tmp`, while
    `--to=/tmp` and `file:///tmp` do) and where a component ends. Paths at or
    below a `shared` prefix are the machine's and stay, unless the prefix is
    itself a mount or above one.
    """
    if not paths:
        return lambda text: text
    longest = sorted(paths, key=len, reverse=True)
    mention = re.compile(
        r"(?:(?<![\w.~/-])|(?<=://)|(?<=:///))"
        rf"(?:{'|'.join(map(re.escape, longest))})(?![\w.-])"
    )
    kept = tuple(prefix.rstrip("/") for prefix in shared)

    def rewrite(text: str) -> str:
        def real(match: re.Match[str]) -> str:
            path, rest = match.group(0), text[match.start() :]
            for prefix in kept:
                below = rest == prefix or rest.startswith(f"{prefix}/")
                if below and len(prefix) > len(path):
                    return path
            return paths[path]

        return mention.sub(real, text)

    return rewrite
