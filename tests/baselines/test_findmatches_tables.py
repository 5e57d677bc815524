"""``python -m baselines findmatches``: groups of records of plain tables, and what is refused."""

import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from baselines import running
from baselines.__main__ import main
from baselines.findmatches import forest, grouping

PEOPLE = 60


@pytest.fixture(autouse=True)
def _within_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command leaves output and signals to the tests' own process, and grows small forests."""

    @contextmanager
    def scratch(unfinished: Path) -> Iterator[Path]:
        try:
            yield unfinished.parent
        finally:
            unfinished.unlink(missing_ok=True)

    for name in ("GOMP_SPINCOUNT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, os.environ.get(name, "1"))
    monkeypatch.setattr(running, "claim_stdout", lambda: sys.stdout)
    monkeypatch.setattr(running, "scratch_folder", scratch)
    monkeypatch.setattr(forest, "TREES", forest.STEP)


def people(seed: int, prefix: str, changed: bool) -> pd.DataFrame:
    """One record per person; of the changed ones some have an error or a gap."""
    own, rng = random.Random(1), random.Random(seed)
    rows = []
    for number in range(PEOPLE):
        name = "".join(own.choices("abcdefghijklmnopqrstuvwxyz", k=9))
        street = "".join(own.choices("abcdefghijklmnopqrstuvwxyz", k=8))
        if changed:
            place = rng.randrange(9)
            name = name[:place] + name[place + 1 :]
        amount = "" if changed and rng.random() < 0.2 else str(1000 + number * 7)
        rows.append((f"{prefix}{number}", name, f"{street} road", amount))
    return pd.DataFrame(rows, columns=["id", "name", "street", "amount"])


def labels(left: str, right: str, count: int = 20) -> pd.DataFrame:
    matches = [(f"{left}{n}", f"{right}{n}", 1) for n in range(count)]
    others = [(f"{left}{n}", f"{right}{n + 1}", 0) for n in range(count)]
    return pd.DataFrame(matches + others, columns=["left_id", "right_id", "label"])


def put(folder: Path, **tables: pd.DataFrame) -> None:
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)


def call(folder: Path, *options: str, right: bool = False, out: str = "out.csv") -> int:
    second = ["--right", str(folder / "right.csv")] if right else []
    given = ["--left", str(folder / "left.csv"), "--labels", str(folder / "labels.csv"), *second]
    return main(["findmatches", *given, "--out", str(folder / out), "--cpus", "1", *options])


def test_one_table_is_deduplicated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = pd.concat([people(1, "a", False), people(2, "b", True)])
    put(tmp_path, left=both, labels=labels("a", "b"))
    assert call(tmp_path) == 0
    found = pd.read_csv(tmp_path / "out.csv")
    assert list(found.columns) == ["record_id", "match_id"]
    assert list(found["record_id"]) == list(both["id"])
    right = [f"a{record[1:]}" for record in found["record_id"]]
    assert (found["match_id"] == right).mean() > 0.95
    told = capsys.readouterr().out
    assert "recall 100.0% of 20 labelled matches" in told
    assert "groups of two and more" in told
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_two_tables_are_linked_whatever_their_ids_and_forms(tmp_path: Path) -> None:
    left, right = people(1, "", False), people(2, "", True)
    put(tmp_path, left=left, labels=labels("", ""))
    right.to_parquet(tmp_path / "right.parquet")
    given = ["--left", str(tmp_path / "left.csv"), "--right", str(tmp_path / "right.parquet")]
    out = str(tmp_path / "out.parquet")
    command = ["findmatches", *given, "--labels", str(tmp_path / "labels.csv"), "--out", out]
    assert main([*command, "--cpus", "1", "--accuracy-cost", "0.2"]) == 0
    found = pd.read_parquet(out)
    assert list(found.columns) == ["table", "record_id", "match_id"]
    assert found["table"].tolist() == ["left"] * PEOPLE + ["right"] * PEOPLE
    assert (found["match_id"] == "left:" + found["record_id"]).mean() > 0.95


def test_a_labelling_file_of_aws_tells_the_same(tmp_path: Path) -> None:
    both = pd.concat([people(1, "a", False), people(2, "b", True)])
    sets = [(f"s{n // 5}", f"person {n}", f"{side}{n}") for n in range(20) for side in ("a", "b")]
    sets += [("s0", None, "a40")]  # not labelled, so left out
    aws = pd.DataFrame(sets, columns=["labeling_set_id", "label", "id"])
    put(tmp_path, left=both, labels=aws)
    assert call(tmp_path) == 0
    found = pd.read_csv(tmp_path / "out.csv")
    right = [f"a{record[1:]}" for record in found["record_id"]]
    assert (found["match_id"] == right).mean() > 0.95


def test_the_precision_knob_joins_no_more_than_the_recall_knob(tmp_path: Path) -> None:
    both = pd.concat([people(1, "a", False), people(2, "b", True)])
    put(tmp_path, left=both, labels=labels("a", "b"))
    count = {}
    for knob in ("0.05", "0.99"):
        assert call(tmp_path, "--precision-recall", knob, out=f"{knob}.csv") == 0
        count[knob] = pd.read_csv(tmp_path / f"{knob}.csv")["match_id"].nunique()
    assert count["0.05"] <= count["0.99"]


