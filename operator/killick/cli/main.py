"""`killick plan NAME`, `killick doctor` and `killick uninstall`.

All use your own kubeconfig. The first two change nothing, and use the settings that
the operator published.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from killick import __version__
from killick.cli.doctor import examine
from killick.cli.settings_source import SettingsSource, load_settings
from killick.cli.uninstall import find, uninstall
from killick.cluster.kube import KubeCluster, connect
from killick.errors import KillickError
from killick.loop import build_context, get_object
from killick.names import ObjectName
from killick.plan.context import Context
from killick.plan.facts import Unknown
from killick.plan.planner import Plan, plan
from killick.resource.status import Status
from killick.runtime.build import build
from killick.settings import Settings
from killick.world import Memory

NAMESPACE = click.option(
    "-n", "--namespace", default="default", show_default=True, help="Its namespace."
)
OPERATOR_NAMESPACE = click.option(
    "--operator-namespace",
    default="killick-system",
    show_default=True,
    help="Where the operator runs: its settings are read from a ConfigMap there.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Keep production models true, by Git commits."""


@main.command("plan")
@click.argument("name")
@NAMESPACE
@OPERATOR_NAMESPACE
def plan_command(name: str, namespace: str, operator_namespace: str) -> None:
    """Print what the next pass would do for NAME and why; act on nothing."""
    source = asyncio.run(load_settings(operator_namespace))
    subject = ObjectName(source.settings.cluster, namespace, name)
    try:
        read = asyncio.run(_build_context(source.settings, subject))
    except KillickError as error:
        raise click.ClickException(f"{error.reason}: {error.message}") from None
    if read is None:
        raise click.ClickException(f"there is no ModelDeployment {subject}")
    context, before = read
    _print_source(source)
    _print_plan(subject, context, plan(context, before))


def _print_source(source: SettingsSource) -> None:
    console = Console()
    console.print(f"settings: {escape(source.origin)}")
    if source.warning:
        console.print(f"[yellow]warning[/yellow]: {escape(source.warning)}")


async def _build_context(
    settings: Settings, subject: ObjectName
) -> tuple[Context, Status] | None:
    runtime = await build(settings, serve=False)
    try:
        now = datetime.now(UTC).replace(microsecond=0)
        manifest = await get_object(runtime.world, subject)
        if manifest is None:
            return None
        return await build_context(runtime.world, subject, manifest, Memory(), now)
    finally:
        await runtime.close()


def _print_plan(subject: ObjectName, context: Context, decided: Plan) -> None:
    console = Console()
    status = decided.status
    console.print(f"[bold]{subject}[/bold]  {status.phase}  {status.drift.summary}")
    if decided.effect:
        name, key = type(decided.effect).__name__, decided.effect.key
        console.print(f"would do now: [bold]{name}[/bold] {escape(key)}")
    else:
        console.print("would do now: nothing")
    for decision in decided.decisions:
        console.print(f"would record: {decision.reason}: {escape(decision.message)}")
    for track, block in decided.blocked_tracks.items():
        console.print(f"{track}: {block.reason}: {escape(block.message)}")
    console.print(f"waiting for: {escape(status.waiting_for or '')}")
    for fact in (
        context.observed.children,
        context.observed.registry,
        context.observed.git,
    ):
        if isinstance(fact, Unknown):
            console.print(
                f"[red]unreadable[/red]: {fact.reason}: {escape(fact.message)}"
            )
    table = Table("condition", "status", "reason", "message")
    for condition in status.conditions:
        table.add_row(
            condition.type,
            condition.status,
            condition.reason,
            escape(condition.message),
        )
    console.print(table)


@main.command("doctor")
@click.option("-n", "--namespace", default=None, help="Also look at this namespace.")
@OPERATOR_NAMESPACE
def doctor_command(namespace: str | None, operator_namespace: str) -> None:
    """Check rights, addresses and versions; exit 1 if something is missing."""
    source = asyncio.run(load_settings(operator_namespace))
    findings = asyncio.run(examine(source.settings, namespace))
    _print_source(source)
    console = Console()
    for finding in findings:
        mark = "[green]✔[/green]" if finding.ok else "[red]✘[/red]"
        console.print(f"{mark} {escape(finding.what)}: {escape(finding.found)}")
    if not all(finding.ok for finding in findings):
        sys.exit(1)


@main.command("uninstall")
@click.option(
    "--crd", is_flag=True, help="Delete the CRD and all ModelDeployments, too."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def uninstall_command(*, crd: bool, dry_run: bool, yes: bool) -> None:
    """Take Killick out of the cluster; ModelDeployments stay unless --crd is given.

    No object keeps a finalizer. Nothing in Git or MLflow is touched. It can be run
    again, and also when the operator is gone already.
    """
    try:
        asyncio.run(_uninstall(crd=crd, dry_run=dry_run, yes=yes))
    except KillickError as error:
        raise click.ClickException(f"{error.reason}: {error.message}") from None


async def _uninstall(*, crd: bool, dry_run: bool, yes: bool) -> None:
    cluster = KubeCluster(await connect())
    try:
        found = await find(cluster)
        for line in found.lines(crd=crd):
            click.echo(f"would {line}" if dry_run else f"will {line}")
        if dry_run:
            return
        if not yes:
            click.confirm("Go on?", abort=True)
        await uninstall(cluster, found, click.echo, crd=crd)
        click.echo("Killick is gone; nothing in Git or MLflow was touched")
    finally:
        await cluster.close()


if __name__ == "__main__":
    main()
