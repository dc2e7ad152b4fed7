"""The real Kubernetes port, on the asynchronous half of the `kubernetes` package.

Plain dictionaries in and out: the package's models refuse unknown fields and change
between versions. Rights used: modeldeployments get, modeldeployments/status update;
in served namespaces cronjobs get/patch/create, jobs create/list/delete, pods list,
secrets get, events create.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from kubernetes.aio import client, config
from kubernetes.aio.config.config_exception import ConfigException

from killick.cluster.port import Manifest
from killick.errors import Conflict, KillickError, NotGranted, Unavailable
from killick.names import GROUP, LABEL_OBJECT, MANAGER, PLURAL, VERSION
from killick.reasons import Reason
from killick.retry_after import RetryAfterGate, retry_after

MODEL_DEPLOYMENTS = f"/apis/{GROUP}/{VERSION}/namespaces/{{namespace}}/{PLURAL}"
CRONJOBS = "/apis/batch/v1/namespaces/{namespace}/cronjobs"
JOBS = "/apis/batch/v1/namespaces/{namespace}/jobs"
CORE = "/api/v1/namespaces/{namespace}"
TIMEOUT = 30  # seconds for one request
APPLY = "application/apply-patch+yaml"
JSON = "application/json"
PAGE = 500


async def connect() -> client.ApiClient:
    """Return a client from the pod's ServiceAccount or from KUBECONFIG.

    Raises Unavailable if there is neither.
    """
    settings = client.Configuration()
    settings.client_side_validation = False
    try:
        config.load_incluster_config(client_configuration=settings)
    except ConfigException:
        try:
            await config.load_kube_config(client_configuration=settings)
        except ConfigException as error:
            raise Unavailable(f"no way to the API server: {error}") from None
    return client.ApiClient(configuration=settings)


class KubeCluster:
    """`ClusterPort` on a real API server; lists are read `page` items at a time.

    When the server says when to come again, nothing is asked before (`gate`).
    """

    def __init__(
        self,
        api: client.ApiClient,
        page: int = PAGE,
        gate: RetryAfterGate | None = None,
    ) -> None:
        self._api = api
        self._page = page
        self._gate = gate or RetryAfterGate()

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def get_model_deployment(self, namespace: str, name: str) -> Manifest | None:
        """See the port."""
        path = MODEL_DEPLOYMENTS + "/{name}"
        return await self._get(path, {"namespace": namespace, "name": name})

    async def write_status(self, manifest: Manifest) -> None:
        """See the port: the resourceVersion in `manifest` is the lock."""
        where = _where(manifest)
        await self._send("PUT", MODEL_DEPLOYMENTS + "/{name}/status", where, manifest)

    async def get_cronjob(self, namespace: str, name: str) -> Manifest | None:
        """See the port."""
        return await self._get(
            CRONJOBS + "/{name}", {"namespace": namespace, "name": name}
        )

    async def list_jobs(self, namespace: str, owner: str) -> list[Manifest]:
        """See the port."""
        return await self._list(JOBS, namespace, owner)

    async def list_pods(self, namespace: str, owner: str) -> list[Manifest]:
        """See the port."""
        return await self._list(CORE + "/pods", namespace, owner)

    async def apply_cronjob(self, manifest: Manifest) -> None:
        """See the port."""
        query = [("fieldManager", MANAGER), ("force", "true")]
        await self._send(
            "PATCH", CRONJOBS + "/{name}", _where(manifest), manifest, query
        )

    async def create_job(self, manifest: Manifest) -> None:
        """See the port."""
        await self._send("POST", JOBS, _where(manifest), manifest)

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:
        """See the port: the uid guards against a Job of the same name."""
        body = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        where = {"namespace": namespace, "name": name}
        try:
            await self._send("DELETE", JOBS + "/{name}", where, body)
        except KillickError as error:
            if error.reason not in ("NotFound", "Conflict"):
                raise

    async def get_secret(self, namespace: str, name: str) -> Mapping[str, str] | None:
        """See the port."""
        where = {"namespace": namespace, "name": name}
        found = await self._get(CORE + "/secrets/{name}", where)
        if found is None:
            return None
        try:
            return {
                key: base64.b64decode(value).decode()
                for key, value in (found.get("data") or {}).items()
            }
        except ValueError:
            message = f"Secret {name!r} holds bytes that are not text"
            raise KillickError(message, Reason.SECRET_UNREADABLE) from None

    async def create_event(self, manifest: Manifest) -> None:
        """See the port."""
        try:
            await self._send("POST", CORE + "/events", _where(manifest), manifest)
        except Conflict:
            return

    async def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: list[tuple[str, str]] | None = None,
    ) -> Manifest:
        """Ask anything else, such as the server's version; for the command line."""
        return await self._send(method, path, {}, body, query)

    async def _get(self, path: str, where: dict[str, str]) -> Manifest | None:
        try:
            return await self._send("GET", path, where)
        except KillickError as error:
            if error.reason == "NotFound":
                return None
            raise

    async def _list(self, path: str, namespace: str, owner: str) -> list[Manifest]:
        items: list[Manifest] = []
        limit = ("limit", str(self._page))
        query = [("labelSelector", f"{LABEL_OBJECT}={owner}"), limit]
        token: str | None = ""
        while token is not None:
            more = [("continue", token)] if token else []
            page = await self._send(
                "GET", path, {"namespace": namespace}, None, query + more
            )
            if not isinstance(page.get("items"), list):
                message = f"GET {path.rsplit('/', 1)[-1]}: a list without items"
                raise Unavailable(message, Reason.API_SERVER_UNAVAILABLE)
            items += page["items"]
            token = page.get("metadata", {}).get("continue") or None
        return items

    async def _send(
        self,
        method: str,
        path: str,
        where: dict[str, str],
        body: Any = None,
        query: list[tuple[str, str]] | None = None,
    ) -> Manifest:
        self._gate.check()
        kind = APPLY if method == "PATCH" else JSON
        try:
            request = await self._api.param_serialize(
                method,
                path,
                path_params=where,
                query_params=query,
                header_params={"Content-Type": kind, "Accept": JSON},
                body=body,
                auth_settings=["BearerToken"],
            )
            response = await self._api.call_api(*request, _request_timeout=TIMEOUT)
            data = await response.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            message = f"the API server did not answer: {type(error).__name__}"
            raise Unavailable(message, Reason.API_SERVER_UNREACHABLE) from None
        what = f"{method} {path.replace('/{name}', '').rsplit('/', 1)[-1]}"
        try:
            return _read(response.status, data, what, where.get("namespace"))
        except Unavailable as error:
            error.retry_after_seconds = retry_after(response.headers.get("Retry-After"))
            raise self._gate.shut(error) from None


def _where(manifest: Manifest) -> dict[str, str]:
    metadata = manifest["metadata"]
    return {"namespace": metadata["namespace"], "name": metadata["name"]}


def _read(status: int, data: bytes, what: str, namespace: str | None) -> Manifest:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        answer = None
    if status < 300:
        if not isinstance(answer, dict):
            # Never an empty answer: an empty list would mean that our Jobs are gone.
            raise Unavailable(f"{what}: a broken answer", Reason.API_SERVER_UNAVAILABLE)
        return answer
    if not isinstance(answer, dict):
        answer = {}
    told = str(answer.get("message") or f"HTTP {status}")[:500]
    message = f"{what}: {told}"
    if status == 403:
        command = f"kubectl apply -n {namespace} -k deploy/tenant"
        raise NotGranted(f"{message}. Grant it: {command if namespace else 'deploy/'}")
    if status == 404:
        raise KillickError(message, Reason.NOT_FOUND)
    if status == 409:
        raise Conflict(message)
    if status == 429 or status >= 500:
        raise Unavailable(message, Reason.API_SERVER_UNAVAILABLE)
    raise KillickError(message, str(answer.get("reason") or Reason.REFUSED))
