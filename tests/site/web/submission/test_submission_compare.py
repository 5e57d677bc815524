"""A submission against an earlier one of its team: what each reader is shown, and when."""

import re
from collections.abc import Callable
from dataclasses import asdict

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leaderboard.duels import Counts, Duel
from podium import workers
from podium.analysis.comparison_jobs import NO_ROWS
from podium.analysis.comparisons import ABSENT, COMPUTING, CROWDED, HIDDEN
from podium.challenges.models import Feedback, Task
from podium.standings.actions import rebuild, refresh
from podium.standings.feedback import NOT_ACCEPTED
from podium.standings.models import Comparison
from podium.submissions.models import Evaluation, Part, Score, State, Submission
from podium.teams.models import Team
from scoring.comparison import Flips
from tests.site import factories
from tests.site.web.board.test_compare import rows
from tests.site.web.board.test_matrix import HOSTILE, over

ClientOf = Callable[[str], Client]
RAW = ("8123", "7543", "0.058", "2345", "1234", "0.570", "0.564")  # the last two are private
LINK = re.compile(r'<a href="([^"]*/against/[^"]*)">([^<]*)</a>')


def scored(task: Task, team: Team, public: float, private: float = 0.4) -> Submission:
    submission = factories.make_submission(team, task)
    factories.make_evaluation(submission, public=public, private=private)
    refresh(task, team)
    return submission


@pytest.fixture
def both(matching_task: Task, team: Team, bob: object) -> list[Submission]:
    """Alpha's first submission and a better one."""
    public = (0.754321, 0.812345)
    return [scored(matching_task, team, value, 0.654321 - value / 9) for value in public]


def address(submission: Submission, number: object = 1) -> str:
    return f"/submissions/{submission.pk}/against/{number}/"


def html_of(client: Client, submission: Submission, number: object = 1) -> str:
    answer = client.get(address(submission, number))
    assert answer.status_code == 200
    return answer.content.decode()


def computed(later: Submission, earlier: Submission, part: str = Part.PUBLIC) -> None:
    """Store what a worker found of the later submission against the earlier one."""
    duel = Duel(
        metric=later.task.headline, n=300, grouped=False, score_a=0.812345, score_b=0.754321,
        leads="a", difference=0.058024, low=0.012346, high=0.112346, standard_error=0.05,
        p=0.0312345, test="the board's test", reason="", resampled_p=0.0212345,
        resampling="the resampling", draws=9999, no_resampling="", counts=Counts(200, 60, 20, 20),
        flips_of_b=Flips(0.212345, 0.062345, 0.1, 0.2, 1.0),
        flips_of_a=Flips(0.062345, 0.212345, 0.2, 0.1, 1.0), no_flips="",
    )  # fmt: skip
    a, b = (Evaluation.objects.get(submission=each) for each in (later, earlier))
    found = duel if a.pk < b.pk else duel.swapped()
    first, second = sorted((a, b), key=lambda each: each.pk)
    Comparison.objects.create(
        first=first,
        second=second,
        part=part,
        state="done",
        result=asdict(found),
    )


def in_mode(task: Task, mode: str) -> None:
    Task.objects.filter(pk=task.pk).update(feedback=mode)
    rebuild(Task.objects.get(pk=task.pk))


def test_a_team_reads_what_its_change_did_in_the_tasks_steps(
    both: list[Submission], client_of: ClientOf
) -> None:
    computed(both[1], both[0])
    for person in ("alice", "bob"):
        html = html_of(client_of(person), both[1])
        assert rows(html) == [
            [
                "Matching Task Average precision, higher is better · more than noise",
                *("0.81", "0.75", "+0.06", "+0.01 to +0.11", "≤ 0.05", "21 %", "6 %"),
            ]
        ]
        assert "Submission 2 is ahead on 1 of 1 task, by more than noise." in html
        for submission in both:
            assert f'href="{submission.get_absolute_url()}"' in html
        assert "Swap" not in html
        assert HIDDEN not in html


