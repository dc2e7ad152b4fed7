"""Become another program that dies with its parent: `launcher.py PARENT UID COMMAND…`.

Run by path in a bare interpreter, so it imports nothing of ours. A program of its own
because Python code between fork and exec (`preexec_fn`) can deadlock in a process with
threads. UID `-` keeps the user. Otherwise we are root and become that user, who keeps
the right to read what root may read: a virtual environment below root's home stays
usable by a server that refuses to run as root.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


def _keep_only(capability: int) -> bool:
    """Reduce our capabilities to one that survives exec; False if we lack it."""
    header = _Header(_CAPABILITY_VERSION_3, 0)
    sets = (_Sets * 2)()
    bit = 1 << capability
    sets[0] = _Sets(bit, bit, bit)
    if _libc.capset(ctypes.byref(header), ctypes.byref(sets)) != 0:
        return False
    raised = _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)
    return bool(raised == 0)


def _become(uid: int) -> None:
    _libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    # Containers often lack the first of the two; without either it works all the
    # same wherever the files are readable by everybody.
    _ = _keep_only(_CAP_DAC_READ_SEARCH) or _keep_only(_CAP_DAC_OVERRIDE)


def main() -> None:
    """Drop privileges, tie our life to the parent's, and become the command."""
    parent, uid, *command = sys.argv[1:]
    if uid != "-":
        _become(int(uid))
    # After the change of user, which would clear it again.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the parent died before its child started")
    # Python ignores these two; a program should find the defaults.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
