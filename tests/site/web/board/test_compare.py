"""Head to head: what each reader sees of two entries, and the words for all that is missing."""

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from leaderboard.duels import Counts, Duel
from podium import workers
from podium.accounts.models import User
from podium.analysis.comparison_jobs import MOST_WAITING
from podium.analysis.comparisons import COMPUTING, CROWDED, HIDDEN, SIGN_IN
from podium.challenges.models import Task
from podium.standings.models import Comparison
from podium.submissions.models import Evaluation, Part
from podium.teams.models import Team
from scoring.comparison import Flips
from tests.site import factories
from tests.site.web.board.test_matrix import HOSTILE, again, enter, two
from tests.site.web.moments import over

__all__ = ["two"]
ROW = re.compile(r"<tr>\s*<th scope=\"row\".*?</tr>", re.DOTALL)
Get = Callable[..., str]


@pytest.fixture
def get(as_user: Callable[[User | None], Client], two: list[Task]) -> Get:
    """A function that returns the page's HTML, with single spaces, for a reader and a query."""

    def page(user: User | None = None, *, htmx: bool = False, **query: str) -> str:
        headers = {"HX-Request": "true"} if htmx else {}
        address = reverse("compare", args=[two[0].challenge.slug])
        answer = as_user(user).get(address, query, headers=headers)
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return page


def rows(html: str) -> list[list[str]]:
    """Return the texts of the cells of each task."""
    table = html.split("<tbody>")[1].split("</tbody>")[0]
    found = []
    for row in ROW.findall(table):
        cells = re.split(r"<t[hd]\b", row)[1:]
        found.append([" ".join(re.sub(r"<[^>]+>", " ", f"<x{c}").split()) for c in cells])
    return found


def evaluation_of(task: Task, slug: str) -> Evaluation:
    return Evaluation.objects.get(submission__task=task, submission__team__slug=slug)


def computed(
    task: Task, first: str, second: str, *, part: str = Part.PUBLIC, **numbers: Any
) -> None:
    """Store what a worker found of two entries; the numbers are those of the first."""
    a, b = (evaluation_of(task, slug) for slug in (first, second))
    duel = Duel(
        metric=task.headline, n=300, grouped=False, score_a=0.812345, score_b=0.6, leads="a",
        difference=0.212345, low=0.112346, high=0.312346, standard_error=0.05, p=0.0312345,
        test="the board's test", reason="", resampled_p=0.0012345, resampling="the resampling",
        draws=9999, no_resampling="", counts=Counts(200, 60, 20, 20),
        flips_of_b=Flips(0.212345, 0.062345, 0.1, 0.2, 1.0),
        flips_of_a=Flips(0.062345, 0.212345, 0.2, 0.1, 1.0), no_flips="",
    )  # fmt: skip
    found = Duel.of(asdict(duel) | numbers)
    if a.pk > b.pk:
        a, b, found = b, a, found.swapped()
    Comparison.objects.create(first=a, second=b, part=part, state="done", result=asdict(found))


def test_who_compares_nothing_yet_may_choose(get: Get) -> None:
    html = get()
    assert 'class="errorlist"' not in html
    for slug, name in (("alpha", "Alpha"), ("beta", "Beta"), ("autogluon", "Autogluon (baseline)")):
        assert f'<option value="{slug}">{name}</option>' in html


def test_it_proposes_the_best_the_reference_and_ones_own(
    get: Get, two: list[Task], charlie: User
) -> None:
    own = factories.make_team(two[0].challenge, "Own", charlie)
    again(two[0], own, 0.3)

    def proposed(user: User | None) -> list[tuple[str, str]]:
        return re.findall(r"<li><a href=[^>]*>([^<]*) against ([^<]*)</a></li>", get(user))

    assert proposed(None) == [("Alpha", "Autogluon"), ("Alpha", "Beta")]
    assert proposed(charlie) == [
        ("Own", "Alpha"),
        ("Own", "Beta"),
        ("Own", "Autogluon"),
        ("Alpha", "Autogluon"),
        ("Alpha", "Beta"),
    ]
    # Two teams are proposed once, whichever of them is first.
    assert proposed(Team.objects.get(name="Beta").captain) == [
        ("Beta", "Alpha"),
        ("Beta", "Autogluon"),
        ("Alpha", "Autogluon"),
    ]


@pytest.mark.parametrize("typed", ["nobody", HOSTILE, "x" * 100, "nul\0byte"])
def test_what_is_unknown_is_kept_and_told(get: Get, typed: str) -> None:
    html = get(a="alpha", b=typed)
    assert 'class="errorlist"' in html
    assert 'value="alpha"' in html
    assert "<script>alert" not in html
    assert "nul" in typed or f'value="{escape(typed)}"' in html
    assert "Choose an entry to compare it with." in get(a="alpha")
    assert "Choose an entry." in get(b="beta")


