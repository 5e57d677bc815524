"""The similarity of pairs: known texts give known numbers, and words that fit them."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabset import Column, ColumnType, Source, schema
from tabset.profile import pairs
from tabset.profile.model import Pairs
from tests.tabset import sources
from tests.tabset.profile.folders import public


@given(st.text(max_size=30), st.text(max_size=30))
def test_similarity_is_symmetric_and_one_for_the_same_text(left: str, right: str) -> None:
    assert pairs.jaccard(left, right) == pairs.jaccard(right, left)
    assert 0 <= pairs.jaccard(left, right) <= 1
    assert pairs.jaccard(left, left) == (1 if left else 0)


def test_similarity_is_the_share_of_common_grams() -> None:
    # "  abc " has the grams "  a", " ab", "abc", "bc "; "  abd " shares the first two of six.
    assert pairs.jaccard("abc", "abd") == pytest.approx(2 / 6)


def matching(titles: dict[str, str]) -> Source:
    """Pairs of the records 0 to 19 with their neighbours; the even ones match."""
    records = {"record_id": list(titles), "title": list(titles.values())}
    names = list(titles)

    def part(prefix: str) -> dict[str, list[str]]:
        return {
            "id": [f"{prefix}{place}" for place in range(20)],
            "left_id": names[:20],
            "right_id": names[1:21],
            "label": ["1" if place % 2 == 0 else "0" for place in range(20)],
        }

    plain = sources.matching()
    return replace(
        plain,
        dataset=replace(
            plain.dataset, records={"records": (Column("title", ColumnType.TEXT, "Words."),)}
        ),
        train=part("t"),
        test=part("q"),
        groups=[f"g{place}" for place in range(20)],
        slices={},
        records={"records": records},
        entities=None,
    )


def found(source: Source, folder: Path) -> Pairs | None:
    """The similarity in the built source."""
    built = public(source, folder)
    return pairs.similarity(built, schema.read(built))


def test_pairs_that_texts_separate_have_no_overlap(tmp_path: Path) -> None:
    # Records 0 and 1 have one text, 2 and 3 another, so that even pairs are alike.
    texts = {f"r{place:02d}": f"{place // 2}" * 9 for place in range(21)}
    profile = found(matching(texts), tmp_path)
    assert profile is not None
    assert (profile.overlap, profile.order) == (0.0, 1.0)
    assert profile.matching[-1] == 10
    assert profile.other[0] == 10
    assert profile.columns == ("title",)
    assert "nearly separates" in profile.words
    assert "0 %" in profile.words


def test_pairs_that_texts_cannot_tell_overlap_wholly(tmp_path: Path) -> None:
    profile = found(matching({f"r{place:02d}": "same words" for place in range(21)}), tmp_path)
    assert profile is not None
    assert (profile.overlap, profile.order) == (1.0, 0.5)
    assert "hardly separates" in profile.words


def test_lists_numbers_and_missing_cells_can_be_compared(tmp_path: Path) -> None:
    source = sources.matching(two_tables=True)
    profile = found(source, tmp_path / "a")
    assert profile is not None
    assert profile.columns == ("title", "colour")
    numbers = {
        name: {"record_id": table["record_id"], "price": table["price"]}
        for name, table in source.records.items()
    }
    dataset = replace(source.dataset, records=dict.fromkeys(numbers, (sources.FEATURES[1],)))
    profile = found(replace(source, dataset=dataset, records=numbers), tmp_path / "b")
    assert profile is not None
    assert profile.columns == ("price",)


def test_pairs_without_anything_to_compare_have_no_similarity(tmp_path: Path) -> None:
    source = sources.matching()
    records = {"records": {"record_id": source.records["records"]["record_id"]}}
    dataset = replace(source.dataset, records={"records": ()})
    assert found(replace(source, dataset=dataset, records=records), tmp_path) is None


def test_pairs_of_one_label_have_no_similarity(tmp_path: Path) -> None:
    source = matching({f"r{place:02d}": "words" for place in range(21)})
    assert (
        found(replace(source, train=dict(source.train) | {"label": ["0"] * 20}), tmp_path) is None
    )
