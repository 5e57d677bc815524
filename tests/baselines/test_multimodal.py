"""autogluon-multimodal on tiny checkpoints, in the environment of `make test-multimodal`."""

import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from tabset import Column, ColumnType, Dataset, Kind, Licence, Source, Split, build
from tests.baselines.folders import WORDS, solution
from tests.baselines.runs import Finished, run

pytestmark = pytest.mark.multimodal
ROOT = Path(__file__).resolve().parents[2]
PYTHON = str(ROOT / ".venv-multimodal" / "bin" / "python")
LIMIT = "240"
Run = Callable[..., Finished]


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the checkpoints `text` and `image`, laid out as hubs lay them out."""
    folder = tmp_path_factory.mktemp("checkpoints")
    words = [word for group in WORDS.values() for word in group]
    script = str(Path(__file__).with_name("checkpoints.py"))
    subprocess.run([PYTHON, script, str(folder), *words], check=True, capture_output=True)
    return folder


@pytest.fixture
def train(tmp_path: Path) -> Run:
    """Runs the method on a data set; nothing may be left in the folder of temporary files."""

    def start(data: Path, *options: str, **variables: str) -> Finished:
        scratch = tmp_path / "scratch"
        limits = ("--time-limit", LIMIT, "--seed", "3", *options)
        start_run = partial(run, "autogluon-multimodal", data, tmp_path / "p.parquet", scratch)
        finished = start_run(*limits, python=PYTHON, **variables)
        assert list(scratch.iterdir()) == []
        return finished

    return start


def test_classes_are_learned_from_texts_images_numbers_and_categories(
    classification: Path, checkpoints: Path, train: Run, tmp_path: Path
) -> None:
    given = ("--text-backbone", str(checkpoints / "text"))
    given += ("--image-backbone", str(checkpoints / "image"))
    finished = train(classification, *given)
    assert finished.code == 0, finished.errors
    assert "Training (multiclass)" in " ".join(line["message"] for line in finished.lines)
    table = pd.read_parquet(tmp_path / "p.parquet").set_index("id")
    assert list(table.columns) == ["fruit", "tool", "it's, odd"]
    truth = solution(classification).set_index("id")["label"]
    assert (table.idxmax(axis=1) == truth).mean() > 0.5  # a third by chance


def test_pairs_with_images_and_numbers_are_read_together(
    matching: Path, checkpoints: Path, train: Run, tmp_path: Path
) -> None:
    images = ("--image-backbone", str(checkpoints / "image"))
    finished = train(matching, "--text-backbone", str(checkpoints / "text"), *images)
    assert finished.code == 0, finished.errors
    said = " ".join(line["message"] for line in finished.lines)
    assert "text_similarity has an average precision" in said
    assert "binary has an average precision" in said
    table = pd.read_parquet(tmp_path / "p.parquet")
    assert table["score"].between(0, 1).all()
    truth = solution(matching).set_index("id")["label"]
    assert (table.set_index("id")["prediction"] == truth).mean() > 0.7  # half by chance


def test_a_network_is_found_by_its_name_in_the_hubs_cache(
    matching: Path, checkpoints: Path, train: Run, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    cached = home / "hub" / "models--tests--tiny"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("0" * 40)
    shutil.copytree(checkpoints / "text", cached / "snapshots" / ("0" * 40))
    finished = train(
        *(matching, "--text-backbone", "tests/tiny", "--time-limit", "119"), HF_HOME=str(home)
    )
    assert finished.code == 0, finished.errors
    said = " ".join(line["message"] for line in finished.lines)
    assert "text_similarity has an average precision" in said
    assert "binary" not in said  # below two minutes there is time for one
    assert pd.read_parquet(tmp_path / "p.parquet")["score"].nunique() > 1


def test_pairs_of_images_alone_are_compared(checkpoints: Path, train: Run, tmp_path: Path) -> None:
    public = write_pictures(tmp_path / "pictures")
    finished = train(public, "--image-backbone", str(checkpoints / "image"))
    assert finished.code == 0, finished.errors
    assert "Training (image_similarity)" in " ".join(line["message"] for line in finished.lines)
    assert pd.read_parquet(tmp_path / "p.parquet")["score"].between(0, 1).all()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--text-backbone", "absent/network"], "nor in the hub's cache of this machine"),
        (["--image-backbone", "TEXT"], "is not a checkpoint of timm"),
        (["--image-backbone", "CUT"], "lacks weights, such as"),
    ],
)
def test_what_is_no_backbone_ends_with_a_sentence(
    classification: Path,
    checkpoints: Path,
    train: Run,
    tmp_path: Path,
    given: list[str],
    sentence: str,
) -> None:
    folders = {"TEXT": str(checkpoints / "text"), "CUT": str(cut(checkpoints, tmp_path))}
    options = [folders.get(part, part) for part in given]
    finished = train(classification, *options, HF_HOME=str(tmp_path))
    assert finished.code == 2
    assert sentence in finished.last_line


def cut(checkpoints: Path, folder: Path) -> Path:
    """An image checkpoint whose weights are those of the text network."""
    made = folder / "cut"
    made.mkdir()
    shutil.copy(checkpoints / "image" / "config.json", made)
    shutil.copy(checkpoints / "text" / "model.safetensors", made)
    return made


def write_pictures(folder: Path) -> Path:
    """The public folder of pairs of records that are a picture each; equal ones match."""
    folder.mkdir()
    count = 40
    images = {}
    for number in range(count):
        file = folder / f"{number}.png"
        Image.new("RGB", (16, 16), (number * 6, 255 - number * 6, number % 7 * 30)).save(file)
        images[file.name] = file.read_bytes()
    pairs = [(a, a if (a + turn) % 2 else (a + 1) % count) for turn in (0, 1) for a in range(count)]
    column = (Column("photo", ColumnType.IMAGE),)
    dataset = Dataset(
        name="pictures",
        title="Pictures",
        description="For tests.",
        kind=Kind.MATCHING,
        licence=Licence("CC0-1.0"),
        citation="",
        origin="generated",
        split=Split("by row", public_share=0.5),
        negative_label="no",
        positive_label="yes",
        match_semantics="exact",
        columns=(),
        records={"left": column, "right": column},
    )
    records = {
        side: {
            "record_id": [f"{side[0]}{number}" for number in range(count)],
            "photo": [f"images/{number}.png" for number in range(count)],
        }
        for side in ("left", "right")
    }
    parts = [_pairs(pairs[:60], "a"), _pairs(pairs[60:], "b")]
    groups = [f"l{a}" for a, _ in pairs[60:]]
    source = Source(dataset, *parts, groups=groups, records=records, images=images)
    return build(source, folder / "public", folder / "private", salt="s").public


def _pairs(pairs: list[tuple[int, int]], prefix: str) -> dict[str, list[str]]:
    return {
        "id": [f"{prefix}{number}" for number in range(len(pairs))],
        "left_id": [f"l{a}" for a, _ in pairs],
        "right_id": [f"r{b}" for _, b in pairs],
        "label": ["yes" if a == b else "no" for a, b in pairs],
    }
