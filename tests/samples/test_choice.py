"""How the pairs of the samples were chosen says nothing about which of them match."""

from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

import samples
from samples import pairs
from samples.draw import Draw
from tabset import checks
from tabset.__main__ import main

# Of thing n are the records a and b of source n % 2.
ENTITY = {f"{source}{n}": str(n) for n in range(100) for source in "ab"}
SOURCE = {key: key[0] for key in ENTITY}
MATCHES = [(f"a{n}", f"b{n}") for n in range(100)]


def chosen(*candidates: list[pairs.Pair]) -> list[pairs.Labelled]:
    return pairs.choose(Draw("test"), [MATCHES, *candidates], ENTITY, others=4, source=SOURCE)


def test_each_record_is_in_one_match_and_in_the_same_number_of_other_pairs() -> None:
    hubs = [(f"a{n}", f"b{m}") for n in range(3) for m in range(100) if n != m]
    # Every second thing has a second record in one source, with which it could match twice.
    entity = ENTITY | {f"a{n}x": str(n) for n in range(0, 100, 2)}
    more = [(f"a{n}x", f"b{n}") for n in range(0, 100, 2)]
    found = pairs.choose(
        Draw("test"),
        [[*MATCHES, *more], hubs],
        entity,
        others=4,
        source={key: key[0] for key in entity},
    )
    counts = [
        Counter(key for pair in found if pair.matches is matches for key in (pair.left, pair.right))
        for matches in (True, False)
    ]
    assert len(counts[0]) == 2 * 100
    assert set(counts[0].values()) == {1}
    # The last ones do not always find each other.
    assert 396 <= sum(counts[1].values()) / 2 <= 400
    assert {counts[1][key] for key in counts[0]} <= {3, 4}
    assert set(counts[1]) == set(counts[0])


def test_candidates_of_the_first_kind_come_first() -> None:
    first = [(f"a{n}", f"b{n + 1}") for n in range(99)]
    found = chosen(first, [(f"a{n}", f"b{n + 2}") for n in range(98)])
    taken = {(pair.left, pair.right) for pair in found if not pair.matches}
    records = {key for pair in found if pair.matches for key in (pair.left, pair.right)}
    assert {pair for pair in first if set(pair) <= records} <= taken


def test_records_of_one_source_or_one_thing_are_no_other_pair() -> None:
    within = [(one, other) for one, other in combinations([f"a{n}" for n in range(9)], 2)]
    found = chosen(within)
    assert all(SOURCE[pair.left] != SOURCE[pair.right] for pair in found)
    assert all((ENTITY[pair.left] == ENTITY[pair.right]) is pair.matches for pair in found)
    assert len({(pair.left, pair.right) for pair in found}) == len(found)


@pytest.mark.parametrize("name", ["catalogue-exact", "catalogue-variant", "febrl-person-linkage"])
def test_no_check_sees_how_the_pairs_of_a_sample_were_chosen(name: str, tmp_path: Path) -> None:
    samples.build(name, tmp_path)
    draft = tmp_path / "draft"
    assert main(["import", "tabset", str(tmp_path / name), "--out", str(draft)]) == 0
    found = checks.check(draft, salt="any", progress=lambda *_: None)
    assert not {each.code for each in found} & {"telling-degree", "telling-candidates"}
