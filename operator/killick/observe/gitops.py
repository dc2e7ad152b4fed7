"""The GitOps repository: its head, our value, and who changed it."""

from __future__ import annotations

from dataclasses import replace

from killick.gitops.port import (
    GitCredentials,
    GitError,
    GitPort,
    GitState,
    GitTarget,
    TraceRequest,
)
from killick.plan.facts import Unknown
from killick.plan.needs import Needs
from killick.resource.spec import Promotion


def git_target(promotion: Promotion) -> GitTarget:
    """Return the one value that the object may write."""
    git = promotion.git
    return GitTarget(git.url, git.branch, git.values_path, git.json_pointer)


async def read_git(
    port: GitPort, target: GitTarget, credentials: GitCredentials | None, needs: Needs
) -> GitState | Unknown:
    """Return one look; a value that is news is asked for its author."""
    try:
        state = await port.read(target, credentials, needs.trace)
        expected = needs.expected
        if state.trace and needs.landed:
            # Our commit is there: the old value is a revert, so somebody's news.
            expected = (needs.landed,)
        if state.value is None or not expected or state.value in expected:
            return state
        request = replace(needs.trace or TraceRequest(), last_change=True)
        return await port.read(target, credentials, request)
    except GitError as error:
        return Unknown.of(error)
