"""Labels of test rows leave no trace in the public files, but for the hash that names a content."""

import json
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from tabset import building
from tests.tabset.importers.raw import imported, write

SALT = "the salt of both builds"
LICENCE = {"licence": "CC0", "description": "d", "origin": "o", "citation": "c"}
ROWS = 400
SIDES = ("train", "test")
CLASSES = ("NA", "007", "ü")


def competition(labels: list[str], usage: bool) -> dict[str, str]:
    """Files as of Kaggle: every fourth row is held out, and its label is in the solution."""
    draw = random.Random(3)
    train, test = ["key,shop,words,size,label"], ["key,shop,words,size"]
    solution = ["key,label,Usage" if usage else "key,label"]
    for row in range(ROWS):
        cells = f"k{row},s{draw.randrange(9)},some {draw.randrange(99)} words,{draw.random():.3f}"
        if row % 4:
            train.append(f"{cells},{CLASSES[row % 7 % 3]}")
        else:
            test.append(cells)
            part = f",{'Public' if row % 8 else 'Private'}" if usage else ""
            solution.append(f"k{row},{labels[row // 4]}{part}")
    files = {"train.csv": train, "test.csv": test, "solution.csv": solution}
    return {name: "\n".join(lines) + "\n" for name, lines in files.items()}


def offers(labels: list[str]) -> dict[str, str]:
    """Two tables of offers and pairs of them: given as train and as test."""
    draw = random.Random(4)
    tables = {
        f"table{side}.csv": ["id,name,price"]
        + [f"{number},thing {draw.randrange(999)} of {side},{number}" for number in range(200)]
        for side in "AB"
    }
    pairs = random.Random(5).sample([(a, b) for a in range(200) for b in range(200)], ROWS)
    sides: dict[str, list[str]] = {side: ["ltable_id,rtable_id,label"] for side in SIDES}
    for row, (left, right) in enumerate(pairs):
        label = labels[row // 4] if row % 4 == 0 else str(int(draw.random() < 0.3))
        sides[SIDES[row % 4 == 0]].append(f"{left},{right},{label}")
    files = tables | {f"{side}.csv": lines for side, lines in sides.items()}
    return {name: "\n".join(lines) + "\n" for name, lines in files.items()}


def public_bytes(
    folder: Path, importer: str, files: Mapping[str, str], **options: str
) -> tuple[dict[str, bytes], str]:
    """The public files of a build of raw files, in which the content hash is blanked."""
    raw = write(folder, files)
    draft = imported(importer, raw, to="draft", name="offers", **LICENCE, **options)
    building.build_draft(
        draft.folder, folder / "public", folder / "private", salt=SALT, progress=lambda *_: None
    )
    found = {
        path.relative_to(folder / "public").as_posix(): path.read_bytes()
        for path in sorted((folder / "public").rglob("*"))
        if path.is_file()
    }
    facts = json.loads(found.pop("dataset.json"))
    digest = facts.pop("content_hash")
    short = digest[:12].encode()  # which the long one begins with
    for name in [name for name, content in found.items() if short in content]:
        del facts["files"][name]  # its own hash differs with it
    found["dataset.json"] = json.dumps(facts).encode()
    rest = digest[12:].encode()
    blanked = {
        name: content.replace(short + rest, b"").replace(short, b"")
        for name, content in found.items()
    }
    return blanked, digest


CASES = {
    "competition": ("kaggle", {}),
    "competition with its own parts": ("kaggle", {"usage": "yes"}),
    "competition with new ids": ("kaggle", {"ids": "new", "order": "shuffle"}),
    "competition with groups": ("kaggle", {"group": "shop", "slices": "shop"}),
    "pairs": ("magellan", {}),
    "pairs shuffled": ("magellan", {"ids": "new", "order": "shuffle"}),
}


@pytest.mark.parametrize("case", CASES)
def test_other_test_labels_give_the_same_public_bytes(tmp_path: Path, case: str) -> None:
    importer, given = CASES[case]
    options = dict(given)
    usage = bool(options.pop("usage", ""))
    draw = random.Random(1)
    test = [draw.choice(CLASSES if importer == "kaggle" else "01") for _ in range(ROWS // 4)]
    found = []
    for name, labels in (("one", test), ("other", draw.sample(test, len(test)))):
        files = competition(labels, usage) if importer == "kaggle" else offers(labels)
        found.append(public_bytes(tmp_path / name, importer, files, **options))
    (one, first), (other, second) = found
    assert first != second
    assert sorted(one) == sorted(other)
    assert [name for name in one if one[name] != other[name]] == []