def test_the_same_entry_twice_is_told(get: Get) -> None:
    html = get(a="alpha", b="Alpha")
    assert "This is the same entry twice. Choose another one." in html
    assert 'id="results"' not in html


def test_names_are_taken_as_well_as_addresses(get: Get, two: list[Task]) -> None:
    factories.relabel(Team.objects.filter(slug="beta"), name="Béta & Co")
    assert "Béta &amp; Co is ahead on" in get(a="ALPHA", b="béta & co")
    # One team has the name of another team's address: the address goes before.
    enter(two[0], "Other", 0.5)
    factories.relabel(Team.objects.filter(slug="other"), name="alpha-2")
    factories.relabel(Team.objects.filter(slug="beta"), slug="alpha-2")
    assert "Béta &amp; Co is ahead on" in get(a="alpha", b="alpha-2")


def test_only_an_unknown_challenge_is_not_found(client: Client, two: list[Task]) -> None:
    assert client.get(reverse("compare", args=["no-cup"]), {"a": "x"}).status_code == 404
    other = factories.make_challenge("other")
    factories.make_team(other, "Elsewhere", factories.make_user("elsewhere"))
    answer = client.get(reverse("compare", args=["cup"]), {"a": "alpha", "b": "elsewhere"})
    assert answer.status_code == 200
    assert "No team or baseline of this challenge" in answer.content.decode()


def test_different_teams_have_displayed_scores_alone_before_the_reveal(
    get: Get, two: list[Task], alice: User, charlie: User
) -> None:
    computed(two[0], "alpha", "beta")
    for user in (None, alice, charlie):
        html = get(user, a="alpha", b="beta")
        name = "Matching Task Average precision, higher is better"
        assert rows(html) == [[name, "0.81", "0.91", "−0.10"]]
        said = "Beta is ahead on 1 of 1 task. Significance between teams is shown after the reveal."
        assert said in html
        assert HIDDEN in html
        assert "Other Task" in html.split("Not compared, because not both have a score:")[1]
        assert "A right, B wrong" not in html
        assert "95 % interval" not in html
        assert 'id="results"' in html
        assert "hx-get" not in html.split("<main")[1].split('id="results"')[0]


def test_against_a_baseline_ones_own_team_sees_the_tasks_steps(
    get: Get, two: list[Task], alice: User, charlie: User
) -> None:
    computed(two[0], "alpha", "autogluon")
    html = get(alice, a="alpha", b="autogluon", task="matching-task")
    name = "Matching Task Average precision, higher is better · more than noise"
    assert rows(html) == [
        [name, "0.81", "0.60", "+0.21", "+0.11 to +0.31", "≤ 0.01", "21 %", "6 %"]
    ]
    assert "Alpha is ahead on 1 of 1 task, by more than noise." in html
    for raw in ("2345", "0.2123", "0.0012"):
        assert raw not in html
    # The same of another team is nobody else's business.
    assert HIDDEN in get(charlie, a="alpha", b="autogluon", task="matching-task")
    assert HIDDEN in get(None, a="alpha", b="autogluon", task="matching-task")


@pytest.mark.parametrize(
    ("p_value", "told", "sure"),
    [(0.0501, "&gt; 0.05", False), (0.0499, "≤ 0.05", True), (0.0009, "≤ 0.001", True)],
)
def test_a_p_value_is_told_by_a_bound_that_it_is_not_above(
    get: Get, two: list[Task], alice: User, p_value: float, told: str, sure: bool
) -> None:
    computed(two[0], "alpha", "autogluon", resampled_p=p_value, p=0.73)
    html = get(alice, a="alpha", b="autogluon", task="matching-task")
    assert rows(html)[0][5] == told
    assert ("no more than noise" in html) != sure


def test_the_other_way_round_everything_turns(get: Get, two: list[Task], alice: User) -> None:
    computed(two[0], "alpha", "autogluon")
    html = get(alice, a="autogluon", b="alpha", task="matching-task")
    assert rows(html)[0][1:] == [
        "0.60",
        "0.81",
        "−0.21",
        "−0.31 to −0.11",
        "≤ 0.01",
        "6 %",
        "21 %",
    ]
    assert "Alpha is ahead on 1 of 1 task, by more than noise." in html
    assert "?a=alpha&amp;b=autogluon&amp;task=matching-task" in html  # to swap them


def test_noise_is_corrected_for_the_number_of_tasks(get: Get, two: list[Task], alice: User) -> None:
    computed(two[0], "alpha", "autogluon", resampled_p=None, p=0.04)
    computed(two[1], "alpha", "autogluon", resampled_p=0.04)
    html = get(alice, a="alpha", b="autogluon")
    said = (
        "Alpha is ahead on 1 of 2 tasks, by no more than noise; "
        "Autogluon is ahead on 1 of 2 tasks, by no more than noise."
    )
    assert said in html
    # A single task is one comparison.
    assert "by more than noise." in get(alice, a="alpha", b="autogluon", task="matching-task")


