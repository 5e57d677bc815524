"""`python -m benchmarks.event_attacks`: what an event gives to one team, and to thirty accounts.

For each task of the sample challenge: how many points (hundredths) the public score rises that the
private one does not share. The model of the team is that of `leaderboard.patience`: a score that is
a mean over rows, a file that is right in 85 % of them. Feedback `exact` and `rounded` show every
row from a file on the edge of a step, so they give the same; `ladder` shows what beats five steps.
Compared with an honest team, which only takes the luckiest of as many variants of its file.

Thirty accounts send thirty times as many files, but two each on their first day.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

import samples
from leaderboard.patience import Rows, honest, patient

DAYS, A_DAY, FIRST_DAY, ACCOUNTS = 98, 5, 2, 30
LADDER_STEPS = 5
FILES = DAYS * A_DAY
"""Files of one team in an event as long as the sample's, with its default daily limit."""
FILES_OF_ACCOUNTS = ACCOUNTS * (FILES - A_DAY + FIRST_DAY)


def sample_tasks(folder: Path) -> dict[str, tuple[Rows, float]]:
    """The rows and the step of each task of the sample challenge, whose data are built here."""
    document = yaml.safe_load((Path(samples.__file__).parent / "challenge.yaml").read_text())
    found = {}
    for track in document["challenge"]["tracks"]:
        for task in track["tasks"]:
            samples.build(task["dataset"], folder)
            solution = folder / task["dataset"] / "private" / "solution.parquet"
            usage = pq.read_table(solution, columns=["usage"])["usage"].to_pylist()
            rows = Rows(usage.count("public"), usage.count("private"))
            found[task["slug"]] = rows, float(task["step"])
    return found


def measured(rows: Rows, step: float) -> dict[str, float]:
    """The points beyond private of each team and feedback mode."""
    gains = {
        "honest": honest(rows, FILES),
        "one team, rounded": patient(rows, FILES, 0.0),
        "one team, ladder": patient(rows, FILES, LADDER_STEPS * step),
        "thirty accounts, rounded": patient(rows, FILES_OF_ACCOUNTS, 0.0),
        "thirty accounts, ladder": patient(rows, FILES_OF_ACCOUNTS, LADDER_STEPS * step),
    }
    return {name: round(100 * gain.beyond, 1) for name, gain in gains.items()}


def main() -> None:
    """Print a table of points beyond private, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.event_attacks", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tasks = sample_tasks(Path(folder))
    print(f"points beyond private after {DAYS} days, {A_DAY} files a day")
    records: list[dict[str, Any]] = []
    for slug, (rows, step) in tasks.items():
        points = measured(rows, step)
        records.append({"task": slug, "public": rows.public, "private": rows.private, **points})
        listed = ", ".join(f"{name} {value:+.1f}" for name, value in points.items())
        print(f"{slug} ({rows.public:,} public, {rows.private:,} private): {listed}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(records, indent=1) + "\n")


if __name__ == "__main__":
    main()
