"""Splits: bit for bit as the reference vectors, groups stay together, unusable salts are passed."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabset import DatasetError, splits
from tabset.__main__ import main
from tabset.vectors import check_vectors

VECTORS = Path(__file__).parent / "vectors"
SHARES = st.floats(0.05, 0.95)
GROUPS = [f"g{number}" for number in range(200)]
LABELS = ["a", "b"] * 100


def test_the_reference_vectors_hold() -> None:
    assert check_vectors(VECTORS) == (3, [])


def test_a_changed_vector_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (VECTORS / "public_private_split.json").read_text()
    (tmp_path / "v.json").write_text(text.replace('"comp-1"', '"comp-2"'))
    assert main(["check-vectors", str(tmp_path)]) == 1
    assert "v.json, case basic: rows [" in capsys.readouterr().out


def test_a_folder_without_vectors_is_not_a_success(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"metric": "auc", "cases": []}')
    assert main(["check-vectors", str(tmp_path)]) == 1
    assert main(["check-vectors", str(VECTORS)]) == 0


def test_the_position_is_the_published_hash() -> None:
    digest = hashlib.sha256(b"salt|group").digest()
    assert splits.position("salt", "group") == int.from_bytes(digest[:8], "big") / 2**64


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1), st.text("sä|#", max_size=4))
def test_many_positions_are_the_same_bit_for_bit(groups: list[str], salt: str) -> None:
    found = splits.positions(salt, pa.array(groups))
    assert found.tolist() == [splits.position(salt, group) for group in groups]


@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=20), st.floats(0, 1))
def test_rows_of_one_group_are_in_one_part(groups: list[str], share: float) -> None:
    parts = splits.public_private(groups * 2, "s", share)
    assert parts[: len(groups)] == parts[len(groups) :]
    chosen = splits.in_test(groups * 2, salt="s", share=share)
    assert chosen[: len(groups)] == chosen[len(groups) :]


def test_the_first_usable_salt_is_taken_and_counted() -> None:
    usage = splits.usable_public_private(GROUPS, LABELS, salt="x", share=0.3)
    assert (usage.salt, usage.attempt) == ("x", 1)
    assert usage.parts == splits.public_private(GROUPS, "x", 0.3)
    assert usage.share == usage.parts.count("public") / 200
    assert abs(usage.share - 0.3) <= 0.06


def test_a_salt_whose_share_is_off_by_more_than_a_fifth_is_passed_over() -> None:
    for salt in map(str, range(100)):
        usage = splits.usable_public_private(GROUPS[:30], LABELS[:30], salt=salt, share=0.3)
        assert 0.24 - 1e-12 <= usage.share <= 0.36 + 1e-12
        assert usage.salt == (salt if usage.attempt == 1 else f"{salt}#{usage.attempt}")


def test_a_salt_that_leaves_a_part_with_one_label_is_passed_over() -> None:
    labels = ["b", "b", *["a"] * 198]
    attempts = []
    for salt in map(str, range(20)):
        usage = splits.usable_public_private(GROUPS, labels, salt=salt, share=0.3)
        assert set(usage.parts[:2]) == {"public", "private"}
        attempts.append(usage.attempt)
    assert max(attempts) > 1


@pytest.mark.parametrize(
    ("groups", "labels"), [(["g"] * 4, ["a", "b"] * 2), (GROUPS, ["a"] * 200), ([], [])]
)
def test_rows_that_no_salt_can_divide_are_refused(groups: list[str], labels: list[str]) -> None:
    with pytest.raises(DatasetError, match="none of 100 salts"):
        splits.usable_public_private(groups, labels, salt="s", share=0.3)


def test_train_and_test_do_not_follow_public_and_private() -> None:
    chosen = splits.in_test(GROUPS, salt="s", share=0.3)
    test = [group for group, side in zip(GROUPS, chosen, strict=True) if side]
    parts = splits.public_private(test, "s", 0.3)
    assert {"public", "private"} == set(parts)


def test_parts_given_elsewhere_have_no_salt_and_leave_ignored_rows_out_of_the_share() -> None:
    usage = splits.given_usage(("public", "private", "ignored", "private", "private"))
    assert (usage.salt, usage.attempt, usage.share) == ("", 0, 0.25)
    assert splits.given_usage(()).share == 0


@given(st.lists(st.integers(0, 4), min_size=1, max_size=300), SHARES, st.text(max_size=3))
def test_every_class_gives_its_share_to_less_than_a_row(
    found: list[int], share: float, salt: str
) -> None:
    labels = np.array(found)
    chosen = splits.random_test(labels, share, splits.generator(salt, "t"))
    counts = np.bincount(labels)
    in_test = np.bincount(labels[chosen], minlength=len(counts))
    assert (np.abs(in_test - counts * share) < 1).all()
    assert (in_test[counts > 0] < counts[counts > 0]).all()
    if (counts * (1 - share) >= 1)[counts > 0].all():
        assert chosen.sum() == np.floor(len(labels) * share + 0.5)


def test_a_draw_depends_on_salt_and_purpose_alone() -> None:
    labels = np.arange(100) % 3
    draws = [
        splits.random_test(labels, 0.5, splits.generator(salt, purpose)).tolist()
        for salt, purpose in (("a", "x"), ("a", "x"), ("b", "x"), ("a", "y"))
    ]
    assert draws[0] == draws[1]
    assert draws[0] != draws[2]
    assert draws[0] != draws[3]


ROWS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), min_size=1, max_size=200)


@given(ROWS, SHARES, st.text(max_size=3))
def test_no_group_is_on_both_sides_and_the_share_is_as_near_as_groups_allow(
    rows: list[tuple[int, int]], share: float, salt: str
) -> None:
    groups, labels = np.array(rows).T
    chosen, test = splits.group_test(groups, labels, share, splits.generator(salt, "t"))
    assert (chosen[groups] == test).all()
    sizes = np.bincount(groups)
    present = int((sizes > 0).sum())
    assert test.any() == (present > 1)
    assert not test.all()
    if present > 1:
        assert abs(test.sum() - len(rows) * share) <= sizes.max() + 1


def test_groups_are_drawn_so_that_rare_classes_have_their_share_too() -> None:
    groups = np.repeat(np.arange(2000), 5)
    labels = ((groups % 20 == 0) & (np.arange(10_000) % 5 == 0)).astype(np.int64)
    for salt in "abc":
        _, test = splits.group_test(groups, labels, 0.25, splits.generator(salt, "t"))
        assert test.sum() == 2500
        assert labels[test].sum() == 25


def test_a_group_of_most_rows_stays_in_train() -> None:
    groups = np.concatenate([np.zeros(900, np.int64), np.arange(1, 101)])
    labels = np.zeros(1000, np.int64)
    _, test = splits.group_test(groups, labels, 0.05, splits.generator("s", "t"))
    assert not test[:900].any()
    assert test.sum() == 50


TIMES = st.lists(st.one_of(st.just(np.nan), st.integers(0, 20)), min_size=1, max_size=100)


@given(TIMES, SHARES)
def test_the_newest_rows_are_test_and_one_moment_is_not_divided(
    times: list[float], share: float
) -> None:
    moments = np.array(times, dtype=np.float64)
    known = moments[~np.isnan(moments)]
    if len(np.unique(known)) < 2:
        with pytest.raises(DatasetError, match="fewer than two different times"):
            splits.time_test(moments, share)
        return
    test, cut = splits.time_test(moments, share)
    assert test.tolist() == (moments >= cut).tolist()
    assert test.any()
    assert (known < cut).any()
    other = [abs((known >= moment).sum() - len(times) * share) for moment in np.unique(known)[1:]]
    assert abs(test.sum() - len(times) * share) == min(other)


@given(st.integers(1, 20), st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19))))
def test_linked_records_are_one_component(count: int, links: list[tuple[int, int]]) -> None:
    kept = [(left % count, right % count) for left, right in links]
    left = np.array([link[0] for link in kept], dtype=np.int64)
    right = np.array([link[1] for link in kept], dtype=np.int64)
    found = splits.components(count, left, right)
    assert (found[left] == found[right]).all()
    firsts = [int(np.flatnonzero(found == number)[0]) for number in range(found.max() + 1)]
    assert firsts == sorted(firsts)
    merges = count - len(firsts)
    assert merges <= len({link for link in kept if link[0] != link[1]})


def test_records_without_links_are_components_of_their_own() -> None:
    none = np.empty(0, dtype=np.int64)
    assert splits.components(3, none, none).tolist() == [0, 1, 2]
    found = splits.components(5, np.array([3, 3]), np.array([0, 2]))
    assert found.tolist() == [0, 1, 0, 0, 2]
