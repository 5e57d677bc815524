"""The page of a submission in each of its states."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium import workers
from podium.challenges.models import Task
from podium.standings.actions import refresh
from podium.submissions.models import Submission
from podium.teams.models import Team
from podium.workers import Worker
from tests.site import factories
from tests.site.factories import reveal

SCORING = Worker("scoring@here", ("control", "scoring"), 1, 1)
Page = Callable[..., str]
TOKEN = re.compile(r'(csrfmiddlewaretoken" value="|x-csrftoken": ")[^"]+')


@pytest.fixture
def page(team: Team, matching_task: Task, client_of: Callable[[str], Client]) -> Page:
    """A function that makes a submission of Alice's team and returns its page."""

    def shown(state: str, person: str = "alice", path: str = "", **fields: Any) -> str:
        submission = factories.make_submission(team, matching_task, state, **fields)
        return html_of(client_of(person), submission, path)

    return shown


def html_of(client: Client, submission: Submission, path: str = "") -> str:
    """Return the page or, below it, the fragment, with single spaces."""
    return " ".join(client.get(submission.get_absolute_url() + path).content.decode().split())


def alive(monkeypatch: pytest.MonkeyPatch, answer: list[Worker] | None) -> None:
    monkeypatch.setattr(workers, "workers_alive", lambda: answer)


