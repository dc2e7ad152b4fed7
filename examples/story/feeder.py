"""Replays the market into the inference log, as a model in production would fill it.

For each index and day: predict with the version that is served, insert the row, and
fill in the label of the day before, which this day has just made known. Days come in
their order, none twice; a row that the log holds already is left as it is.

DATABASE_URL and MLFLOW_TRACKING_URI come from the environment.
"""

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import environ
from pathlib import Path

import mlflow
import pandas as pd
from adbc_driver_manager import Error as DatabaseError
from adbc_driver_postgresql import dbapi
from mlflow.pyfunc import PyFuncModel

from .market import FEATURES, STRETCHES, TABLE, Row, days

SCHEMA = Path(__file__).with_name("inference-log.sql")
# The array goes as text: the server's own reading of it keeps every digit.
INSERT = f"""
INSERT INTO {TABLE} (id, feature_vector, predicted_at, prediction)
VALUES ($1, $2::text::float8[], $3, $4) ON CONFLICT (id) DO NOTHING
"""
LABEL = f"UPDATE {TABLE} SET label = $2 WHERE id = $1 AND label IS NULL"
Statement = tuple[str, tuple[object, ...]]
PATIENCE = 60.0  # seconds for which the database may be away


class Log:
    """The inference log; every write is one transaction and may be repeated."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: dbapi.Connection | None = None

    def create(self) -> None:
        """Make the table, if it is missing."""
        for statement in SCHEMA.read_text().split(";"):
            if statement.strip():
                self._write([(statement, ())])

    def add(self, row: Row, prediction: float, before: Row | None) -> None:
        """Insert a row as predicted now, and the label that it reveals of `before`.

        Raises the database's error when it stays away for longer than PATIENCE.
        """
        vector = "{" + ",".join(repr(value) for value in row.features) + "}"
        give_up = time.monotonic() + PATIENCE
        while True:
            now = datetime.now(UTC)
            statements: list[Statement] = [(INSERT, (row.key, vector, now, prediction))]
            if before is not None:
                statements.append((LABEL, (before.key, before.label)))
            try:
                return self._write(statements)
            except DatabaseError as error:
                self._forget()
                if time.monotonic() > give_up:
                    raise
                print(
                    f"database away, trying again: {type(error).__name__}", flush=True
                )
                time.sleep(1)

    def _write(self, statements: list[Statement]) -> None:
        if self._connection is None:
            self._connection = dbapi.connect(self._url)
        with self._connection.cursor() as cursor:
            for text, values in statements:
                cursor.execute(text, values or None)
        self._connection.commit()

    def _forget(self) -> None:
        """Drop a connection that may be broken."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(DatabaseError):
                connection.close()


@dataclass
class Director:
    """Says which day comes next: `calm`, until the control file says `changed`.

    Without a control file `changed` follows when `calm` has ended.
    """

    stretches: list[str]
    control: Path | None
    said: set[str] = field(default_factory=set)

    def days(self) -> Iterator[tuple[str, tuple[Row, ...]]]:
        """Each day with the name of its stretch; waits where it is told to."""
        for position, name in enumerate(self.stretches):
            following = self.stretches[position + 1 : position + 2]
            for day in days(STRETCHES[name]):
                if following and self._turned_to(following[0]):
                    break
                yield name, day
            else:
                print(f"the rows of the {name} stretch have ended", flush=True)
            while following and self.control and not self._turned_to(following[0]):
                time.sleep(0.1)

    def _turned_to(self, name: str) -> bool:
        if self.control is None or not self.control.is_file():
            return False
        return self.control.read_text().strip() == name


class Clock:
    """An even pace; after a pause it goes on from there, and never makes a burst."""

    def __init__(self, rate: float) -> None:
        self._step = 1 / rate
        self._due = time.monotonic()

    def wait(self) -> None:
        """Sleep until the next row is due."""
        now = time.monotonic()
        if now > self._due + 1:
            self._due = now
        time.sleep(max(0.0, self._due - now))
        self._due += self._step


def feed(log: Log, model: PyFuncModel, director: Director, rate: float) -> int:
    """Replay until the data ends; return how many rows were sent."""
    clock, sent = Clock(rate), 0
    last: dict[str, Row] = {}
    stretch = ""
    for name, day in director.days():
        if name != stretch:
            # The next trading day was not replayed, so its label is not known.
            stretch, last = name, {}
            print(f"{day[0].day}: the {name} stretch begins", flush=True)
        frame = pd.DataFrame([row.features for row in day], columns=list(FEATURES))
        answers: list[float] = list(model.predict(frame))
        for row, prediction in zip(day, answers, strict=True):
            clock.wait()
            log.add(row, float(prediction), last.get(row.index))
            last[row.index] = row
            sent += 1
            if sent % 50 == 0:
                print(f"{row.day}: {sent} rows sent", flush=True)
    return sent


def main() -> int:
    """Run the replay from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="e.g. models:/index-range/1")
    parser.add_argument("--rate", type=float, default=5.0, help="rows a second")
    parser.add_argument(
        "--stretch", choices=["calm", "changed", "both"], default="both"
    )
    parser.add_argument(
        "--control", type=Path, help="a file that says `changed` when it is time"
    )
    arguments = parser.parse_args()
    stretches = list(STRETCHES) if arguments.stretch == "both" else [arguments.stretch]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        log = Log(environ["DATABASE_URL"])
        log.create()
        model = mlflow.pyfunc.load_model(arguments.model)
        director = Director(stretches, arguments.control)
        sent = feed(log, model, director, arguments.rate)
    except KeyboardInterrupt:
        print("stopped", flush=True)
        return 130
    print(f"the end of the data: {sent} rows sent", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