def test_ahead_on_several_tasks_is_told_with_how_many_are_sure(
    get: Get, two: list[Task], olga: User
) -> None:
    again(two[1], Team.objects.get(slug="beta"), 0.7)
    computed(two[0], "beta", "alpha", resampled_p=0.01)
    computed(two[1], "beta", "alpha", resampled_p=0.3)
    html = get(olga, a="alpha", b="beta")
    assert "Beta is ahead on 2 of 2 tasks, on 1 of them by more than noise." in html


def test_the_p_shown_is_the_corrected_one_that_decides(
    get: Get, two: list[Task], olga: User
) -> None:
    again(two[1], Team.objects.get(slug="beta"), 0.7)
    computed(two[0], "beta", "alpha", resampled_p=0.03)
    computed(two[1], "beta", "alpha", resampled_p=0.04)
    html = get(olga, a="alpha", b="beta")
    assert [row[-3] for row in rows(html)] == ["0.060", "0.060"]
    assert html.count("no more than noise") == 2
    assert "p is corrected for the number of tasks in this table (Holm)." in html


def test_organizers_see_everything_of_the_public_part(
    get: Get, two: list[Task], olga: User
) -> None:
    computed(two[0], "alpha", "beta")
    html = get(olga, a="alpha", b="beta", task="matching-task")
    assert rows(html)[0][1:3] == ["0.812", "0.912"]
    assert rows(html)[0][-2:] == ["21.2 %", "6.2 %"]
    assert "0.123" not in html


def test_after_the_reveal_all_see_everything_on_private_rows(get: Get, two: list[Task]) -> None:
    again(two[1], Team.objects.get(slug="beta"), 0.7, private=0.3)
    over(two[0].challenge)
    computed(two[0], "alpha", "beta", part=Part.PRIVATE)
    computed(two[1], "alpha", "beta", part=Part.PRIVATE, resampled_p=0.5)
    html = get(None, a="alpha", b="beta")
    assert "Scores on the private part" in html
    assert rows(html)[1][1:] == [
        "0.123", "0.300", "−0.177", "+0.112 to +0.312", "0.500", "21.2 %", "6.2 %",
    ]  # fmt: skip
    assert HIDDEN not in html


def test_an_anonymous_reader_is_asked_to_sign_in_for_what_nobody_has_compared(
    get: Get, two: list[Task], charlie: User
) -> None:
    over(two[0].challenge)
    html = get(None, a="alpha", b="beta")
    assert SIGN_IN in html
    assert "hx-get" not in html.split('id="results"')[1].split("</main>")[0]
    assert Comparison.objects.count() == 0
    assert COMPUTING in get(charlie, a="alpha", b="beta")
    assert COMPUTING in get(None, a="alpha", b="beta")