LEFT, RIGHT = people(1, "a", False), people(2, "b", True)
BOTH = pd.concat([LEFT, RIGHT])
KNOWN = labels("a", "b")
AWS = pd.DataFrame({"labeling_set_id": ["s"] * 3, "label": list("xxy"), "id": ["a1", "b1", "a2"]})


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        ({"left": BOTH.drop(columns="id")}, "no column 'record_id' or 'id' of ids; name the one"),
        ({"left": BOTH[["id"]]}, "no column to compare besides 'id'"),
        ({"left": BOTH.head(0)}, "left.csv has a header but no rows"),
        ({"left": BOTH.assign(id="x")}, "row 2: the id 'x' is in row 1 already"),
        ({"left": BOTH.assign(id=[None, *BOTH["id"][1:]])}, "row 1: 'id' is empty"),
        ({"left": BOTH.assign(record_id=1)}, "a column 'id' in addition to the ids in 'record_id'"),
        ({"labels": KNOWN.head(0)}, "labels.csv has a header but no rows"),
        ({"labels": KNOWN.drop(columns="label")}, "neither the columns left_id, right_id and"),
        ({"labels": KNOWN[KNOWN["label"] == 0]}, "labels.csv has no pair that matches; label"),
        ({"labels": KNOWN[KNOWN["label"] == 1]}, "has no pair that does not match; label"),
        ({"labels": KNOWN.assign(label="maybe")}, "row 1: the label is 'maybe'; write 1 for"),
        ({"labels": KNOWN.assign(label=None)}, "row 1: the label is ''; write 1 for"),
        (
            {"labels": KNOWN.assign(left_id="z9")},
            "row 1: 'z9' is not an id of left.csv; correct or",
        ),
        ({"labels": KNOWN.assign(right_id=KNOWN["left_id"])}, "pairs 'a0' with itself"),
        (
            {"labels": pd.concat([KNOWN, KNOWN.assign(label=1)])},
            "says of 'a0' and 'b1' both that they match and that they do not",
        ),
        ({"labels": AWS.drop(columns="id")}, "labels.csv has no column 'id', which"),
        ({"labels": AWS.assign(id="z9")}, "row 1: the id 'z9' is none of left.csv; correct"),
        ({"labels": AWS.assign(label="x")}, "no pair that does not match"),
    ],
)
def test_faulty_files_are_told_with_what_to_do(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    tables: dict[str, pd.DataFrame],
    sentence: str,
) -> None:
    put(tmp_path, **{"left": BOTH, "labels": KNOWN, **tables})
    assert call(tmp_path) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        (
            {"right": RIGHT.rename(columns=lambda name: name if name == "id" else f"{name}_2")},
            "left.csv and right.csv have no column in common besides their ids",
        ),
        ({"labels": KNOWN.assign(right_id="a1")}, "row 1: 'a1' is not an id of right.csv"),
        (
            {"right": RIGHT.assign(id=LEFT["id"]), "labels": AWS},
            "the id 'a1' is in both left.csv and right.csv: give labels as left_id",
        ),
    ],
)
def test_tables_that_do_not_fit_each_other_are_told(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    tables: dict[str, pd.DataFrame],
    sentence: str,
) -> None:
    put(tmp_path, **{"left": LEFT, "right": RIGHT, "labels": KNOWN, **tables})
    assert call(tmp_path, right=True) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--precision-recall", "1.5"], "--precision-recall is 1.5; it must be between 0 and 1."),
        (["--accuracy-cost", "-1"], "--accuracy-cost is -1; it must be between 0 and 1."),
        (["--accuracy-cost", "nan"], "--accuracy-cost is nan; it must be between 0 and 1."),
        (["--time-limit", "0"], "must be above 0"),
        (["--out", "groups.txt"], "groups.txt has to end with .csv or .parquet."),
        (["--labels", "absent.csv"], "There is no file absent.csv."),
        (["--id", "key"], "left.csv has no column 'key' of ids; name the one that it has by --id"),
    ],
)
def test_faulty_options_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    put(tmp_path, left=BOTH, labels=KNOWN)
    assert call(tmp_path, *options) == 2
    assert sentence in capsys.readouterr().err


def test_one_file_for_both_sides_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, left=BOTH, labels=KNOWN)
    assert call(tmp_path, "--right", str(tmp_path / "left.csv")) == 2
    assert "leave --right out to match within it" in capsys.readouterr().err


def test_a_file_that_is_no_table_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, labels=KNOWN)
    (tmp_path / "left.csv").write_bytes(b"PAR1 is what Parquet files begin with")
    assert call(tmp_path) == 2
    assert "Cannot read" in capsys.readouterr().err


def test_too_many_candidates_are_refused_with_the_knob_to_turn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "MOST_CANDIDATES", 100)
    put(tmp_path, left=BOTH, labels=KNOWN)
    assert call(tmp_path) == 2
    assert "more than 100: lower --accuracy-cost" in capsys.readouterr().err
