"""`killick plan NAME` and `killick doctor`: look before anything acts.

Both use your own kubeconfig and change nothing.
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
from killick.doctor import examine
from killick.errors import KillickError
from killick.loop import Memory, look
from killick.names import ObjectName
from killick.plan.context import Context
from killick.plan.facts import Unknown
from killick.plan.planner import Plan, plan
from killick.resource.status import Status
from killick.runtime import build
from killick.settings import Settings

NAMESPACE = click.option(
    "-n", "--namespace", default="default", show_default=True, help="Its namespace."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Keep production models true, by Git commits."""


@main.command("plan")
@click.argument("name")
@NAMESPACE
def plan_command(name: str, namespace: str) -> None:
    """Print what the next pass would do for NAME and why; act on nothing."""
    settings = Settings()
    subject = ObjectName(settings.cluster, namespace, name)
    try:
        found = asyncio.run(_look(settings, subject))
    except KillickError as error:
        raise click.ClickException(f"{error.reason}: {error.message}") from None
    if found is None:
        raise click.ClickException(f"there is no ModelDeployment {subject}")
    context, before = found
    _print_plan(subject, context, plan(context, before))


async def _look(
    settings: Settings, subject: ObjectName
) -> tuple[Context, Status] | None:
    runtime = await build(settings, serve=False)
    try:
        now = datetime.now(UTC).replace(microsecond=0)
        found = await look(runtime.world, subject, Memory(), now, record=False)
        return (found[1], found[2]) if found else None
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
    for track, note in decided.notes.items():
        console.print(f"{track}: {note.reason}: {escape(note.message)}")
    console.print(f"waits for: {escape(status.waiting_for or '')}")
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
def doctor_command(namespace: str | None) -> None:
    """Check rights, addresses and versions; exit 1 if something is missing."""
    findings = asyncio.run(examine(Settings(), namespace))
    console = Console()
    for finding in findings:
        mark = "[green]✔[/green]" if finding.ok else "[red]✘[/red]"
        console.print(f"{mark} {escape(finding.what)}: {escape(finding.found)}")
    if not all(finding.ok for finding in findings):
        sys.exit(1)


if __name__ == "__main__":
    main()
