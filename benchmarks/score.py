"""`python -m benchmarks.score`: the whole scoring of a CSV file, against the usual script.

The usual script reads the submission and the solution by pandas, merges them on the id and calls
scikit-learn for three metrics (two for pairs). A second contender only reads the submission by
pyarrow, with its default threads, and looks its ids up. Ours reads, checks, aligns, computes every
metric on both parts with intervals, and packs rows.npz; its solution is loaded beforehand, as in a
worker. "Same" is ours with only the metrics of the script. All run in turns in one process. Then it
shows what limited processes cost, one that reads and one that measures, against this process,
and files of other sizes show how time and memory grow.
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute, csv, parquet

from scoring import Scored, Solution, TaskSpec, score, scorer
from scoring.checking import read_submission
from scoring.intervals import Interval, Units, interval
from scoring.metrics import View, metrics_of
from scoring.runner import Scorer

CLASSES = tuple(f"class {number:02d}" for number in range(50))
SPECS = {
    "labels": TaskSpec("classification", CLASSES),
    "probabilities": TaskSpec("classification", CLASSES),
    "pairs": TaskSpec("matching", ("0", "1")),
    "grouped pairs": TaskSpec("matching", ("0", "1")),
}
CASES = (
    ("labels", "shuffled"),
    ("labels", "in order"),
    ("pairs", "shuffled"),
    ("pairs", "in order"),
)
STEP_ROWS = 10_000
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)


def main() -> None:
    """Print a table of ratios and one of growth, and write both as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="rows of the largest file")
    parser.add_argument("--scratch", type=Path, help="where to put the files")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="podium-bench-", dir=options.scratch) as name:
        folder = Path(name)
        ratios = [*_ratios(folder, options.rows, options.runs)]
        steps = [*_steps(folder, options.runs)]
        growth = [*_growth(folder, [size for size in SIZES if size <= options.most])]
    if options.json:
        found = {"ratios": ratios, "steps": steps, "growth": growth}
        options.json.write_text(json.dumps(found, indent=2))


def _ratios(folder: Path, rows: int, runs: int) -> Iterator[dict[str, Any]]:
    print(f"{rows:,} rows, medians of {runs} runs in turns, in seconds")
    print(
        f"{'':32}{'script':>8}{'read+ids':>10}{'ours':>8}{'child':>8}{'x script':>10}{'/ read':>8}"
        f"{'same':>8}{'x script':>10}"
    )
    sizes = [*CASES, ("probabilities", "shuffled")]
    for kind, order in sizes:
        # Fifty columns of numbers take a minute a run.
        figures = _compared(folder, kind, order, rows, runs if kind != "probabilities" else 1)
        print(
            f"{kind + ', ' + order:32}{figures['script']:8.2f}{figures['read']:10.3f}"
            f"{figures['ours']:8.3f}{figures['child']:8.3f}{figures['times_script']:10.1f}"
            f"{figures['over_read']:8.2f}{figures['same']:8.3f}{figures['same_times_script']:10.1f}",
            flush=True,
        )
        yield {"kind": kind, "order": order, "rows": rows, **figures}


def _compared(folder: Path, kind: str, order: str, rows: int, runs: int) -> dict[str, float]:
    _in_a_process("make", folder, kind, order, rows)
    found = _in_a_process("compare", folder, kind, runs)
    each: list[dict[str, float]] = found["runs"]
    medians = {name: statistics.median(run[name] for run in each) for name in each[0]}
    return {
        **medians,
        "times_script": statistics.median(run["script"] / run["ours"] for run in each),
        "same_times_script": statistics.median(run["script"] / run["same"] for run in each),
        "over_read": statistics.median(run["ours"] / run["read"] for run in each),
    }


def _steps(folder: Path, runs: int) -> Iterator[dict[str, Any]]:
    print(f"\n{STEP_ROWS:,} rows, medians of {4 * runs} runs in turns, in milliseconds")
    print(f"{'':20}{'this process':>13}{'read':>8}{'both steps':>12}{'second step':>13}")
    for kind in ("labels", "pairs", "probabilities"):
        _in_a_process("make", folder, kind, "shuffled", STEP_ROWS)
        each = _in_a_process("compare_steps", folder, kind, 4 * runs)["runs"]
        here, read, both = (
            1000 * statistics.median(run[name] for run in each) for name in ("here", "read", "both")
        )
        print(f"{kind:20}{here:13.1f}{read:8.1f}{both:12.1f}{both - read:13.1f}", flush=True)
        yield {"kind": kind, "rows": STEP_ROWS, "here": here, "read": read, "both": both}


