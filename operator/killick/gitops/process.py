"""A Git process: the program that reads repositories for the operator.

Started by `processes.py` with the operator's pid as its only argument. It takes tasks
line by line from standard input and answers each by one line on standard output. Its
memory is bounded, because a pack of a few kilobytes may unpack to gigabytes; it ends
with the operator, and it asks before it pushes whether it still may.
"""

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    # Isolated mode knows no PYTHONPATH: the package is found beside this file.
    sys.path.append(str(Path(__file__).resolve().parents[2]))

import pygit2

from killick.gitops.clone import Clone
from killick.gitops.clone_path import clone_path, discard
from killick.gitops.messages import (
    ASK_TO_PUSH,
    MAY_PUSH,
    GitReply,
    GitTask,
    decode_task,
    encode_reply,
)
from killick.gitops.port import (
    GitError,
    GitState,
    GitUnreachable,
    PushNotPossible,
    Refusal,
    Refused,
    Unknown,
)
from killick.gitops.session import GitSession
from killick.gitops.transport import (
    Deadline,
    Transport,
    configure_library,
    ran_out_of_memory,
)
from killick.gitops.urls import check_path, check_url
from killick.gitops.yaml_parser import EditRefused

_PR_SET_PDEATHSIG = 1  # Linux, prctl(2)
# What libgit2 raises when the copy on disk is damaged; network errors are ours.
_DAMAGE = (pygit2.GitError, OSError, KeyError, ValueError)


def main(operator: int) -> None:
    """Serve tasks until the operator closes the pipe or ends."""
    _end_with(operator)
    while line := sys.stdin.buffer.readline():
        reply = carry_out(decode_task(line))
        sys.stdout.buffer.write(encode_reply(reply))
        sys.stdout.buffer.flush()


def _end_with(operator: int) -> None:
    """Have the kernel end this process with its parent; end now if that is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != operator:
        sys.exit(0)


def carry_out(task: GitTask) -> GitReply:
    """Return what came of a task; nothing raises."""
    _limit_memory(task.memory)
    configure_library(task.silence)
    address = check_url(task.target.url, allow_http=task.allow_http)
    deadline = Deadline.after(task.seconds)
    transport = Transport(task.target, address, task.credentials, deadline)
    try:
        return _attempt(task, transport)
    except GitError as error:
        return GitReply(error=error)
    except MemoryError:
        return _exhausted(task, transport)
    except _DAMAGE as error:
        if ran_out_of_memory(error):
            return _exhausted(task, transport)
        discard(clone_path(Path(task.work), task.target))
        text = transport.clean(str(error))
        message = f"the local copy was damaged and is made anew: {text}"
        if task.change:
            return GitReply(outcome=Unknown(message))
        return GitReply(error=GitUnreachable(message))


def _attempt(task: GitTask, transport: Transport) -> GitReply:
    clone = Clone(Path(task.work), task.target)
    pointer = task.target.pointer
    try:
        parts = check_path(task.target.path)
        session = GitSession(clone, transport, parts, pointer, task.history, _may_push)
        if task.change:
            return GitReply(outcome=session.attempt(task.change))
        return GitReply(state=session.look(task.trace, task.known))
    except EditRefused as refusal:
        if task.change:
            return GitReply(outcome=Refused(refusal.reason, refusal.message))
        head = transport.head(clone.repository)
        refused = Refusal(refusal.reason, refusal.message)
        return GitReply(state=GitState(head, None, refused))


def _may_push() -> None:
    """Ask the operator directly before a push; raises PushNotPossible."""
    sys.stdout.buffer.write(ASK_TO_PUSH)
    sys.stdout.buffer.flush()
    if sys.stdin.buffer.readline() != MAY_PUSH:
        raise PushNotPossible("another operator leads now; nothing was sent")


def _exhausted(task: GitTask, transport: Transport) -> GitReply:
    """Return a refusal: a person must look at a branch that needs so much memory."""
    reason = "RepositoryTooLarge"
    message = (
        f"reading the branch needs more than {task.memory >> 20} MiB of memory; "
        "remove the large objects from its history, or use a repository of its own"
    )
    discard(clone_path(Path(task.work), task.target))
    if task.change:
        return GitReply(outcome=Refused(reason, message), exhausted=True)
    try:
        head = transport.head(Clone(Path(task.work), task.target).repository)
    except GitError as error:
        return GitReply(error=error, exhausted=True)
    return GitReply(GitState(head, None, Refusal(reason, message)), exhausted=True)


def _limit_memory(extra: int) -> None:
    """Bound the private writable memory, once, to what is used now and `extra` bytes.

    RLIMIT_DATA counts heap and anonymous mappings, not the libraries' code.
    """
    if resource.getrlimit(resource.RLIMIT_DATA)[0] != resource.RLIM_INFINITY:
        return
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    limit = pages * resource.getpagesize() + extra
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


if __name__ == "__main__":
    main(int(sys.argv[1]))
