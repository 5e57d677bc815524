"""The sentence that a board opens with."""

import html

import pytest
from django.test import Client
from django.utils import timezone

from leaderboard.verdict import Shown
from podium.challenges.models import Task, Track
from podium.standings.document import BoardTable
from podium.standings.rows import BoardRow, BoardTeam
from podium.standings.visible import VisibleBoard
from podium.teams.models import Team
from podium.web.board.verdict import leaders, sentence
from tests.site import factories
from tests.site.factories import reveal
from tests.site.web.board.boards import address, fill
from tests.site.web.board.test_board_times import pass_reveal

BASE = ("AutoGluon", 0.8)


def entry(name: str, score: float, half: float | None = 0.02) -> Shown:
    if half is None:
        return Shown(name, score)
    return Shown(name, score, score - half, score + half)


def said(*scores: float, half: float | None = 0.02, base: float = 0.8, top: float = 1.0) -> str:
    names = ["Ada", "Bo", "Cy", "Di", "Ed"]
    teams = [entry(name, score, half) for name, score in zip(names, scores, strict=False)]
    return sentence(entry("AutoGluon", base, half), teams, top, higher_is_better=True)


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        (
            (0.82, 0.81, 0.8, 0.5),
            "Three teams match AutoGluon; none beats it beyond noise; "
            "90 % of the headroom is left.",
        ),
        (
            (0.81, 0.5),
            "Ada matches AutoGluon; no team beats it beyond noise; 95 % of the headroom is left.",
        ),
        (
            (0.9, 0.89, 0.81),
            "Two teams beat AutoGluon beyond noise; one more matches it; "
            "50 % of the headroom is left.",
        ),
        (
            (0.9, 0.81, 0.8),
            "Ada beats AutoGluon beyond noise; two more match it; 50 % of the headroom is left.",
        ),
        ((0.9, 0.3), "Ada beats AutoGluon beyond noise; 50 % of the headroom is left."),
        ((0.5, 0.4), "No team matches AutoGluon; all of the headroom is left."),
        ((0.9995,), "Ada beats AutoGluon beyond noise; under 1 % of the headroom is left."),
        ((1.0,), "Ada beats AutoGluon beyond noise; no headroom is left."),
    ],
)
def test_it_counts_teams_by_how_they_compare_and_says_what_is_left(
    scores: tuple[float, ...], words: str
) -> None:
    assert said(*scores) == words


def test_without_intervals_it_only_says_who_is_ahead() -> None:
    unknown = "whether by more than noise is not known"
    left = "50 % of the headroom is left."
    assert said(0.9, 0.85, 0.7, half=None) == f"Two teams are ahead of AutoGluon; {unknown}; {left}"
    assert said(0.9, 0.7, half=None) == f"Ada is ahead of AutoGluon; {unknown}; {left}"
    assert said(0.8, half=None).startswith("No team is ahead of AutoGluon; ")


def test_a_team_that_cannot_be_tested_is_counted_apart() -> None:
    teams = [entry("Ada", 0.9), entry("Bo", 0.85, None)]
    found = sentence(entry(*BASE), teams, None, higher_is_better=True)
    assert found == "Ada beats AutoGluon beyond noise; 1 team could not be tested."


def test_where_lower_is_better_the_lowest_is_best() -> None:
    teams = [entry("Ada", 0.4), entry("Bo", 0.8)]
    found = sentence(entry(*BASE), teams, 0.0, higher_is_better=False)
    assert found == (
        "Ada beats AutoGluon beyond noise; one more matches it; 50 % of the headroom is left."
    )


def test_ten_teams_and_more_are_a_number() -> None:
    teams = [entry(f"T{place}", 0.8) for place in range(12)]
    found = sentence(entry(*BASE), teams, None, higher_is_better=True)
    assert found == "12 teams match AutoGluon; none beats it beyond noise."


@pytest.fixture
def board(matching_task: Task) -> Task:
    """A task with two teams. HTML must escape the name of the first."""
    fill((matching_task, team(matching_task, "A <b>"), 0.9004))
    fill((matching_task, team(matching_task, "Bo"), 0.2))
    return matching_task


def team(task: Task, name: str) -> Team:
    return factories.make_team(task.challenge, name, factories.make_user(name[0].lower() * 3))


