"""Starter notebooks run as they are, on whatever the standard allows, and write valid files."""

import datetime as dt
import io
import os
import random
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from django.test import Client
from django.urls import reverse
from PIL import Image
from sklearn.metrics import average_precision_score
from threadpoolctl import threadpool_limits

import samples
from baselines.method import Settings
from baselines.trivial.method import METHOD as TRIVIAL
from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from scoring import TaskSpec
from scoring.alignment import IdIndex
from scoring.checking import Submission, read_submission
from scoring.runner import Checked, Scored, Scorer
from tabset import (
    Column,
    ColumnType,
    Dataset,
    Kind,
    Licence,
    Source,
    Split,
    build,
    load,
    load_arrow,
)
from tests.site import factories

TYPES = (
    Column("a_text", ColumnType.TEXT),
    Column("a_number", ColumnType.NUMERIC),
    Column("a, category", ColumnType.CATEGORICAL),
    Column("a__date", ColumnType.DATETIME),
    Column("an image", ColumnType.IMAGE),
    Column('a "boolean"', ColumnType.BOOLEAN),
    Column("a_list", ColumnType.LIST),
    Column("nothing", ColumnType.TEXT),
    Column("no_number", ColumnType.NUMERIC),
    Column("another_id", ColumnType.ID),
)
LABELS = ("NA", "None", "007", "true", 'a, "b"', "1.0", "ü")
Clients = Callable[[User | None], Client]
Rows = dict[str, list[Any]]


def features(number: int, label: int, draw: random.Random) -> dict[str, Any]:
    """A row of every type; each value says something about the label, or is missing."""
    row = {
        "a_text": f"word{label} {draw.choice(['', 'and', 'NA'])}, {number}",
        "a_number": draw.choice([label * 1e300, label, label + 0.5, -1e-300]),
        "a, category": draw.choice([f"c{label}", "None", "nan"]),
        "a__date": dt.datetime(1900 + 10 * label, 1, 1) + dt.timedelta(days=draw.randrange(900)),
        "an image": "images/one.png",
        'a "boolean"': label % 2 == 0,
        "a_list": draw.choice([[], [f"i{label}", "x,y"]]),
    }
    known = {name: None if draw.random() < 0.2 else value for name, value in row.items()}
    return {**known, "nothing": None, "no_number": None, "another_id": f"x{number}"}


def columns(rows: list[dict[str, Any]]) -> Rows:
    return {name: [row[name] for row in rows] for name in rows[0]}


def dataset(kind: Kind, **facts: Any) -> Dataset:
    about = {"description": "For tests.", "citation": "None.", "origin": "Made for tests."}
    split, licence = Split("at random"), Licence("CC0")
    known = {"name": "odd", "title": "Odd", "columns": (), "split": split, "licence": licence}
    return Dataset(kind=kind, **{**known, **about, **facts})


def pictures() -> Mapping[str, bytes]:
    written = io.BytesIO()
    Image.new("L", (3, 3)).save(written, "PNG")
    return {"one.png": written.getvalue()}


def write_rows(
    folder: Path,
    count: int,
    *,
    classes: tuple[str, ...] = LABELS,
    types: tuple[Column, ...] = TYPES,
    unseen: int = 0,
) -> Path:
    """The folder of that many training rows, and 70 for the test; ids are awkward, too.

    Of the classes the first `unseen` ones have no training row.
    """
    draw = random.Random(3)
    labels = [unseen + number % (len(classes) - unseen) for number in range(count)]
    labels += [number % len(classes) for number in range(70)]
    rows = [
        {
            "id": "NA" if number == count else f"{number:03}",
            **features(number, label, draw),
            "label": classes[label],
        }
        for number, label in enumerate(labels)
    ]
    names = ("id", *(column.name for column in types), "label")
    kept = {name: values for name, values in columns(rows).items() if name in names}
    source = Source(
        dataset(Kind.CLASSIFICATION, classes=classes, columns=types),
        {name: values[:count] for name, values in kept.items()},
        {name: values[count:] for name, values in kept.items()},
        groups=[f"g{number}" for number in range(70)],
        images=pictures() if any(column.name == "an image" for column in types) else {},
    )
    return build(source, folder / "public", folder / "private", salt="s").public