def test_what_is_being_computed_asks_again(
    get: Get, two: list[Task], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = workers.Worker("w", ("studies",), 1, 1)
    monkeypatch.setattr(workers, "workers_alive", lambda: [worker])
    html = get(alice, a="alpha", b="autogluon")
    assert COMPUTING in html
    assert html.count("being computed</span>") == 0  # until one of them is there
    assert "So far 0 of 2 tasks are compared row by row." in html
    assert 'hx-get="/c/cup/compare/?a=alpha&amp;b=autogluon&amp;asked=1"' in html
    assert 'hx-trigger="load delay:1000ms"' in html
    assert '<a href="?a=alpha&amp;b=autogluon">Load it again</a>' in html
    assert "No worker for this is running" not in html
    part = get(alice, htmx=True, a="alpha", b="autogluon", asked="30")
    assert "<html" not in part
    assert "asked=8&quot;" in escape(part)  # a chain of addresses that ends
    assert 'hx-trigger="load delay:5000ms"' in part
    computed_of = Comparison.objects.get(first__submission__task=two[0])
    computed_of.delete()
    computed(two[0], "alpha", "autogluon")
    half = get(alice, a="alpha", b="autogluon")
    assert half.count("being computed</span>") == 1
    assert "So far 1 of 2 tasks are compared row by row." in half


@pytest.mark.parametrize("asked", ["-1", "x", "9" * 50, "²"])
def test_how_often_it_asked_may_be_anything(get: Get, alice: User, asked: str) -> None:
    assert "asked=1&quot;" in escape(get(alice, a="alpha", b="autogluon", asked=asked))


def test_without_a_worker_it_says_so(
    get: Get, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "workers_alive", list)
    assert "No worker for this is running" in get(alice, a="alpha", b="autogluon")
    # A team that does not answer may well be there.
    monkeypatch.setattr(workers, "workers_alive", lambda: None)
    assert "No worker for this is running" not in get(alice, a="alpha", b="autogluon")


def test_too_many_wait(
    get: Get, two: list[Task], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podium.analysis.comparison_jobs.MOST_WAITING", 0)
    assert MOST_WAITING > 0
    assert CROWDED in get(alice, a="alpha", b="autogluon")


def test_what_cannot_be_told_says_why(get: Get, two: list[Task], alice: User) -> None:
    computed(
        two[0], "alpha", "autogluon", p=None, resampled_p=None, low=None, high=None,
        reason="all rows belong to one group", flips_of_a=None, flips_of_b=None, counts=None,
        no_flips="not available: add a prediction column",
    )  # fmt: skip
    html = get(alice, a="alpha", b="autogluon", task="matching-task")
    assert rows(html)[0][4:] == ["–", "–", "–", "–"]
    assert 'title="all rows belong to one group"' in html
    assert "Matching Task, flips: not available: add a prediction column." in html
    assert "1 task could not be tested for noise" not in html
    assert "Whether that is more than noise is not known." in html


def test_slices_tell_where_each_wins(get: Get, two: list[Task], alice: User) -> None:
    computed(two[0], "alpha", "autogluon")
    values = {"alpha": (0.9, 0.5, 0.7, 0.8), "autogluon": (0.6, 0.8, 0.7, 0.2)}
    for slug, scores in values.items():
        found = evaluation_of(two[0], slug)
        found.diagnostics = {
            "headline": two[0].headline,
            "slices": [
                {"part": "public", "by": "left", "value": value, "n": n, "fewest": n, "reason": ""}
                | {"score": score, "low": None, "high": None}
                for value, score, n in zip(
                    (HOSTILE, "blue", "grey", "small"), scores, (900, 900, 900, 5), strict=True
                )
            ],
        }
        found.save()
    html = get(alice, a="alpha", b="autogluon", task="matching-task")
    assert "A ahead on 1, B ahead on 1, 1 equal, 1 not shown" in html
    assert "Not shown: each needs 100 public rows" in html
    first, second = html.split("Where A is ahead")[1].split("Where B is ahead")
    assert "&lt;script&gt;" in first
    assert "blue" in second
    assert "<script>alert" not in html


def test_names_are_text(get: Get, two: list[Task]) -> None:
    factories.relabel(Team.objects.filter(slug="beta"), name=HOSTILE)
    Task.objects.update(title=HOSTILE)
    html = get(a="alpha", b="beta")
    assert "<script>alert" not in html
    assert escape(HOSTILE) in html
    assert "<script>alert" not in get()


def test_an_entry_without_scores_is_no_error(get: Get, two: list[Task]) -> None:
    factories.make_team(two[0].challenge, "Idle", factories.make_user("idle"))
    html = get(a="alpha", b="idle")
    assert "Alpha and Idle have no task in which both have a score." in html
    assert "Not compared, because not both have a score: Matching Task, Other Task." in html


def test_equal_scores_are_told(get: Get, two: list[Task]) -> None:
    enter(two[0], "Gamma", 0.91)
    html = get(a="beta", b="gamma")
    assert "Beta and Gamma have the same score on 1 task." in html


def test_an_unknown_task_gives_all_of_them(get: Get) -> None:
    html = get(a="alpha", b="autogluon", task=HOSTILE)
    assert len(rows(html)) == 2
    assert "<script>alert" not in html
    assert "All tasks</a>" in get(a="alpha", b="autogluon", task="other-task")


def test_an_empty_challenge_has_nobody_to_compare(matching_task: Task, client: Client) -> None:
    html = client.get(reverse("compare", args=["cup"])).content.decode()
    assert "Nobody has a score in this challenge yet." in html


def test_where_less_is_better_a_lead_is_still_above_0(
    get: Get, two: list[Task], alice: User
) -> None:
    less = factories.make_task(two[0].challenge, "matching", "less", headline="log_loss_clipped")
    for slug, value in (("alpha", 0.812345), ("autogluon", 0.6)):
        again(less, Team.objects.get(slug=slug), value)
    computed(less, "alpha", "autogluon")
    html = get(alice, a="autogluon", b="alpha", task="less")
    assert rows(html)[0][3:5] == ["+0.21", "+0.11 to +0.31"]
    assert "Autogluon is ahead on 1 of 1 task" in html


def test_nothing_private_or_unrounded_is_there_before_the_reveal(
    get: Get, two: list[Task], alice: User
) -> None:
    computed(two[0], "alpha", "autogluon")
    for user in (None, alice):
        for b in ("autogluon", "beta"):
            html = get(user, a="alpha", b=b)
            for raw in ("0.1234", "0.8123", "0.9123", "1234"):
                assert raw not in html