def _growth(folder: Path, sizes: Sequence[int]) -> Iterator[dict[str, Any]]:
    print("\nLabels and pairs, shuffled: how cost grows")
    print(
        f"{'':20}{'rows':>12}{'seconds':>9}{'us/row':>8}{'read+align':>12}{'intervals':>11}"
        f"{'Arrow MB':>10}{'peak MB':>9}{'x Arrow':>9}"
    )
    for kind in ("labels", "pairs", "grouped pairs"):
        for rows in sizes:
            _in_a_process("make", folder, kind, "shuffled", rows)
            found = _in_a_process("grow", folder, kind)
            print(
                f"{kind:20}{rows:12,}{found['seconds']:9.3f}{found['seconds'] / rows * 1e6:8.3f}"
                f"{found['align']:12.4f}{found['intervals']:11.4f}{found['arrow_mb']:10.1f}"
                f"{found['peak_mb']:9.0f}{found['peak_mb'] / found['arrow_mb']:9.1f}",
                flush=True,
            )
            yield {"kind": kind, "rows": rows, **found}


def _in_a_process(function: str, *arguments: object) -> dict[str, Any]:
    """What one function of this module returns in a process of its own."""
    code = f"from benchmarks.score import called; called({function!r})"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    # As in the process that scores: memory that is no longer used goes back at once, and more
    # threads for small products cost more than they bring.
    environment = os.environ | {
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "OPENBLAS_NUM_THREADS": "1",
    }
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def called(function: str) -> None:
    """Call the function with the arguments of this process; print what it returns as JSON."""
    print(json.dumps(globals()[function](Path(sys.argv[1]), *sys.argv[2:])))


# Contenders


def compare(folder: Path, kind: str, runs: str) -> dict[str, Any]:
    """Seconds of every contender in every run."""
    spec, solution = _loaded(folder, kind)
    file, ids = folder / "submission.csv", solution.ids
    for module in ("pandas", "sklearn.metrics"):
        importlib.import_module(module)
    with Scorer() as limited:
        contenders: dict[str, Callable[[], object]] = {
            "script": lambda: SCRIPTS[kind](file, folder / "solution.csv"),
            "read": lambda: compute.index_in(csv.read_csv(file)["id"], value_set=ids),
            "ours": lambda: _good(score(file, spec, solution)),
            "same": lambda: same_metrics(file, kind, spec, solution),
            "child": lambda: _good(
                limited.score(
                    file=file,
                    dataset=folder / "dataset.json",
                    test=folder / "solution.parquet",
                    solution=folder / "solution.parquet",
                )
            ),
        }
        # Loads the solution.
        contenders["child"]()
        return {
            "runs": [
                {name: _seconds(contender) for name, contender in contenders.items()}
                for _ in range(int(runs))
            ]
        }


def compare_steps(folder: Path, kind: str, runs: str) -> dict[str, Any]:
    """Seconds to score in this process, to read in a limited one, and to measure after that."""
    spec, solution = _loaded(folder, kind)
    file = folder / "submission.csv"
    dataset, answers = folder / "dataset.json", folder / "solution.parquet"
    with Scorer() as limited:
        contenders: dict[str, Callable[[], object]] = {
            "here": lambda: _good(score(file, spec, solution)),
            "read": lambda: limited.check(file=file, dataset=dataset, test=answers),
            "both": lambda: _good(
                limited.score(file=file, dataset=dataset, test=answers, solution=answers)
            ),
        }
        contenders["both"]()
        return {
            "runs": [
                {name: _seconds(contender) for name, contender in contenders.items()}
                for _ in range(int(runs))
            ]
        }


def same_metrics(file: Path, kind: str, spec: TaskSpec, solution: Solution) -> list[Interval]:
    """The intervals of the metrics that the script has, on all rows as there."""
    with file.open("rb") as opened:
        submission = read_submission(opened, spec, solution.index)
    truth, decision, scores = solution.truth, submission.decision, submission.scores
    view, forms = View(len(spec.classes), truth, decision, None, scores), metrics_of(spec.kind)
    units = Units.of(solution.groups)
    return [interval(forms[name].measure(view), units, forms[name].range) for name in SAME[kind]]


def labels_script(submission: Path, solution: Path) -> tuple[float, ...]:
    """Accuracy, macro F1 and balanced accuracy, as most would compute them."""
    both = _merged(submission, solution)
    return _agreement(both.label, both.prediction)


def probabilities_script(submission: Path, solution: Path) -> tuple[float, ...]:
    """The same three of the class with the largest probability."""
    both = _merged(submission, solution)
    codes = both[list(CLASSES)].to_numpy().argmax(axis=1)
    return _agreement(both.label, np.array(CLASSES)[codes])


def pairs_script(submission: Path, solution: Path) -> tuple[float, ...]:
    """Average precision and area under the ROC curve."""
    from sklearn import metrics

    both = _merged(submission, solution)
    return (
        metrics.average_precision_score(both.label, both.score),
        metrics.roc_auc_score(both.label, both.score),
    )


# Imported where they are used: the memory that they take is not ours.


def _merged(submission: Path, solution: Path) -> Any:
    import pandas as pd

    return pd.read_csv(solution).merge(pd.read_csv(submission), on="id")


def _agreement(truth: Any, prediction: Any) -> tuple[float, ...]:
    from sklearn import metrics

    return (
        metrics.accuracy_score(truth, prediction),
        metrics.f1_score(truth, prediction, average="macro"),
        metrics.balanced_accuracy_score(truth, prediction),
    )