def test_a_queued_file_has_its_position(
    page: Page, team: Team, matching_task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive(monkeypatch, [SCORING])
    earlier = timezone.now() - timedelta(minutes=1)
    factories.make_submission(team, matching_task, "queued", queued_at=earlier)
    html = page("queued")
    assert "It is at position 2 in the queue." in html
    assert "note warning" not in html


def test_a_queue_without_a_worker_says_so(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    alive(monkeypatch, [])
    assert "No scoring worker is running right now." in page("queued")


def test_a_queue_that_does_not_answer_says_so(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    alive(monkeypatch, None)
    assert "The queue does not answer right now." in page("queued")


def test_a_lost_worker_is_told_and_costs_nothing(page: Page) -> None:
    html = page("queued", attempt=1)
    assert "Our worker stopped while scoring. The file is fine; it is queued again" in html
    assert "(attempt 2; the worker before stopped" in page("scoring", attempt=2)


@pytest.mark.parametrize(
    ("waited", "delay"), [(0, 250), (2, 250), (5, 1000), (30, 2000), (600, 5000)]
)
def test_a_page_asks_less_often_the_longer_it_waits(page: Page, waited: int, delay: int) -> None:
    received = timezone.now() - timedelta(seconds=waited)
    html = page("scoring", path="status/", received_at=received)
    assert f'hx-trigger="load delay:{delay}ms"' in html


@pytest.mark.parametrize("state", ["queued", "scoring"])
def test_a_page_without_scripts_reloads_until_the_end(page: Page, state: str) -> None:
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page(state)


@pytest.mark.parametrize("state", ["scored", "rejected", "failed"])
def test_a_final_page_stands_still(page: Page, state: str) -> None:
    html = page(state)
    assert 'http-equiv="refresh"' not in html
    assert "hx-get" not in html


def test_the_fragment_is_the_story_alone(page: Page) -> None:
    html = page("scoring", path="status/")
    assert html.startswith('<div id="story"')
    assert "<html" not in html


def test_a_rejected_file_lists_all_its_problems(page: Page) -> None:
    problems = [
        {"code": "twice", "message": "Row 17: id `a<b>` appears twice.", "rows": [17], "count": 1},
        {"code": "nan", "message": "20 cells: row 3, row 9.", "rows": [3, 9], "count": 20},
    ]
    html = page("rejected", problems=problems)
    assert "2 problems found." in html
    assert "Row 17: id <code>a&lt;b&gt;</code> appears twice." in html
    assert "20 cells: row 3, row 9." in html
    assert "and others" not in html, "rows are listed once"
    assert "classes of this task" not in html
    assert "5 of 5 submissions are left today" in html
    assert "Upload a corrected file" in html
    assert ">Withdraw<" not in html


def test_the_classes_are_listed_once_and_folded_where_a_label_is_wrong(
    page: Page, matching_task: Task
) -> None:
    version = matching_task.dataset_version
    version.facts = {**version.facts, "classes": ["boot", "clog"]}
    version.save()
    problem = {"code": "unknown_label", "message": "2 are wrong.", "rows": [], "count": 2}
    html = page("rejected", problems=[problem])
    assert html.count("The 2 classes of this task</summary>") == 1


def test_a_failure_is_ours(page: Page) -> None:
    html = page("failed")
    assert "This is our fault, not the file's." in html
    assert "This attempt is not counted, so you may also upload the file once more." in html


def scored(
    team: Team, task: Task, public: float, private: float = 0.1, **fields: Any
) -> Submission:
    submission = factories.make_submission(team, task, **fields)
    factories.make_evaluation(submission, public=public, private=private)
    refresh(task, team)
    return submission


def test_a_scored_file_tells_number_place_and_what_changed(
    team: Team, matching_task: Task, client_of: Callable[[str], Client]
) -> None:
    reference = factories.make_team(matching_task.challenge, "AutoGluon", baseline="autogluon")
    scored(reference, matching_task, 0.9)
    scored(team, matching_task, 0.7)
    html = html_of(client_of("alice"), scored(team, matching_task, 0.8))
    assert "<strong>0.80</strong>" in html
    assert "95 % interval 0.79 to 0.81" in html
    assert "New best: 0.70 → 0.80. Still 1st of 1." in html
    assert "vs your previous best (0.70)" in html
    assert '<span class="up">+0.10</span>' in html
    assert '<span class="down">−0.10</span>' in html
    assert "AutoGluon 0.90" in html, "the bar names what the score is compared with"
    assert html.index("Select as final") < html.index("How scores are rounded")
    assert ">Withdraw<" in html


def test_a_score_that_displays_as_before_says_so(
    team: Team, matching_task: Task, client_of: Callable[[str], Client]
) -> None:
    scored(team, matching_task, 0.8)
    html = html_of(client_of("bob"), scored(team, matching_task, 0.8001))
    assert "No visible improvement: your best score stays 0.80." in html
    assert "Differences below 0.01 (the noise on 3 rows) stay hidden." in html
    assert "<dd>equal</dd>" in html


def test_an_organizer_looks_on_and_withdraws_nothing(
    team: Team, matching_task: Task, client_of: Callable[[str], Client]
) -> None:
    html = html_of(client_of("olga"), scored(team, matching_task, 0.8))
    assert "The team&#x27;s first score on this task." in html
    assert ">Withdraw<" not in html


def test_what_the_team_had_before_leaves_later_and_withdrawn_ones_out(
    team: Team, matching_task: Task, client_of: Callable[[str], Client]
) -> None:
    scored(team, matching_task, 0.9, withdrawn_at=timezone.now())
    scored(team, matching_task, 0.6)
    submission = scored(team, matching_task, 0.8)
    scored(team, matching_task, 0.95)
    assert "vs your previous best (0.60)" in html_of(client_of("alice"), submission)
    first = html_of(client_of("alice"), Submission.objects.get(number=2))
    assert "previous best" not in first


def test_the_story_stays_as_it_was_told_when_an_earlier_one_is_withdrawn(
    team: Team, matching_task: Task, client_of: Callable[[str], Client]
) -> None:
    earlier, later = scored(team, matching_task, 0.6), scored(team, matching_task, 0.8)
    client = client_of("alice")
    assert "0.60 → 0.80" in html_of(client, later)
    post(client, earlier, "withdraw/")
    assert "0.60 → 0.80" in html_of(client, later)


def test_withdrawing_and_restoring_shows_at_once(
    team: Team, matching_task: Task, client_of: Callable[[str], Client]
) -> None:
    submission = scored(team, matching_task, 0.8)
    client = client_of("alice")
    page = client.post(submission.get_absolute_url() + "withdraw/", follow=True).content.decode()
    assert "It still counts toward your limit." in page
    assert ">Restore<" in page
    board = client.get(f"{matching_task.get_absolute_url()}board/").content.decode()
    assert "No scores yet" in board
    page = client.post(submission.get_absolute_url() + "restore/", follow=True).content.decode()
    assert "1st of 1" in page


def test_words_of_a_team_cannot_carry_markup(page: Page) -> None:
    html = page("scored", method="<b>bold</b>", original_name="<i>.csv", note="<u>n</u>")
    assert not [tag for tag in ("<b>bold", "<i>", "<u>") if tag in html]


# Final selections


def test_a_submission_is_selected_as_final_and_taken_back(
    team: Team, matching_task: Task, client_of: Callable[[str], Client]
) -> None:
    submission = scored(team, matching_task, 0.8)
    client = client_of("bob")
    html = html_of(client, submission)
    assert "If you pick none, your best public score counts" in html
    answer = client.post(submission.get_absolute_url() + "select/")
    assert answer.headers["Location"] == submission.get_absolute_url() + "#final"
    html = html_of(client, submission)
    assert "Submission 1 is selected as final." in html
    assert '</h1> <span class="chip outline">final</span>' in html
    assert '<span class="chip outline">final</span> Selected as final' in html
    assert ">Select as final<" not in html
    listed = client.get(matching_task.get_absolute_url()).content.decode()
    assert '<span class="chip outline">final</span>' in listed
    html = post(client, submission, "unselect/")
    assert "Selected as final" not in html
    assert ">Select as final<" in html


def test_a_third_final_submission_is_refused_with_the_two_that_are(
    team: Team, matching_task: Task, client_of: Callable[[str], Client]
) -> None:
    first, second, third = (scored(team, matching_task, 0.1 * n) for n in (1, 2, 3))
    client = client_of("alice")
    for each in (first, second):
        post(client, each, "select/")
    html = html_of(client, third)
    assert ">Select as final<" not in html
    for each in (first, second):
        assert f'<a href="{each.get_absolute_url()}">{each.number}</a>' in html
    assert f'together with <a href="{first.get_absolute_url()}">submission 1</a>' in html_of(
        client, second
    )
    assert "At most 2 submissions of this task can be final" in post(client, third, "select/")


def test_pages_say_how_many_a_task_lets_be_final(
    team: Team, matching_task: Task, client_of: Callable[[str], Client]
) -> None:
    Task.objects.update(final_limit=3)
    client, rows = client_of("alice"), [scored(team, matching_task, 0.1 * n) for n in range(1, 5)]
    assert "Up to 3 can be final, and the best counts" in html_of(client, rows[0])
    for each in rows[:3]:
        post(client, each, "select/")
    links = [f'<a href="{each.get_absolute_url()}">{each.number}</a>' for each in rows[:3]]
    page = " ".join(html_of(client, rows[3]).split())
    assert f"Already final: {links[0]}, {links[1]}, {links[2]}." in page
    mine = client.get(reverse("my-submissions", args=["cup"])).content.decode()
    assert "3 of 3" in mine


@pytest.mark.parametrize("person", ["olga", "viktor"])
def test_only_the_team_selects(
    team: Team, matching_task: Task, client_of: Callable[[str], Client], person: str
) -> None:
    submission = scored(team, matching_task, 0.8, selected_at=timezone.now())
    html = html_of(client_of(person), submission)
    assert "Selected as final" in html
    assert "unselect/" not in html
    for verb in ("select/", "unselect/"):
        address = submission.get_absolute_url() + verb
        assert client_of(person).post(address).status_code == 404


def test_a_withdrawn_submission_is_not_offered_as_final(
    team: Team, matching_task: Task, client_of: Callable[[str], Client]
) -> None:
    submission = scored(team, matching_task, 0.8, withdrawn_at=timezone.now())
    assert ">Select as final<" not in html_of(client_of("alice"), submission)


def test_after_the_close_selections_stand(
    team: Team, matching_task: Task, client_of: Callable[[str], Client]
) -> None:
    submission = scored(team, matching_task, 0.8, selected_at=timezone.now())
    end(matching_task, revealed=False)
    html = html_of(client_of("alice"), submission)
    assert "Final selections were locked" in html
    assert "unselect/" not in html
    assert ">Withdraw<" not in html, "it would choose what counts"
    assert "What counts was locked at" in post(client_of("alice"), submission, "withdraw/")
    assert "Final selections were locked at" in post(client_of("alice"), submission, "unselect/")
    submission.refresh_from_db()
    assert submission.selected_at is not None


# After the reveal


@pytest.fixture
def contested(team: Team, matching_task: Task) -> Submission:
    """A final submission of Alice's team, whose slices differ between the parts, and a rival."""
    rival = factories.make_team(matching_task.challenge, "Beta", factories.make_user("dora"))
    scored(rival, matching_task, 0.7, private=0.6)
    submission = scored(team, matching_task, 0.8, private=0.54321, selected_at=timezone.now())
    evaluation = submission.evaluations.get()
    sizes = {"by": "colour", "n": 500, "fewest": 500, "low": None, "high": None, "reason": ""}
    evaluation.diagnostics = {
        "headline": matching_task.headline,
        "slices": [
            {**sizes, "part": "public", "value": "of the public part", "score": 0.3},
            {**sizes, "part": "private", "value": "of the private part", "score": 0.456789},
        ],
    }
    evaluation.save()
    return submission


@pytest.mark.parametrize("person", ["alice", "bob", "olga", "viktor"])
def test_after_the_reveal_both_parts_stand_side_by_side(
    contested: Submission, client_of: Callable[[str], Client], person: str
) -> None:
    before = html_of(client_of(person), contested)
    assert not [text for text in ("0.5432", "of the private part", "0.4567") if text in before]
    end(contested.task)
    reveal(contested.task.challenge)
    html = html_of(client_of(person), contested)
    assert "<strong>0.5432</strong>" in html
    assert '<td class="num meta" data-label="95 % interval">' in html
    assert '<td class="num meta" data-label="Public">0.8000</td>' in html
    assert "of the private part" in html
    assert "0.456789" in html
    assert "of the public part" not in html
    assert "This submission counts on the private board." in html
    assert "is ranked 2 of 2, 1 place down from the public board." in html


def test_after_the_reveal_nobody_else_may_open_it(
    contested: Submission, client_of: Callable[[str], Client]
) -> None:
    end(contested.task)
    reveal(contested.task.challenge)
    for person in ("anonymous", "charlie", "sam"):
        assert client_of(person).get(contested.get_absolute_url()).status_code == 404


def test_after_the_reveal_nothing_can_be_chosen_any_more(
    contested: Submission, client_of: Callable[[str], Client]
) -> None:
    end(contested.task)
    reveal(contested.task.challenge)
    client = client_of("alice")
    html = html_of(client, contested)
    assert not [word for word in (">Withdraw<", "select/", ">Restore<") if word in html]
    for verb in ("withdraw/", "restore/"):
        assert "What counts was locked at" in post(client, contested, verb)


# The ladder


@pytest.mark.parametrize("path", ["", "status/"])
def test_the_ladder_shows_the_same_page_whatever_was_not_accepted(
    team: Team, matching_task: Task, client_of: Callable[[str], Client], path: str
) -> None:
    matching_task.feedback = "ladder"
    matching_task.save()
    reference = factories.make_team(matching_task.challenge, "AutoGluon", baseline="autogluon")
    scored(reference, matching_task, 0.9)
    scored(team, matching_task, 0.7)
    submission = scored(team, matching_task, 0.7)
    client = client_of("alice")
    seen = set()
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        for raw in (0.74, 0.7, 0.69, 0.1):
            submission.evaluations.get().scores.filter(part="public").update(
                value=raw, low=raw - 0.01, high=raw + 0.01
            )
            refresh(matching_task, team)
            seen.add(TOKEN.sub("", html_of(client, submission, path)))
    assert len(seen) == 1
    (html,) = seen
    assert "This submission was not accepted, and nothing else is shown about it." in html
    assert not [word for word in ("vs your", "Other metrics", "Where it fails") if word in html]


def test_the_ladder_answers_in_order(
    team: Team, matching_task: Task, client_of: Callable[[str], Client]
) -> None:
    matching_task.feedback = "ladder"
    matching_task.save()
    factories.make_submission(team, matching_task, "queued")
    submission = scored(team, matching_task, 0.7)
    html = html_of(client_of("alice"), submission)
    assert "Waiting for the result of submission 1." in html
    assert "0.70" not in html
    html = html_of(client_of("olga"), submission)
    assert "The team reads: “Waiting for the result of submission 1.”" in html
    assert "<strong>0.700000</strong>" in html


def post(client: Client, submission: Submission, verb: str) -> str:
    """Return the page that a change leads to, with single spaces."""
    answer = client.post(submission.get_absolute_url() + verb, follow=True)
    return " ".join(answer.content.decode().split())


def end(task: Task, *, revealed: bool = True) -> None:
    """Let the challenge have closed and, as a rule, have been revealed by its time."""
    now = timezone.now()
    challenge = task.challenge
    challenge.closes_at = challenge.team_freeze_at = now - timedelta(hours=2)
    challenge.reveal_at = now + timedelta(hours=-1 if revealed else 1)
    challenge.save()


# What the task page says before anybody submits


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (
            "exact",
            "the score on the public part of the test rows to three decimals, and no other metric.",
        ),
        ("rounded", "rounded to steps of 0.01. That discourages chasing noise"),
        (
            "ladder",
            "last shown score by more than 0.05, in multiples of that, and no other metric.",
        ),
    ],
)
@pytest.mark.parametrize("revealed", [False, True])
def test_the_task_page_says_how_scores_are_told_and_what_counts_in_the_end(
    matching_task: Task,
    client_of: Callable[[str], Client],
    mode: str,
    words: str,
    revealed: bool,
) -> None:
    matching_task.feedback = mode
    matching_task.save()
    if revealed:
        end(matching_task)
        reveal(matching_task.challenge)
    answer = client_of("anonymous").get(matching_task.get_absolute_url())
    html = " ".join(answer.content.decode().split())
    assert words in html
    assert "If you pick none, your best public score counts." in html
