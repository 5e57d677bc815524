"""No file hurts: thousands of hostile ones are refused, with words, alike whatever the labels."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from scoring import Problem
from tests.scoring.fuzz import Arena, faults_of
from tests.scoring.hostile.cases import Case, case
from tests.scoring.hostile.heavy import HEAVY
from tests.scoring.hostile.world import WORLDS, csv_bytes, valid

pytestmark = pytest.mark.slow

SEED = 1
FILES_OF_A_TEST = 130
TESTS = 16


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with Arena(tmp_path_factory.mktemp("arena")) as arena:
        yield arena


@pytest.mark.parametrize("part", range(TESTS))
def test_generated_files_are_refused(arena: Arena, part: int) -> None:
    begin = part * FILES_OF_A_TEST
    numbers = range(begin, begin + FILES_OF_A_TEST)
    complaints = [text for number in numbers for text in arena.complaints(case(SEED, number))]
    assert complaints == []
    arena.check_what_is_left()


@pytest.mark.parametrize("name", HEAVY)
def test_files_that_grow_are_refused(arena: Arena, name: str) -> None:
    assert arena.complaints(Case(name, WORLDS[0], HEAVY[name]())) == []
    arena.check_what_is_left()


def test_the_same_seed_gives_the_same_files() -> None:
    assert [case(5, number) for number in range(90)] == [case(5, number) for number in range(90)]
    assert case(5, 3).data != case(6, 3).data


def test_a_file_that_is_scored_is_complained_about(arena: Arena) -> None:
    good = csv_bytes(valid(Random(1), WORLDS[0]))
    complaints = arena.complaints(Case("good", WORLDS[0], good))
    assert "its outcome depends on the labels" in complaints[0]
    assert "it was not rejected: Scored" in complaints[1]


@pytest.mark.parametrize(
    ("problem", "fault"),
    [
        (Problem("x", "Short."), "has 6 characters"),
        (Problem("x", "x" * 9999), "has 9999 characters"),
        (Problem("x", "This text rings a bell: \x07."), "not printable"),
        (Problem("x", "ArrowInvalid: KeyError in the file"), "insides"),
        (Problem("x", "It is in /tmp/podium/submission somewhere"), "insides"),
        (Problem("x", "Some rows have no id at all.", (1, 2), 1), "lists 2 rows of 1"),
        (Problem("x", "The row above the first is bad.", (0,), 1), "names the row 0"),
    ],
)
def test_the_words_of_a_problem_are_looked_at(problem: Problem, fault: str) -> None:
    assert any(fault in found for found in faults_of(problem))


def test_what_a_problem_quotes_is_not_ours() -> None:
    assert faults_of(Problem("x", "Column `Traceback /tmp/x.py` is not expected here.")) == []
