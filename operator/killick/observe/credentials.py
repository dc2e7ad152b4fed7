"""Credentials of a pass: from Secrets of the object's namespace, never from elsewhere.

Rights: secrets get.
"""

from __future__ import annotations

from killick.cluster.port import ClusterPort
from killick.errors import KillickError
from killick.gitops.port import GitCredentials
from killick.reasons import Reason
from killick.registry.port import NO_CREDENTIALS, Credentials
from killick.resource.spec import SecretRef, Spec


async def git_credentials(
    cluster: ClusterPort, namespace: str, spec: Spec
) -> GitCredentials | None:
    """Return the token for the repository: keys `password` and, if any, `username`."""
    reference = spec.promotion.git.credentials_secret_ref if spec.promotion else None
    if reference is None:
        return None
    values = await _secret(cluster, namespace, reference)
    password = values.get("password")
    if not password:
        message = f"Secret {reference.name!r} needs the key 'password'"
        raise KillickError(message, Reason.SECRET_INCOMPLETE)
    return GitCredentials(password, values.get("username") or "killick")


async def registry_credentials(
    cluster: ClusterPort, namespace: str, spec: Spec
) -> Credentials:
    """Return the credentials for MLflow: `token`, or `username` and `password`."""
    reference = spec.registry.credentials_secret_ref
    if reference is None:
        return NO_CREDENTIALS
    values = await _secret(cluster, namespace, reference)
    token, user = values.get("token"), values.get("username")
    if not token and not (user and values.get("password")):
        message = (
            f"Secret {reference.name!r} needs 'token', or 'username' and 'password'"
        )
        raise KillickError(message, Reason.SECRET_INCOMPLETE)
    return Credentials(user, values.get("password"), token)


async def _secret(
    cluster: ClusterPort, namespace: str, reference: SecretRef
) -> dict[str, str]:
    values = await cluster.get_secret(namespace, reference.name)
    if values is None:
        message = f"Secret {reference.name!r} does not exist in {namespace}"
        raise KillickError(message, Reason.SECRET_MISSING)
    return dict(values)
