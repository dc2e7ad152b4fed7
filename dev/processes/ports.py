"""Free ports on loopback that stay free until the server that asked binds them."""

import random
import socket
from pathlib import Path

_RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 20_000
_given: set[int] = set()


def _candidates() -> range:
    """Return ports that the kernel does not give to outgoing connections.

    A port from the ephemeral range can be taken as some client's source port in the
    moment between our look and the server's bind: rare, and a riddle when it happens.
    """
    try:
        first_ephemeral = int(_RANGE_FILE.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        first_ephemeral = 32_768
    if first_ephemeral - _LOWEST < 1_000:
        return range(_LOWEST, 65_000)
    return range(_LOWEST, first_ephemeral)


def free_port() -> int:
    """Return a TCP port that is free on 127.0.0.1; never the same one twice.

    Random, so that two clusters that start at the same moment do not collide.
    """
    ports = _candidates()
    for _ in range(1_000):
        port = random.choice(ports)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    message = f"no free port on 127.0.0.1 between {ports.start} and {ports.stop}"
    raise OSError(message)