def write_pairs(
    folder: Path, count: int, *, left: tuple[Column, ...] = TYPES, right: tuple[Column, ...] = TYPES
) -> Path:
    """The folder of that many training pairs of two tables, and 70 for the test."""
    draw = random.Random(4)
    sides: dict[str, Rows] = {}
    for side, types in (("left", left), ("right", right)):
        rows = [
            {"record_id": f"{number:03}", **features(number, number, draw)} for number in range(90)
        ]
        names = ("record_id", *(column.name for column in types))
        sides[side] = {name: values for name, values in columns(rows).items() if name in names}
    pairs = []
    for number in range(count + 70):
        one = draw.randrange(90)
        same = number % 3 == 0
        other = one if same else (one + draw.randrange(1, 90)) % 90
        ids = {"left_id": f"{one:03}", "right_id": f"{other:03}"}
        pairs.append({"id": f"{number}", **ids, "label": "NA" if same else "None"})
    source = Source(
        dataset(
            Kind.MATCHING,
            negative_label="None",
            positive_label="NA",
            match_semantics="exact",
            records={"left": left, "right": right},
        ),
        columns(pairs[:count]),
        columns(pairs[count:]),
        groups=[f"g{number}" for number in range(70)],
        records=sides,
        images=pictures(),
    )
    return build(source, folder / "public", folder / "private", salt="s").public


@pytest.fixture
def run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    as_user: Clients,
    challenge: Challenge,
) -> Callable[..., dict[str, Any]]:
    """A function that runs the starter next to a folder of data and returns what it has then."""

    def run(public: Path, headline: str) -> dict[str, Any]:
        kind = load(public).dataset.kind
        task = factories.make_task(challenge, kind.value, "odd-task", headline=headline)
        place = tmp_path / "place"
        shutil.copytree(public, place / "odd-task")
        (place / "starter.py").write_bytes(starter_of(as_user(None), task))
        monkeypatch.chdir(place)
        with threadpool_limits(1):
            return runpy.run_path("starter.py")

    return run


def starter_of(client: Client, task: Task) -> bytes:
    return client.get(reverse("task-starter", args=[task.challenge.slug, task.slug, "py"])).content


def submitted(public: Path) -> Submission:
    """The file that was written here, as a worker reads it; Unreadable if it is not valid."""
    spec = TaskSpec.from_file(public / "dataset.json")
    ids = load_arrow(public, "test")["id"].combine_chunks()
    with Path("submission.csv").open("rb") as file:
        return read_submission(file, spec, IdIndex.of(ids))


def truth(public: Path) -> pd.Series:
    """The label of every test row, in the order of the test rows."""
    solution = pd.read_parquet(public.parent / "private" / "solution.parquet")
    return solution.set_index("id").loc[load(public).test["id"], "label"]


Run = Callable[..., dict[str, Any]]


def test_rows_of_every_type_with_awkward_labels(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    public = write_rows(tmp_path, 200)
    run(public, "accuracy")
    codes = submitted(public).decision
    assert codes is not None
    assert (truth(public) == [LABELS[code] for code in codes]).mean() > 0.8
    written = pd.read_csv("submission.csv", dtype=str, keep_default_na=False)
    assert list(written.columns) == ["id", *LABELS]
    assert list(written["id"]) == list(load(public).test["id"])
    printed = capsys.readouterr().out
    assert "200 training rows, 70 test rows" in printed
    assert "accuracy: " in printed
    assert "held-out rows" in printed


def test_pairs_of_every_type(tmp_path: Path, run: Run) -> None:
    public = write_pairs(tmp_path, 300)
    found = run(public, "average_precision")
    scores = submitted(public).scores
    assert found["X"].shape[1] > 10
    assert average_precision_score(truth(public) == "NA", scores) > 0.9


def test_no_entity_is_on_both_sides_of_the_hold_out(tmp_path: Path, run: Run) -> None:
    found = run(write_pairs(tmp_path, 300), "f1")
    held_out, entities = found["held_out"], found["entities"]
    assert 0.1 < held_out.mean() < 0.4
    assert not set(entities[held_out]) & set(entities[~held_out])
    pairs = found["train"][found["codes"] == 1]
    assert len({found["entity"](f"left {a}") for a in pairs["left_id"]}) < 91
    for left, right in zip(pairs["left_id"], pairs["right_id"], strict=True):
        assert found["entity"](f"left {left}") == found["entity"](f"right {right}")


def test_the_held_out_rows_are_of_all_classes(tmp_path: Path, run: Run) -> None:
    found = run(write_rows(tmp_path, 210), "macro_f1")
    held_out, codes = found["held_out"], found["codes"]
    assert held_out.sum() == 42
    assert set(codes[held_out]) == set(range(len(LABELS)))


def test_records_with_no_column_in_common_are_compared_as_a_whole(tmp_path: Path, run: Run) -> None:
    public = write_pairs(tmp_path, 300, left=TYPES[:1], right=(TYPES[6], TYPES[2], TYPES[4]))
    found = run(public, "roc_auc")
    assert list(found["features"]) == ["everything: similarity"]
    assert submitted(public).scores is not None


@pytest.mark.parametrize("types", [TYPES[4:5], TYPES[7:8], TYPES[9:]], ids=lambda t: t[0].name)
def test_without_a_usable_feature_the_shares_are_submitted(
    tmp_path: Path, run: Run, types: tuple[Column, ...]
) -> None:
    public = write_rows(tmp_path, 100, classes=("true", "NA"), types=types)
    found = run(public, "log_loss_clipped")
    assert found["X"].shape[1] == 0
    assert submitted(public).probabilities == pytest.approx(0.5)


def test_pairs_without_a_usable_feature_have_one_score(tmp_path: Path, run: Run) -> None:
    public = write_pairs(tmp_path, 90, left=TYPES[4:5], right=TYPES[4:5])
    run(public, "average_precision")
    assert submitted(public).scores == pytest.approx(1 / 3)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_a_handful_of_rows_is_enough(tmp_path: Path, run: Run, count: int) -> None:
    public = write_rows(tmp_path, count)
    run(public, "roc_auc_ovr")
    assert submitted(public).probabilities is not None


def test_a_handful_of_pairs_is_enough(tmp_path: Path, run: Run) -> None:
    public = write_pairs(tmp_path, 4)
    run(public, "best_f1")
    assert submitted(public).scores is not None


def test_many_classes_of_which_training_rows_lack_some(tmp_path: Path, run: Run) -> None:
    classes = tuple(f"class {number}" for number in range(60))
    public = write_rows(tmp_path, 200, classes=classes, unseen=10)
    run(public, "top_5")
    chances = submitted(public).probabilities
    assert chances is not None
    assert (chances[:, :10] == 0).all()
    assert (chances[:, 10:] > 0).all()


def test_without_files_and_client_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_user: Clients, matching_task: Task
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "podium_client", None)
    Path("starter.py").write_bytes(starter_of(as_user(None), matching_task))
    with pytest.raises(FileNotFoundError, match="set FOLDER to their folder, or install podium-cl"):
        runpy.run_path("starter.py")