def test_nothing_private_or_unrounded_is_there_before_the_reveal(
    both: list[Submission], client_of: ClientOf
) -> None:
    computed(both[1], both[0])
    html = html_of(client_of("alice"), both[1]).split("<main")[1]
    for raw in RAW:
        assert raw not in html


def test_organizers_read_everything_of_the_public_part(
    both: list[Submission], client_of: ClientOf
) -> None:
    computed(both[1], both[0])
    for person in ("olga", "viktor"):
        html = html_of(client_of(person), both[1])
        assert rows(html)[0][1:4] == ["0.812", "0.754", "+0.058"]
        assert rows(html)[0][-2:] == ["21.2 %", "6.2 %"]


@pytest.mark.parametrize("made", [False, True])
def test_before_and_after_the_reveal_others_find_no_page(
    both: list[Submission], client_of: ClientOf, charlie: object, made: bool
) -> None:
    factories.make_team(both[0].task.challenge, "Beta", charlie)
    if made:
        over(both[0].task.challenge)
    for person in ("anonymous", "charlie", "sam"):
        assert client_of(person).get(address(both[1])).status_code == 404
    assert Comparison.objects.count() == 0


def test_after_the_reveal_the_team_reads_everything_on_private_rows(
    both: list[Submission], client_of: ClientOf
) -> None:
    over(both[0].task.challenge)
    computed(both[1], both[0], Part.PRIVATE)
    html = html_of(client_of("alice"), both[1])
    private = Score.objects.filter(part=Part.PRIVATE).order_by("-evaluation__submission__number")
    assert "Scores on the private part" in html
    assert rows(html)[0][1:3] == [f"{each.value:.3f}" for each in private]
    assert "21.2 %" in html


@pytest.mark.parametrize("number", [0, 2, 3, 99, "9" * 30])
def test_only_an_earlier_number_has_a_page(
    both: list[Submission], client_of: ClientOf, number: object
) -> None:
    assert client_of("alice").get(address(both[1], number)).status_code == 404


def test_numbers_are_those_of_the_same_team_and_task(
    both: list[Submission], client_of: ClientOf, team: Team, charlie: object
) -> None:
    task = both[0].task
    other = factories.make_task(task.challenge, "matching", "other")
    beta = factories.make_team(task.challenge, "Beta", charlie)
    scored(task, beta, 0.3)
    second = factories.make_submission(team, other, number=2)
    assert client_of("alice").get(address(second)).status_code == 404
    assert "Submission 1" in html_of(client_of("alice"), both[1])


@pytest.mark.parametrize("mode", Feedback.values)
def test_each_feedback_mode_has_its_own_steps(
    mode: str, both: list[Submission], client_of: ClientOf
) -> None:
    in_mode(both[0].task, mode)
    computed(both[1], both[0])
    shown = rows(html_of(client_of("alice"), both[1]))[0][1:6]
    assert (
        shown
        == {
            "exact": ["0.812", "0.754", "+0.058", "+0.010 to +0.110", "≤ 0.05"],
            "rounded": ["0.81", "0.75", "+0.06", "+0.01 to +0.11", "≤ 0.05"],
            "ladder": ["0.80", "0.75", "+0.05"],
        }[mode]
    )


@pytest.mark.parametrize("place", [1, 2])
def test_of_what_was_not_accepted_only_the_one_sentence_is_said(
    place: int, matching_task: Task, client_of: ClientOf, team: Team
) -> None:
    sent = [scored(matching_task, team, value) for value in (0.754321, 0.701234, 0.951234)]
    in_mode(matching_task, Feedback.LADDER)
    later, earlier = sent[place], sent[place - 1]
    computed(later, earlier)
    html = html_of(client_of("alice"), later, earlier.number)
    assert html.count(NOT_ACCEPTED) == 1
    part = html.split('id="results"')[1].split("</main>")[0]
    assert "<table" not in part
    assert "<svg" not in part
    assert not re.search(r"\d\.\d", part)
    assert "hx-get" not in part