THREE = ("accuracy", "macro_f1", "balanced_accuracy")
SAME = {"labels": THREE, "probabilities": THREE, "pairs": ("average_precision", "roc_auc")}
SCRIPTS = {"labels": labels_script, "probabilities": probabilities_script, "pairs": pairs_script}


def grow(folder: Path, kind: str) -> dict[str, float]:
    """Seconds in all, of reading and aligning and of intervals (medians of three), and memory."""
    spec, solution = _loaded(folder, kind)
    file = folder / "submission.csv"

    def aligned() -> None:
        with file.open("rb") as opened:
            read_submission(opened, spec, solution.index)

    runs = []
    for _ in range(3):
        align = _seconds(aligned)
        with _timed("interval") as spent:
            seconds = _seconds(lambda: _good(score(file, spec, solution)))
        runs.append({"seconds": seconds, "align": align, "intervals": sum(spent)})
    status = Path("/proc/self/status").read_text()
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return {
        **{name: statistics.median(run[name] for run in runs) for name in runs[0]},
        "peak_mb": int(peak) / 1024,
        "arrow_mb": csv.read_csv(file).nbytes / 2**20,
    }


def _loaded(folder: Path, kind: str) -> tuple[TaskSpec, Solution]:
    return SPECS[kind], Solution.from_file(folder / "solution.parquet", SPECS[kind])


def _good(outcome: object) -> None:
    assert isinstance(outcome, Scored), outcome


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@contextmanager
def _timed(name: str) -> Iterator[list[float]]:
    """The seconds of every call that the scorer makes of a function of its own namespace."""
    function, spent = getattr(scorer, name), []

    def measured(*arguments: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            spent.append(time.perf_counter() - begun)

    setattr(scorer, name, measured)
    try:
        yield spent
    finally:
        setattr(scorer, name, function)


# Files


def make(folder: Path, kind: str, order: str, rows: str) -> dict[str, Any]:
    """Write dataset.json, the solution as Parquet and CSV, and submission.csv; always the same."""
    random, n = np.random.default_rng(0), int(rows)
    numbers = pa.array(random.permutation(n))
    ids = compute.binary_join_element_wise("item", numbers.cast(pa.string()), "-")
    truth, answer = (_pairs if "pairs" in kind else _labels)(random, n)
    if kind == "probabilities":
        answer = _chances(random, answer["prediction"])
    # The rows of one group are in one part; without groups each row is one of its own.
    groups = random.integers(0, n // 3, n) if kind == "grouped pairs" else np.arange(n)
    parts = (random.random(n) < 0.7).astype(int)[groups]
    usage = pa.array(["public", "private"]).take(pa.array(parts))
    places = random.permutation(n) if order == "shuffled" else np.arange(n)
    parquet.write_table(
        pa.table({"id": ids, "label": truth, "usage": usage, "group": pa.array(groups)}),
        folder / "solution.parquet",
    )
    _write_csv(folder / "solution.csv", pa.table({"id": ids, "label": truth}))
    submission = pa.table({"id": ids, **answer}).take(pa.array(places))
    _write_csv(folder / "submission.csv", submission)
    document: dict[str, Any] = {"kind": "classification", "classes": CLASSES}
    if "pairs" in kind:
        document = {"kind": "matching", "negative_label": "0", "positive_label": "1"}
    (folder / "dataset.json").write_text(json.dumps(document))
    return {}


def _labels(random: np.random.Generator, n: int) -> tuple[pa.Array, dict[str, pa.Array]]:
    truth = random.integers(0, len(CLASSES), n)
    answer = np.where(random.random(n) < 0.7, truth, random.integers(0, len(CLASSES), n))
    texts = pa.array(CLASSES)
    return texts.take(pa.array(truth)), {"prediction": texts.take(pa.array(answer))}


def _chances(random: np.random.Generator, prediction: pa.Array) -> dict[str, pa.Array]:
    """Whole 10,000ths that sum to 1, the largest for the predicted class."""
    codes = compute.index_in(prediction, value_set=pa.array(CLASSES)).to_numpy()
    parts = random.integers(0, 100, (len(codes), len(CLASSES)))
    rows = np.arange(len(codes))
    parts[rows, codes] = 0
    parts[rows, codes] = 10_000 - parts.sum(axis=1)
    return {name: pa.array(parts[:, code] / 10_000) for code, name in enumerate(CLASSES)}


def _pairs(random: np.random.Generator, n: int) -> tuple[pa.Array, dict[str, pa.Array]]:
    truth = random.random(n) < 0.1
    logits = random.normal(0, 1.5, n) + 3 * truth - 1.5
    texts = pa.array(["0", "1"]).take(pa.array(truth.astype(int)))
    return texts, {"score": pa.array(1 / (1 + np.exp(-logits)))}


def _write_csv(path: Path, table: pa.Table) -> None:
    """As pandas writes it, without quotes."""
    with path.open("wb") as file:
        file.write((",".join(table.column_names) + "\n").encode())
        csv.write_csv(table, file, csv.WriteOptions(include_header=False, quoting_style="none"))


if __name__ == "__main__":
    main()
