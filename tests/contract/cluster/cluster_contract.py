"""What every cluster port must do: run on the twin and on a real API server alike."""

from typing import Any

import pytest

from killick.errors import Conflict, KillickError, NotGranted, Unavailable
from killick.names import LABEL_OBJECT
from killick.plan.effects import ApplyCheck
from killick.plan.report.events import Decision
from killick.record.events import emit_events, event
from killick.record.status import write_status
from killick.resource.status import parse_status
from tests.contract.cluster.cluster_world import World, cronjob, current, job
from tests.unit.plan import builders as b

DECISION = Decision("0123456789", "Warning", "EpisodeOpened", "2 of 3 drifted")


class ClusterContract:
    """Each test gets a `world` of its own from the subclass."""

    async def test_what_is_missing_is_none(self, world: World) -> None:
        """Reading what does not exist gives None, not an error."""
        port, where = world.port, world.namespace
        assert await port.get_model_deployment(where, "absent") is None
        assert await port.get_cronjob(where, "absent") is None
        assert await port.get_secret(where, "absent") is None
        assert await port.list_jobs(where, "absent") == []
        assert await port.list_pods(where, "absent") == []

    async def test_a_new_object(self, world: World) -> None:
        """A new object has a uid, generation 1 and no status worth reading."""
        found = await current(world)
        assert found["metadata"]["uid"]
        assert found["metadata"]["generation"] == 1
        assert found["spec"]["model"]["name"] == "ranger"
        assert parse_status(found.get("status")) is None

    async def test_a_status_is_stored_as_written(self, world: World) -> None:
        """Nothing of a status is lost or changed on its way."""
        wanted = b.promoting("Landed", hold=b.held())
        assert await write_status(world.port, await current(world), wanted)
        found = await current(world)
        assert parse_status(found["status"]) == wanted
        assert not await write_status(world.port, found, wanted)

    async def test_a_status_does_not_touch_the_spec(self, world: World) -> None:
        """A status write leaves spec and generation alone, whatever it carries."""
        before = await current(world)
        tampered = {**before, "spec": {**before["spec"], "suspend": True}}
        await write_status(world.port, tampered, b.adopted())
        after = await current(world)
        assert after["spec"] == before["spec"]
        assert after["metadata"]["generation"] == before["metadata"]["generation"]

    async def test_a_stale_status_write_is_refused(self, world: World) -> None:
        """After another status write the old resourceVersion does not count."""
        old = await current(world)
        await write_status(world.port, old, b.adopted())
        with pytest.raises(Conflict):
            await write_status(world.port, old, b.adopted(hold=b.held()))

    async def test_a_changed_spec_refuses_the_status(self, world: World) -> None:
        """A status that was planned for an older spec is not written."""
        old = await current(world)
        world.change_spec()
        with pytest.raises(Conflict):
            await write_status(world.port, old, b.adopted())
        assert (await current(world))["metadata"]["generation"] == 2

    async def test_a_status_of_nothing(self, world: World) -> None:
        """An object that is gone takes no status, and that is said."""
        found = await current(world)
        metadata = {**found["metadata"], "name": "absent"}
        with pytest.raises(KillickError) as caught:
            await write_status(world.port, {**found, "metadata": metadata}, b.adopted())
        assert caught.value.reason == "NotFound"

    async def test_a_job_is_created_once(self, world: World) -> None:
        """The second creation of a name is a Conflict and changes nothing."""
        await world.port.create_job(job(world, f"{world.name}-j"))
        (first,) = await world.port.list_jobs(world.namespace, world.name)
        with pytest.raises(Conflict):
            await world.port.create_job(job(world, f"{world.name}-j"))
        (again,) = await world.port.list_jobs(world.namespace, world.name)
        assert again["metadata"]["uid"] == first["metadata"]["uid"]

    async def test_only_labeled_jobs_are_listed(self, world: World) -> None:
        """A list holds the Jobs of one object and of no other."""
        await world.port.create_job(job(world, f"{world.name}-a"))
        await world.port.create_job(job(world, f"{world.name}-b"))
        await world.port.create_job(job(world, f"{world.name}-c", owner="other"))
        found = await world.port.list_jobs(world.namespace, world.name)
        names = sorted(one["metadata"]["name"] for one in found)
        assert names == [f"{world.name}-a", f"{world.name}-b"]
        assert all(one["metadata"]["creationTimestamp"] for one in found)

    async def test_only_labeled_pods_are_listed(self, world: World) -> None:
        """A list holds the pods of one object and of no other."""
        world.put_pod(f"{world.name}-p", {LABEL_OBJECT: world.name})
        world.put_pod(f"{world.name}-q", {})
        (found,) = await world.port.list_pods(world.namespace, world.name)
        assert found["metadata"]["name"] == f"{world.name}-p"

    async def test_a_job_is_deleted_by_its_uid(self, world: World) -> None:
        """A delete means one very Job: another uid, or none, deletes nothing."""
        name = f"{world.name}-j"
        await world.port.create_job(job(world, name))
        (found,) = await world.port.list_jobs(world.namespace, world.name)
        await world.port.delete_job(world.namespace, name, "another-uid")
        assert await world.port.list_jobs(world.namespace, world.name)
        await world.port.delete_job(world.namespace, name, found["metadata"]["uid"])
        assert not await world.port.list_jobs(world.namespace, world.name)
        await world.port.delete_job(world.namespace, name, found["metadata"]["uid"])

    async def test_applying_twice_is_applying_once(self, world: World) -> None:
        """The same CronJob applied again is the same object, unchanged."""
        wanted = await cronjob(world)
        name = wanted["metadata"]["name"]
        await world.port.apply_cronjob(wanted)
        first = await world.port.get_cronjob(world.namespace, name)
        await world.port.apply_cronjob(wanted)
        second = await world.port.get_cronjob(world.namespace, name)
        assert first is not None
        assert second is not None
        assert first["metadata"]["uid"] == second["metadata"]["uid"]
        assert first["spec"] == second["spec"]
        assert second["metadata"]["annotations"] == {"killick.dev/applied": "f1"}

    async def test_applying_takes_back_our_fields(self, world: World) -> None:
        """A person's edit of a field of ours is undone by the next apply."""
        wanted = await cronjob(world)
        name = wanted["metadata"]["name"]
        await world.port.apply_cronjob(wanted)
        world.edit_cronjob(name, "0 0 * * *")
        await world.port.apply_cronjob(wanted)
        found = await world.port.get_cronjob(world.namespace, name)
        assert found is not None
        assert found["spec"]["schedule"] == "7 * * * *"

    async def test_applying_changes(self, world: World) -> None:
        """Another spec changes the CronJob in place."""
        wanted = await cronjob(world)
        name = wanted["metadata"]["name"]
        await world.port.apply_cronjob(wanted)
        changed = ApplyCheck("f2", '{"other":1}', "8 * * * *", suspend=True)
        await world.port.apply_cronjob(await cronjob(world, changed))
        found = await world.port.get_cronjob(world.namespace, name)
        assert found is not None
        assert (found["spec"]["schedule"], found["spec"]["suspend"]) == (
            *("8 * * * *", True),
        )
        pod = found["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        assert pod["containers"][0]["env"][0]["value"] == '{"other":1}'

    async def test_secrets_are_decoded(self, world: World) -> None:
        """A Secret's values come as text."""
        values = {"password": "grün=pass/word+", "username": "killick"}
        world.put_secret(f"{world.name}-s", values)
        found = await world.port.get_secret(world.namespace, f"{world.name}-s")
        assert found == values

    async def test_an_event_twice_is_one(self, world: World) -> None:
        """Telling a decision again succeeds and adds nothing."""
        found = await current(world)
        for _ in range(2):
            await emit_events(world.port, found, [DECISION], b.NOW)
        ours = [e for e in world.events() if e["involvedObject"]["name"] == world.name]
        assert [(e["reason"], e["message"], e["type"]) for e in ours] == [
            ("EpisodeOpened", "2 of 3 drifted", "Warning")
        ]

    async def test_not_granted(self, world: World) -> None:
        """Where nothing was granted every verb says NotGranted, and how to mend it."""
        port, where = world.refused(), world.foreign
        manifest = await current(world)
        manifest["metadata"]["namespace"] = where
        created = job(world, "j")
        created["metadata"]["namespace"] = where
        applied = await cronjob(world)
        applied["metadata"]["namespace"] = where
        for call in (
            port.get_cronjob(where, "x"),
            port.list_jobs(where, "x"),
            port.list_pods(where, "x"),
            port.get_secret(where, "x"),
            port.create_job(created),
            port.apply_cronjob(applied),
            port.delete_job(where, "x", "uid"),
            port.create_event(event(manifest, DECISION, b.NOW)),
        ):
            with pytest.raises(NotGranted) as caught:
                await call
            assert caught.value.reason == "NamespaceNotGranted"

    async def test_unreachable(self, world: World) -> None:
        """While the server is down every verb says Unavailable, and nothing hangs."""
        port, where = world.unreachable, world.namespace
        manifest = await current(world)
        calls: list[Any] = [
            port.get_model_deployment(where, "x"),
            port.get_cronjob(where, "x"),
            port.list_jobs(where, "x"),
            port.list_pods(where, "x"),
            port.get_secret(where, "x"),
            port.create_job(job(world, "j")),
            port.apply_cronjob(await cronjob(world)),
            port.delete_job(where, "x", "uid"),
            port.write_status({**manifest, "status": {}}),
            port.create_event(event(manifest, DECISION, b.NOW)),
        ]
        for call in calls:
            with pytest.raises(Unavailable):
                await call
