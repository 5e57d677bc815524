"""Splits: bit for bit as the reference vectors, groups stay together, unusable salts are passed."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabset import DatasetError, splits
from tabset.__main__ import main
from tabset.vectors import check_vectors

VECTORS = Path(__file__).parent / "vectors"
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


def test_entities_are_components_over_positive_pairs() -> None:
    found = splits.entities(["a", "b", "c", "d", "e"], [("d", "a"), ("d", "c")])
    assert found == {"a": "e0", "b": "e1", "c": "e0", "d": "e0", "e": "e2"}


def test_records_without_positive_pairs_are_entities_of_their_own() -> None:
    assert splits.entities(["a", "b"], []) == {"a": "e0", "b": "e1"}
