"""What autogluon-multimodal is given, and what it says without PyTorch, networks or columns."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from baselines.__main__ import main
from baselines.autogluon_multimodal.backbones import IMAGE, TEXT, located, usable
from baselines.autogluon_multimodal.columns import columns
from baselines.autogluon_multimodal.method import variables
from baselines.autogluon_multimodal.schedule import batches, seconds
from baselines.method import Backbones, BaselineError, Settings
from baselines.registry import METHODS
from tabset import ColumnType, Loaded, load

BOTH = frozenset({TEXT, IMAGE})


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    def make(text: str | None = None, image: str | None = None) -> Settings:
        given = Backbones(text, image)
        return Settings(60.0, 0, 1, tmp_path, lambda share, message: None, backbones=given)

    return make


def only(data: Loaded, *types: ColumnType) -> Loaded:
    """The data with only the columns of these types."""
    kept = tuple(column for column in data.dataset.columns if column.type in types)
    dataset = SimpleNamespace(kind=data.dataset.kind, columns=kept)
    return type(data)(dataset, data.train, data.test, data.records)  # type: ignore[arg-type]


def test_without_the_extra_it_says_what_to_install(
    classification: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Callable[..., Settings],
) -> None:
    for name, value in variables(settings()).items():
        monkeypatch.setenv(name, value)  # so that what the method sets is taken back
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "baselines.autogluon_multimodal.training", raising=False)
    with pytest.raises(BaselineError, match=r"needs the extra `multimodal`, and torch is not") as e:
        METHODS["autogluon-multimodal"].run(load(classification), settings("here"))
    assert "requirements-multimodal.lock" in str(e.value)


def test_backbones_are_refused_by_methods_that_take_none(
    classification: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--data", str(classification), "--out", str(tmp_path / "p.parquet")]
    for option in ("--text-backbone", "--image-backbone"):
        assert main(["run", "trivial", *out, option, "x"]) == 2
        assert "trivial takes no backbones" in capsys.readouterr().err


def test_without_any_fitting_backbone_it_says_what_to_give(
    classification: Path, matching: Path, settings: Callable[..., Settings]
) -> None:
    with pytest.raises(
        BaselineError, match=r"texts and images\. Give --text-backbone and --image-"
    ):
        METHODS["autogluon-multimodal"].run(load(classification), settings())
    texts = only(load(matching), ColumnType.TEXT).dataset
    with pytest.raises(BaselineError, match=r"the data set's texts\. Give --text-backbone:"):
        usable(texts, settings(image="fits nothing"))


def test_the_backbones_that_fit_are_used_and_the_others_left(
    classification: Path, settings: Callable[..., Settings]
) -> None:
    data = load(classification)
    assert usable(data.dataset, settings("t", "i")) == {TEXT: "t", IMAGE: "i"}
    assert usable(data.dataset, settings(image="i")) == {IMAGE: "i"}
    assert usable(only(data, ColumnType.TEXT).dataset, settings("t", "i")) == {TEXT: "t"}
    assert usable(only(data, ColumnType.NUMERIC).dataset, settings()) == {}


def test_a_folder_is_found_and_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"text backbone .* has no config\.json"):
        located(str(tmp_path), TEXT)
    (tmp_path / "config.json").write_text("{}")
    assert located(str(tmp_path), TEXT) == tmp_path.resolve()
    with pytest.raises(BaselineError, match=r"There is no folder .*/absent, .* image backbone"):
        located(str(tmp_path / "absent"), IMAGE)


def test_a_name_that_the_cache_lacks_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def lacks(name: str, **_: object) -> str:
        raise FileNotFoundError(name)

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(snapshot_download=lacks))
    with pytest.raises(BaselineError, match=r"some/network is neither .* fetch this one before"):
        located("some/network", TEXT)


def test_columns_come_in_the_types_that_autogluon_knows(classification: Path) -> None:
    data = load(classification)
    made = columns(data, BOTH)
    assert list(made.types.values()) == [
        *("text", "numerical", "categorical"),
        *["numerical"] * 5,  # of the date: all but its hour, which is always 0
        *("categorical", "text", "image_path"),
    ]
    assert list(made.train) == list(made.test) == list(made.types)
    assert (len(made.train), len(made.test)) == (len(data.train), len(data.test))
    assert made.test.index[0] == 0
    missing = data.test["photo"].isna()
    assert missing.any()
    assert (made.test.iloc[:, -1] == "").tolist() == missing.tolist()
    tags = [" ".join(tags) for tags in data.test["tags"]]
    assert made.test.iloc[:, -2].tolist() == tags


def test_without_a_backbone_its_columns_are_left_out(classification: Path) -> None:
    data = load(classification)
    assert set(columns(data, frozenset({TEXT})).types.values()) == {
        *("text", "numerical", "categorical")
    }
    assert "text" not in columns(data, frozenset({IMAGE})).types.values()
    assert set(columns(data, frozenset()).types.values()) == {"numerical", "categorical"}


def test_pairs_keep_their_sides_apart(matching: Path) -> None:
    data = load(matching)
    made = columns(data, BOTH)
    assert len(made.left) == len(made.right) == 8
    assert sorted(made.left + made.right) == sorted(made.types)
    assert [made.types[name] for name in made.left] == [made.types[name] for name in made.right]
    assert made.train[made.left[0]].tolist() == data.train["left_title"].tolist()


def test_pairs_can_be_all_text_or_images_alone(matching: Path) -> None:
    data = load(matching)
    pictures = columns(data, BOTH, IMAGE)
    assert pictures.types == {"f0": "image_path", "f1": "image_path"}
    assert (pictures.left, pictures.right) == (["f0"], ["f1"])
    assert columns(only(data, ColumnType.TEXT), BOTH, IMAGE).types == {}
    made = columns(data, BOTH, TEXT)
    assert set(made.types.values()) == {"text"}
    title, price, since = (made.test[name].tolist() for name in made.right)
    assert price == [f"{value:g}" for value in data.test["right_price"]]
    assert since == [str(day.date()) for day in data.test["right_since"]]
    assert [text == "" for text in title] == data.test["right_title"].isna().tolist()


def test_constant_columns_are_left_out_and_without_others_it_says_so(
    classification: Path,
) -> None:
    data = only(load(classification), ColumnType.NUMERIC, ColumnType.TEXT)
    data.train["weight"] = 1.0
    assert list(columns(data, BOTH).types.values()) == ["text"]
    with pytest.raises(BaselineError, match="Only ids and constants are left"):
        columns(data, frozenset())


def test_no_batch_is_a_single_row_and_few_rows_come_in_small_ones() -> None:
    for rows in (*range(3, 400), 100_000, 100_001):
        size, together = batches(rows)
        assert rows % together != 1
        assert 2 <= together <= 8
        assert 2 <= size <= 128
        assert rows < 32 or rows / size >= 16


def test_the_more_rows_are_predicted_the_less_time_is_for_training(
    settings: Callable[..., Settings],
) -> None:
    few, many = (seconds(predicted, 1000, settings()) for predicted in (100, 3000))
    assert 50 < few < 54
    assert 25 < many < 27.1