def baseline(task: Task, name: str, kind: str, score: float) -> None:
    fill((task, factories.make_team(task.challenge, name, baseline=kind), score))


def opening(client: Client, task: Task | Track) -> str:
    """Return the sentence of the board's page, which is before its table; empty without one."""
    answer = client.get(address(task))
    assert answer.status_code == 200
    before, _, _ = answer.content.decode().partition("<table")
    _, _, said = before.partition("<summary><strong>")
    return html.unescape(said.partition("</strong>")[0])


def test_a_board_opens_with_it_made_of_the_displayed_scores(client: Client, board: Task) -> None:
    baseline(board, "AutoGluon", "autogluon", 0.7996)
    assert opening(client, board) == (
        "A <b> beats AutoGluon beyond noise; 50 % of the headroom is left."
    )
    assert "A <b>" not in client.get(address(board)).content.decode()


def test_after_the_reveal_it_is_made_of_the_private_scores(client: Client, board: Task) -> None:
    baseline(board, "AutoGluon", "autogluon", 0.8)  # all private scores are the same
    pass_reveal(board)
    assert reveal(board.challenge)
    assert opening(client, board) == (
        "Two teams match AutoGluon; none beats it beyond noise; all of the headroom is left."
    )


def test_without_autogluon_the_best_baseline_is_compared_with(client: Client, board: Task) -> None:
    baseline(board, "Trivial", "trivial", 0.1)
    baseline(board, "Linear", "linear", 0.7)
    assert opening(client, board).startswith("A <b> beats Linear beyond noise; ")


def test_without_a_baseline_or_a_team_there_is_none(client: Client, matching_task: Task) -> None:
    assert opening(client, matching_task) == ""
    fill((matching_task, team(matching_task, "Ada"), 0.9))
    assert opening(client, matching_task) == ""


def test_with_a_baseline_only_there_is_none(client: Client, matching_task: Task) -> None:
    baseline(matching_task, "AutoGluon", "autogluon", 0.8)
    assert opening(client, matching_task) == ""


def test_a_track_has_it_too(client: Client, board: Task) -> None:
    baseline(board, "AutoGluon", "autogluon", 0.8)
    baseline(board, "Trivial", "trivial", 0.1)
    assert opening(client, board.track).startswith("A <b> is ahead of AutoGluon; ")


def ranked(*places: tuple[str, int, bool | None], brackets: list[tuple[str, str]]) -> VisibleBoard:
    """A board of teams with these names, ranks and tests against the row above."""
    challenge, now = "c", timezone.now()
    ids = {name: number for number, (name, _, _) in enumerate(places)}
    rows = [
        BoardRow(
            BoardTeam(ids[name], name, name, "", "", None, None, challenge),
            *(False, "", [], rank, 0.5, None, None, 1, now, None),
            separable=separable,
        )
        for name, rank, separable in places
    ]
    study = {ids[name]: {"separable": separable} for name, _, separable in places}
    found = [(ids[first], ids[last]) for first, last in brackets]
    return VisibleBoard(challenge, BoardTable.of(rows), None, study=study, brackets=found)


@pytest.mark.parametrize(
    ("places", "brackets", "words"),
    [
        ([("A", 1, None), ("B", 2, True)], [], "A leads"),
        ([("A", 1, None), ("B", 2, None)], [], "A is first"),
        ([("A", 1, None)], [], "A is first"),
        ([("A", 1, None), ("B", 1, False), ("C", 3, True)], [("A", "B")], "A and B share the lead"),
        (
            [("A", 1, None), ("B", 2, False), ("C", 3, False)],
            [("A", "C")],
            "not separable: A, B and C lead",
        ),
        (
            [("A", 1, None), ("B", 2, True), ("C", 3, False)],
            [("B", "C")],
            "A leads",
        ),
        (
            [(name, 1, None) for name in "ABCD"],
            [],
            "4 teams share the lead",
        ),
        ([], [], ""),
    ],
)
def test_who_leads_is_told_with_those_who_are_not_separable_from_it(
    places: list[tuple[str, int, bool | None]], brackets: list[tuple[str, str]], words: str
) -> None:
    assert leaders(ranked(*places, brackets=brackets)) == words
