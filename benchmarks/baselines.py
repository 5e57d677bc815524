"""`python -m benchmarks.baselines --data DIR...`: every method on every data set, as a table.

Each DIR has the folders `public` and `private` of a data set, which goes by DIR's name. One run
follows the other, each a process of its own, and every finished one is stored in a JSON file next
to the table, so the command can resume. With the first seed the reference method also runs on
single modalities. The Markdown table is between two marks in `--out`.

The score is that of all test rows, public and private, as the site computes it, with its 95 %
interval; several seeds are averaged. Time is that of the whole process, memory the most
that it took with its children.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from baselines import memory
from baselines.diagnostics.material import MODALITIES
from baselines.registry import METHODS
from scoring import Scored
from scoring.runner import Scorer

BEGIN = "<!-- Made by python -m benchmarks.baselines; what you write here is lost. -->"
END = "<!-- The end of what python -m benchmarks.baselines makes. -->"
PREDICTIONS = Path("var/bench/predictions")
REFERENCE = "autogluon"
LOOK = 0.3  # seconds between two memory readings
SHOWN = {"classification": ("accuracy", "macro_f1"), "matching": ("f1", "average_precision")}
TITLES = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "f1": "F1",
    "average_precision": "Average precision",
}
MUDGAL = "Mudgal et al., SIGMOD 2018"
LI = "Li et al., PVLDB 14(1), 2020"
# F1 on the official test splits: a word in a data set's name, then system, figure and source.
PUBLISHED = {
    "abt": (("Magellan", 0.436, MUDGAL), ("DeepMatcher", 0.628, MUDGAL), ("Ditto", 0.893, LI)),
    "fodors": (("Magellan", 1.0, MUDGAL), ("DeepMatcher", 1.0, MUDGAL), ("Ditto", 1.0, LI)),
}


@dataclass(frozen=True)
class Run:
    """One run of a method: its settings and its result.

    ``modality`` is empty for the whole data set. ``scores`` has value, low and high end of each
    metric, the ends None where there is no interval; ``why`` says why there are none.
    """

    data: str
    kind: str
    method: str
    modality: str
    seed: int
    time_limit: float
    seconds: float = 0.0
    memory: int = 0
    scores: dict[str, list[float | None]] = field(default_factory=dict)
    why: str = ""

    @property
    def key(self) -> tuple[str, str, str, int, float]:
        return self.data, self.method, self.modality, self.seed, self.time_limit


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is missing, then write the table."""
    options = _parser().parse_args(arguments)
    results = options.results or options.out.with_suffix(".json")
    known = {run.key: run for run in read(results)}
    for folder in options.data:
        for run in _asked(folder, options):
            if run.key in known and not known[run.key].why:
                continue
            done = _run(run, folder, options.predictions, options.cpus)
            known[run.key] = done
            results.write_text(json.dumps([asdict(each) for each in known.values()], indent=1))
            print(_told(done), flush=True)
    write(options.out, list(known.values()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.baselines", description=__doc__)
    parser.add_argument("--data", type=Path, nargs="*", default=[], metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="Markdown")
    parser.add_argument("--results", type=Path, metavar="FILE", help="default: next to --out")
    parser.add_argument("--predictions", type=Path, default=PREDICTIONS, metavar="FOLDER")
    alone = [name for name, method in METHODS.items() if not method.needs_backbones]
    parser.add_argument("--methods", nargs="*", default=alone, choices=list(METHODS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--time-limit", type=float, default=300.0, metavar="SECONDS")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument(
        "--modalities",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="a single one, too",
    )
    return parser


def read(results: Path) -> list[Run]:
    """Return the runs kept in a file; none if it is not there."""
    if not results.exists():
        return []
    return [Run(**each) for each in json.loads(results.read_text(encoding="utf-8"))]


# Running ----------------------------------------------------------------------------------------


def _asked(folder: Path, options: argparse.Namespace) -> Iterator[Run]:
    """Yield the runs of a data set; methods that start from another one come last."""
    facts = _facts(folder)
    methods = sorted(options.methods, key=lambda name: METHODS[name].needs_reference)
    asked = [(method, "", seed) for method in methods for seed in options.seeds]
    if REFERENCE in methods and options.modalities:
        there = {column["type"] for column in _columns(facts)}
        several = [name for name, types in MODALITIES.items() if there.intersection(types)]
        asked += [(REFERENCE, name, options.seeds[0]) for name in several if len(several) > 1]
    for method, modality, seed in asked:
        yield Run(folder.resolve().name, facts["kind"], method, modality, seed, options.time_limit)


def _run(run: Run, folder: Path, kept: Path, cpus: int) -> Run:
    """Return the run with what came of it; its predictions are kept for methods that need them."""
    kept.mkdir(parents=True, exist_ok=True)
    facts, method = _facts(folder), METHODS[run.method]
    why = method.unsuited(run.kind, facts["rows"]["train"])
    reference = _file(kept, run, REFERENCE)
    if method.needs_reference and not reference.exists():
        why = why or f"needs the predictions of {REFERENCE} for the same seed"
    if why:
        return Run(**{**asdict(run), "why": why})
    out = _file(kept, run, run.method)
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as scratch:
        public = only(folder / "public", run.modality, Path(scratch))
        command = [sys.executable, "-m", "baselines", "run", run.method, "--data", str(public)]
        command += ["--out", str(out), "--time-limit", str(run.time_limit)]
        command += ["--seed", str(run.seed), "--cpus", str(cpus)]
        if method.needs_reference:
            command += ["--reference", str(reference), "--earlier", REFERENCE]
        code, seconds, most, said = _watched(command, Path(scratch))
        found = asdict(run) | {"seconds": round(seconds, 1), "memory": most}
        if code:
            return Run(
                **{**found, "why": said.strip().splitlines()[-1] if said else f"code {code}"}
            )
        return Run(**{**found, "scores": _scores(out, folder, Path(scratch))})


def _watched(command: list[str], scratch: Path) -> tuple[int, float, int, str]:
    """Return a program's code, its seconds, the most bytes that it took, and its last words."""
    begun, most = time.monotonic(), 0
    with (scratch / "said").open("w+", encoding="utf-8") as said:
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said) as process:
            while process.poll() is None:
                most = max(most, memory.used(process.pid))
                time.sleep(LOOK)
        said.seek(0)
        return process.returncode, time.monotonic() - begun, most, said.read()


def _scores(file: Path, folder: Path, scratch: Path) -> dict[str, list[float | None]]:
    """Return value and interval of the shown metrics on all test rows that count."""
    facts, solution = _facts(folder), pq.read_table(folder / "private" / "solution.parquet")
    if "usage" in solution.column_names:  # both parts as one
        usage = pc.if_else(pc.equal(solution["usage"], "ignored"), "ignored", "private")
        place = solution.column_names.index("usage")
        solution = solution.set_column(place, "usage", pc.cast(usage, pa.string()))
    whole = scratch / "solution.parquet"
    pq.write_table(solution, whole)
    dataset = folder / "public" / "dataset.json"
    with Scorer() as scorer:
        outcome = scorer.score(file=file, dataset=dataset, test=whole, solution=whole)
    if not isinstance(outcome, Scored):
        raise SystemExit(f"{file} cannot be scored: {outcome}")
    found = {score.metric: score for score in outcome.scores if score.value is not None}
    return {
        name: [found[name].value, found[name].low, found[name].high]
        for name in SHOWN[facts["kind"]]
        if name in found
    }


def only(public: Path, modality: str, scratch: Path) -> Path:
    """Return the folder itself, or a copy that only has the columns of one modality."""
    if not modality:
        return public
    facts = json.loads((public / "dataset.json").read_text(encoding="utf-8"))
    kept = {"id", *MODALITIES[modality]}
    folder = scratch / "public"
    folder.mkdir()
    records = facts.get("records", {})
    tables = {"train": facts["columns"], "test": facts["columns"], **records}
    for name, columns in tables.items():
        gone = [column["name"] for column in columns if column["type"] not in kept]
        table = pq.read_table(public / f"{name}.parquet")
        pq.write_table(table.drop_columns(gone), folder / f"{name}.parquet")
    for columns in [facts["columns"], *records.values()]:
        columns[:] = [column for column in columns if column["type"] in kept]
    if (public / "images").exists():
        (folder / "images").symlink_to((public / "images").resolve())
    (folder / "dataset.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


def _file(folder: Path, run: Run, method: str) -> Path:
    alone = f"-{run.modality}" if run.modality and method == run.method else ""
    return folder / f"{run.data}-{method}{alone}-{run.seed}-{run.time_limit:g}.parquet"


def _facts(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((folder / "public" / "dataset.json").read_text("utf-8"))
    return facts


def _columns(facts: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        *facts["columns"],
        *(each for table in facts.get("records", {}).values() for each in table),
    ]


def _told(run: Run) -> str:
    what = f"{run.data}, {_title(run)}, seed {run.seed}: "
    told = ", ".join(f"{TITLES[name]} {values[0] or 0:.3f}" for name, values in run.scores.items())
    return what + (run.why or f"{told} in {run.seconds:.0f} s")


# The table --------------------------------------------------------------------------------------


def write(out: Path, runs: Sequence[Run]) -> None:
    """Put the table between the marks of a file of Markdown."""
    text = out.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise SystemExit(f"{out} lacks the marks between which the table stands:\n{BEGIN}\n{END}")
    out.write_text(f"{before}{BEGIN}\n{table(runs)}{END}{after}", encoding="utf-8")


def between_marks(text: str) -> str:
    """Return what stands between the marks of a file of Markdown."""
    return text.partition(BEGIN)[2].partition(END)[0].removeprefix("\n")


def table(runs: Sequence[Run]) -> str:
    """Return the tables of all data sets, one after the other, as Markdown."""
    if not runs:
        return "Nothing was measured yet.\n"
    names = dict.fromkeys(run.data for run in runs)
    return "\n".join(_of_data([run for run in runs if run.data == name]) for name in names)


def rows(text: str) -> list[list[str]]:
    """Return the cells of the rows of all tables in a text of Markdown, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] != "Method"]


def _of_data(runs: list[Run]) -> str:
    first, second = SHOWN[runs[0].kind]
    head = ["Method", f"{TITLES[first]} (95 % interval)", TITLES[second]]
    head += ["Seeds", "Seconds", "Memory"]
    limits = sorted({run.time_limit for run in runs})
    asked: dict[tuple[str, str, float], list[Run]] = {}
    for run in runs:
        asked.setdefault((run.method, run.modality, run.time_limit), []).append(run)
    groups = sorted(asked.values(), key=lambda group: _order(group[0]))
    lines = [[*_of_group(group, first, second, limits)] for group in groups]
    for word, published in PUBLISHED.items():
        if word in runs[0].data.lower() and runs[0].kind == "matching":
            for system, figure, source in published:
                lines.append([f"{system} ({source})", f"{figure:.3f}", "–", "–", "–", "–"])
    within = " or ".join(f"{limit:g}" for limit in limits)
    caption = f"**{runs[0].data}**, a time limit of {within} s\n"
    return "\n".join([caption, _line(head), f"|{'---|' * len(head)}", *map(_line, lines)]) + "\n"


def _order(run: Run) -> tuple[int, str, float]:
    place = list(METHODS).index(run.method) if run.method in METHODS else len(METHODS)
    return place, run.modality, run.time_limit


def _of_group(
    group: list[Run], first: str, second: str, limits: list[float]
) -> tuple[str, str, str, str, str, str]:
    """Return the cells of a row: the means of the runs that came to an end."""
    title = _title(group[0])
    if len(limits) > 1:
        title += f", {group[0].time_limit:g} s"
    ended = [run for run in group if first in run.scores]
    if not ended:
        return title, group[0].why.replace("|", "/"), "–", "–", "–", "–"
    value, low, high = (_mean([run.scores[first][end] for run in ended]) for end in range(3))
    other = _mean([run.scores[second][0] for run in ended if second in run.scores])
    seconds = statistics.fmean(run.seconds for run in ended)
    most = max(run.memory for run in ended) / 2**20
    shown = value if low == high == "–" else f"{value} ({low} to {high})"
    return title, shown, other, str(len(ended)), f"{seconds:.0f}", f"{most:,.0f} MB"


def _title(run: Run) -> str:
    return f"{run.method}, {run.modality} only" if run.modality else run.method


def _mean(values: Sequence[float | None]) -> str:
    """Return the mean of those that there are, to three decimals."""
    told = [value for value in values if value is not None]
    return f"{statistics.fmean(told):.3f}" if told else "–"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