def test_without_files_the_client_fetches_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_user: Clients, challenge: Challenge
) -> None:
    public = write_rows(tmp_path, 60)
    asked = []

    class Fetching:
        def task(self, name: str) -> "Fetching":
            asked.append(name)
            return self

        def download(self, folder: Path) -> None:
            shutil.copytree(public, folder)

    monkeypatch.setattr("podium_client.Client", Fetching)
    monkeypatch.chdir(tmp_path)
    task = factories.make_task(challenge, "classification", "odd-task")
    Path("starter.py").write_bytes(starter_of(as_user(None), task))
    runpy.run_path("starter.py")
    assert asked == ["cup/odd-task"]
    assert submitted(public).probabilities is not None


def sample_tasks() -> list[dict[str, str]]:
    """The tasks of the sample challenge, each with its kind."""
    text = (Path(samples.__file__).parent / "challenge.yaml").read_text(encoding="utf-8")
    tracks = yaml.safe_load(text)["challenge"]["tracks"]
    return [{"kind": track["kind"], **task} for track in tracks for task in track["tasks"]]


def scored(file: Path, folder: Path, headline: str) -> dict[str, float | None]:
    """The headline score of a file on each part."""
    with closing(Scorer()) as scorer:
        public = folder / "public"
        checked = scorer.check(
            file=file, dataset=public / "dataset.json", test=public / "test.parquet"
        )
        assert isinstance(checked, Checked), checked
        outcome = scorer.score(
            file=file,
            dataset=public / "dataset.json",
            test=public / "test.parquet",
            solution=folder / "private" / "solution.parquet",
        )
    assert isinstance(outcome, Scored), outcome
    return {score.part: score.value for score in outcome.scores if score.metric == headline}


@pytest.mark.slow
@pytest.mark.parametrize("sample", sample_tasks(), ids=lambda sample: sample["slug"])
def test_the_starters_of_the_sample_tasks_beat_the_trivial_submission(
    tmp_path: Path, as_user: Clients, challenge: Challenge, sample: dict[str, str]
) -> None:
    folder = samples.build(sample["dataset"], tmp_path / "built").public.parent
    headline = sample["headline"]
    task = factories.make_task(challenge, sample["kind"], sample["slug"], headline=headline)
    (tmp_path / sample["slug"]).symlink_to(folder / "public")
    (tmp_path / "starter.py").write_bytes(starter_of(as_user(None), task))
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "starter.py"],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    trivial = tmp_path / "trivial.csv"
    settings = Settings(60, 0, 1, tmp_path, lambda share, words: None)
    TRIVIAL.run(load(folder / "public"), settings).to_csv(trivial, index=False)
    reached = scored(tmp_path / "submission.csv", folder, headline)
    least = scored(trivial, folder, headline)
    for part, value in reached.items():
        low = least[part]
        assert value is not None
        assert low is not None
        assert value > low + 0.3
