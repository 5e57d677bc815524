"""The submissions of all teams, drawn with a seed from the labels: the same on every call."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from samples.draw import Draw

EVENT: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "event.yaml").read_text())
MATCHING = ("books", "venues")
TASKS = {each: f"cup-{each}" for each in (*MATCHING, "machines", "tickets")}
# How much of what there is to know the weakest and the best team know.
WEAKEST, BEST = 0.45, 1.5
FITS_TO_PUBLIC = 6  # every sixth team follows the public board, and falls at the reveal


@dataclass(frozen=True)
class Row:
    """A test row with its label and whether it is of the public part."""

    key: str
    label: str
    is_public: bool


@dataclass(frozen=True)
class Sent:
    """A file that a team sends to a task; `is_final`: the team chooses it as a final one."""

    at: datetime
    team: int
    task: str
    method: str
    content: bytes
    is_final: bool


def time_of(name: str) -> datetime:
    """Return a time of the event's timeline."""
    found: datetime = EVENT["challenge"]["timeline"][name]
    return found


def solution_rows(solution: Path) -> list[Row]:
    """Return the test rows with their right labels."""
    table = pq.read_table(solution, columns=["id", "label", "usage"]).to_pylist()
    return [Row(row["id"], row["label"], row["usage"] == "public") for row in table]


def wrong_labels(rows: Sequence[Row]) -> dict[str, str]:
    """Return the labels that the first solution of the rescored task has wrong, by id."""
    draw = Draw("finished-wrong-labels")
    labels = sorted({row.label for row in rows})
    picked = draw.some([row for row in rows if row.is_public], EVENT["rescore"]["rows"])
    return {
        row.key: labels[(labels.index(row.label) + 1 + draw.below(len(labels) - 1)) % len(labels)]
        for row in picked
    }


def submissions(rows: Mapping[str, Sequence[Row]], teams: int) -> list[Sent]:
    """Return what the first teams send to these tasks, in the order of time."""
    found = [each for team in range(teams) for task in rows for each in _of(team, task, rows[task])]
    return sorted(found, key=lambda each: (each.at, each.team, each.task))


def _of(team: int, task: str, rows: Sequence[Row]) -> Iterator[Sent]:
    """Yield the files of a team to a task: better from file to file, most of them."""
    person = Draw(f"finished-team-{team}")
    strength = WEAKEST + (BEST - WEAKEST) * person.between(0.0, 1.0) ** 0.8
    enters = {kind: person.chance(0.85) for kind in (True, False)}
    draw = Draw(f"finished-{team}-{task}")
    if not enters[task in MATCHING] and any(enters.values()):
        return
    count = 2 + draw.below(3)
    begin = time_of("opens_at") + timedelta(hours=draw.between(3, 24 * 60))
    end = time_of("closes_at") - timedelta(minutes=10 + draw.below(60 * 24 * 9))
    if EVENT["teams"][team] == EVENT["disqualified"]["team"]:
        end = EVENT["disqualified"]["at"] - timedelta(days=2)
    noise = [draw.between(-1.0, 1.0) + draw.between(-1.0, 1.0) for _ in rows]
    follows_board = team % FITS_TO_PUBLIC == 1
    for number in range(count):
        share = number / max(1, count - 1)
        at = begin + (end - begin) * (share * 0.97) + timedelta(seconds=draw.below(3000))
        skill = strength * (0.7 + 0.3 * share) + draw.between(-0.05, 0.05)
        luck = 0.55 * share if follows_board else 0.0
        yield Sent(
            at=at,
            team=team,
            task=task,
            method=draw.pick(EVENT["methods"]),
            content=_file(draw, task, rows, noise, skill, luck),
            is_final=number >= count - 2 and team % 3 == 0,
        )


def _file(
    draw: Draw,
    task: str,
    rows: Sequence[Row],
    noise: Sequence[float],
    skill: float,
    luck: float,
) -> bytes:
    """Return predictions: what the label says times the skill, with noise of row and team."""
    labels = sorted({row.label for row in rows})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "prediction" if task not in MATCHING else "score"])
    for row, own in zip(rows, noise, strict=True):
        known = skill + (luck if row.is_public else 0.0)
        doubt = _difficulty(task, row.key) + 0.6 * own + draw.between(-0.15, 0.15)
        if task in MATCHING:
            signal = (1 if row.label == "1" else -1) * known + 0.9 * doubt - 0.7
            writer.writerow([row.key, f"{1 / (1 + math.exp(-1.5 * signal)):.3f}"])
        else:
            other = labels[(labels.index(row.label) + 1 + draw.below(2)) % len(labels)]
            writer.writerow([row.key, row.label if known + 0.35 > abs(doubt) else other])
    return text.getvalue().encode()


@cache
def _difficulty(task: str, key: str) -> float:
    """Return how hard a row is for everybody, and to which side it leads."""
    draw = Draw(f"finished-{task}-{key}")
    return 1.1 * (draw.between(-1.0, 1.0) + draw.between(-0.6, 0.6))