def test_what_is_being_computed_asks_again(
    both: list[Submission], client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = workers.Worker("w", ("studies",), 1, 1)
    monkeypatch.setattr(workers, "workers_alive", lambda: [worker])
    html = html_of(client_of("alice"), both[1])
    assert COMPUTING in html
    assert f'hx-get="{address(both[1])}?asked=1"' in html
    assert '<a href="?">Load it again</a>' in html
    assert rows(html)[0][1:4] == ["0.81", "0.75", "+0.06"]
    answer = client_of("alice").get(
        address(both[1]), {"asked": "30"}, headers={"HX-Request": "true"}
    )
    part = answer.content.decode()
    assert "<html" not in part
    assert f'hx-get="{address(both[1])}?asked=8"' in part
    assert "HX-Request" in answer.headers["Vary"]
    assert Comparison.objects.count() == 1


def test_too_many_wait(
    both: list[Submission], client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podium.analysis.comparison_jobs.MOST_WAITING", 0)
    html = html_of(client_of("alice"), both[1])
    assert CROWDED in html
    assert "hx-get" in html.split('id="results"')[1]


def test_what_cannot_be_compared_says_why(both: list[Submission], client_of: ClientOf) -> None:
    computed(both[1], both[0])
    Comparison.objects.update(result=None, reason=NO_ROWS)
    html = html_of(client_of("alice"), both[1])
    assert NO_ROWS in html
    assert rows(html)[0][1:4] == ["0.81", "0.75", "+0.06"]


def test_without_two_scores_only_that_is_said(
    both: list[Submission], client_of: ClientOf, team: Team
) -> None:
    rejected = factories.make_submission(team, both[0].task, State.REJECTED)
    html = html_of(client_of("alice"), rejected)
    assert ABSENT in html
    assert "<table" not in html


def test_names_are_text(both: list[Submission], client_of: ClientOf) -> None:
    factories.relabel(Team.objects.all(), name=HOSTILE)
    Task.objects.update(title=HOSTILE)
    assert "<script>alert" not in html_of(client_of("alice"), both[1])


def link_on(client: Client, submission: Submission) -> list[tuple[str, str]]:
    return LINK.findall(client.get(submission.get_absolute_url()).content.decode())


def test_a_submission_links_to_its_comparison_with_the_best_before(
    both: list[Submission], client_of: ClientOf, team: Team
) -> None:
    worse, equal = (scored(both[0].task, team, value) for value in (0.5, 0.811111))
    link = reverse("submission-compare", args=[equal.pk, 2])
    for person in ("alice", "viktor"):
        client = client_of(person)
        assert link_on(client, both[0]) == []
        assert link_on(client, worse) == [(address(worse, 2), "Compare with submission 2")]
        assert link_on(client, equal) == [(link, "Compare with submission 2")]
    last = scored(both[0].task, team, 0.5)
    # Of equal displayed scores the earlier one, whichever is better below the step.
    assert link_on(client_of("alice"), last) == [(address(last, 2), "Compare with submission 2")]
    over(both[0].task.challenge)
    assert link_on(client_of("alice"), last) == [(address(last, 2), "Compare with submission 2")]


def test_what_was_withdrawn_is_linked_to_by_nobody(
    both: list[Submission], client_of: ClientOf, team: Team
) -> None:
    Submission.objects.filter(pk=both[1].pk).update(withdrawn_at=timezone.now())
    last = scored(both[0].task, team, 0.5)
    assert link_on(client_of("alice"), last) == [(address(last, 1), "Compare with submission 1")]


def test_under_the_ladder_the_last_told_one_is_linked_to(
    both: list[Submission], client_of: ClientOf, team: Team
) -> None:
    task = both[0].task
    silent, told = scored(task, team, 0.7), scored(task, team, 0.96)
    in_mode(task, Feedback.LADDER)
    assert link_on(client_of("alice"), silent) == []
    last = [(address(told, 2), "Compare with submission 2")]
    assert link_on(client_of("alice"), told) == last
