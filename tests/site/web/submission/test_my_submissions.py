"""The page of all of a team's submissions: what it lists, sorts, filters, and lets one choose."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Task
from podium.standings.actions import refresh
from podium.submissions.models import Submission
from podium.teams.models import Team
from podium.web.submission import my_submissions
from tests.site import factories


@pytest.fixture
def player(team: Team, alice: User, as_user: Callable[[User | None], Client]) -> Client:
    return as_user(alice)


def page(client: Client, slug: str = "cup", **query: Any) -> str:
    answer = client.get(reverse("my-submissions", args=[slug]), query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def listed(html: str) -> list[int]:
    """Return the ids of the submissions in the order of the list."""
    table = html.partition('id="all"')[2]
    return [int(pk) for pk in re.findall(r'class="rank"><a href="/submissions/(\d+)/"', table)]


def scored(team: Team, task: Task, public: float, **fields: Any) -> Submission:
    submission = factories.make_submission(team, task, **fields)
    factories.make_evaluation(submission, public=public, private=0.123456)
    refresh(task, team)
    return submission


def test_who_has_sent_nothing_learns_what_to_do(
    matching_task: Task, charlie: User, player: Client, as_user: Callable[[User | None], Client]
) -> None:
    for client in (as_user(charlie), player):
        html = page(client)
        assert "Nothing submitted yet" in html
        assert "Open a task and upload a predictions file." in html


def test_the_navigation_leads_whoever_may_take_part_to_their_submissions(
    matching_task: Task, charlie: User, olga: User, as_user: Callable[[User | None], Client]
) -> None:
    link = f'<a href="{reverse("my-submissions", args=["cup"])}"'
    shown = [
        link in as_user(user).get(matching_task.get_absolute_url()).content.decode()
        for user in (charlie, None, olga)
    ]
    assert shown == [True, False, False]


def test_all_tasks_stand_in_one_list_with_what_is_displayed(
    team: Team, matching_task: Task, classification_task: Task, player: Client, charlie: User
) -> None:
    mine = [scored(team, matching_task, 0.81234), scored(team, classification_task, 0.4)]
    rejected = factories.make_submission(team, matching_task, "rejected")
    other = factories.make_team(matching_task.challenge, "Beta", charlie)
    scored(other, matching_task, 0.99)
    html = page(player)
    assert listed(html) == [rejected.pk, mine[1].pk, mine[0].pk]
    assert re.search(r">0.81 <span[^>]*>0.\d\d–0.\d\d<", html), "with its interval"
    assert "0.8123" not in html
    assert "0.99" not in html
    assert "0.12" not in html, "nothing of the private part"
    assert "3 submissions" in html


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"task": "matching-task"}, [2, 0]),
        ({"state": "rejected"}, [2]),
        ({"state": "withdrawn"}, [1]),
        ({"state": "final"}, [0]),
        ({"task": "matching-task", "state": "scored"}, [0]),
        ({"task": "unheard", "state": "of"}, [2, 1, 0]),
        ({"sort": "received"}, [0, 1, 2]),
        ({"sort": "method"}, [2, 0, 1]),
        ({"sort": "-method"}, [1, 0, 2]),
        ({"sort": "task"}, [1, 0, 2]),
        ({"sort": "nonsense"}, [2, 1, 0]),
        ({"state": "failed"}, []),
    ],
)
def test_the_address_sorts_and_filters(
    team: Team,
    classification_task: Task,
    matching_task: Task,
    player: Client,
    query: dict[str, str],
    expected: list[int],
) -> None:
    now = timezone.now()
    times = [{"received_at": now + timedelta(seconds=n)} for n in range(3)]
    rows = [
        scored(team, matching_task, 0.8, method="m", selected_at=now, **times[0]),
        scored(team, classification_task, 0.7, method="z", withdrawn_at=now, **times[1]),
        factories.make_submission(team, matching_task, "rejected", method="a", **times[2]),
    ]
    html = page(player, **query)
    assert listed(html) == [rows[each].pk for each in expected]
    if not expected:
        assert "No matching submissions" in html


def test_a_head_that_is_clicked_turns_the_order_round(
    team: Team, matching_task: Task, player: Client
) -> None:
    scored(team, matching_task, 0.8)
    assert '<th scope="col" class="num" aria-sort="descending"><a href="?sort=received">' in page(
        player
    )
    html = page(player, sort="received", state="scored")
    assert 'aria-sort="ascending"><a href="?sort=-received&amp;state=scored">' in html


def test_long_lists_come_in_pages(
    team: Team, matching_task: Task, player: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(my_submissions, "PER_PAGE", 2)
    rows = [factories.make_submission(team, matching_task) for _ in range(3)]
    assert listed(page(player)) == [rows[2].pk, rows[1].pk]
    assert "Page 1 of 2" in page(player)
    assert listed(page(player, page="2")) == [rows[0].pk]
    assert listed(page(player, page="nonsense")) == [rows[2].pk, rows[1].pk]


def test_the_default_is_the_best_displayed_and_the_earlier_of_equals(
    team: Team, matching_task: Task, classification_task: Task, player: Client
) -> None:
    scored(team, matching_task, 0.70)
    best = scored(team, matching_task, 0.801)
    scored(team, matching_task, 0.803)
    html = page(player)
    assert (
        f'<a href="{best.get_absolute_url()}">Submission 2</a>, automatic: '
        "best public score, 0.80." in html
    )
    assert "0 of 2" in html
    assert "Nothing scored yet." in html, "the other task's line says what to do"


def test_what_is_chosen_stands_in_the_checklist(
    team: Team, matching_task: Task, player: Client
) -> None:
    rows = [scored(team, matching_task, 0.7 + n / 100) for n in range(2)]
    player.post(reverse("select", args=[rows[0].pk]), {"list": ""})
    html = page(player)
    assert "1 of 2" in html
    assert "selected by you. You can select 1 more." in html
    answer = player.post(reverse("select", args=[rows[1].pk]), {"list": ""})
    assert answer.headers["Location"] == reverse("my-submissions", args=["cup"])
    html = page(player)
    assert "2 of 2" in html
    assert ">Submission 1</a> and <a" in html
    assert ">submission 2</a>, selected by you." in html
    assert re.search(r'name="final" value="\d+" form="choose" checked>', html)


def test_after_the_close_nothing_is_chosen_any_more(
    team: Team, matching_task: Task, player: Client
) -> None:
    scored(team, matching_task, 0.7)
    challenge = matching_task.challenge
    challenge.team_freeze_at = challenge.closes_at = timezone.now() - timedelta(hours=1)
    challenge.save()
    html = page(player)
    assert "Locked" in html
    assert 'name="final"' not in html
    assert "Save final selection" not in html
    assert ">Withdraw<" not in html
    assert "Edit note" in html


def test_two_of_one_task_are_compared(
    team: Team, matching_task: Task, classification_task: Task, player: Client, charlie: User
) -> None:
    one, two = (factories.make_submission(team, matching_task) for _ in range(2))
    elsewhere = factories.make_submission(team, classification_task)
    other = factories.make_team(matching_task.challenge, "Beta", charlie)
    strange = factories.make_submission(other, matching_task)
    address = reverse("compare-two", args=["cup"])
    good = player.get(address, {"pick": [two.pk, one.pk]})
    assert good.headers["Location"] == reverse("submission-compare", args=[two.pk, 1])
    bad = ([], [one.pk], [one.pk, elsewhere.pk], [one.pk, strange.pk], ["x", "²", one.pk])
    for picked in (*bad, [one.pk, 10**18], [one.pk, 10**30], [one.pk, "9" * 5000]):
        answer = player.get(address, {"pick": picked}, follow=True)
        assert "Tick two submissions of one task to compare them." in answer.content.decode()


def test_a_ladder_names_the_last_score_that_was_told(
    team: Team, matching_task: Task, player: Client
) -> None:
    matching_task.feedback = "ladder"
    matching_task.save()
    told = scored(team, matching_task, 0.5)
    silent = scored(team, matching_task, 0.51)
    html = page(player)
    assert f'<a href="{told.get_absolute_url()}">Submission 1</a>, automatic:' in html
    assert "the last score you were shown" in html
    row = html.partition(f'class="rank"><a href="{silent.get_absolute_url()}"')[2]
    assert re.search(r'class="num score">([^<]*)<', row)[1].strip() == "–"  # type: ignore[index]


def test_the_number_of_queries_does_not_grow_with_the_rows(
    team: Team,
    matching_task: Task,
    player: Client,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    for _ in range(12):
        scored(team, matching_task, 0.8)
    with django_assert_max_num_queries(24):
        page(player)


def tick(client: Client, ticked: list[Submission], listed: list[Submission], **query: str) -> Any:
    address = reverse("finals", args=["cup"], query=query)
    return client.post(
        address, {"final": [each.pk for each in ticked], "listed": [each.pk for each in listed]}
    )


def finals_of(team: Team) -> set[int]:
    chosen = Submission.objects.filter(team=team, selected_at__isnull=False)
    return set(chosen.values_list("pk", flat=True))


def test_a_list_sorts_by_score_within_each_task(
    team: Team, matching_task: Task, player: Client
) -> None:
    low, high = scored(team, matching_task, 0.5), scored(team, matching_task, 0.8)
    none = factories.make_submission(team, matching_task, "rejected")
    assert listed(page(player, sort="-score")) == [high.pk, low.pk, none.pk]
    assert listed(page(player, sort="score")) == [low.pk, high.pk, none.pk]


def test_finals_are_ticked_in_the_list(team: Team, matching_task: Task, player: Client) -> None:
    one, two, three = (scored(team, matching_task, 0.5 + n / 10) for n in range(3))
    answer = tick(player, [one, two], [one, two, three], state="scored")
    assert answer.headers["Location"] == reverse("my-submissions", args=["cup"]) + (
        "?state=scored#all"
    )
    assert finals_of(team) == {one.pk, two.pk}
    tick(player, [three], [one, two, three])
    assert finals_of(team) == {three.pk}, "an exchange needs no order"
    tick(player, [], [one, two])
    assert finals_of(team) == {three.pk}, "what is not listed stays"


def test_too_many_finals_change_nothing_and_keep_the_ticks(
    team: Team, matching_task: Task, player: Client
) -> None:
    rows = [scored(team, matching_task, 0.5 + n / 10) for n in range(3)]
    answer = tick(player, rows, rows)
    html = " ".join(answer.content.decode().split())
    assert answer.status_code == 422
    assert "you ticked 3 (submissions 1, 2, 3), and at most 2 can be final. Untick 1." in html
    assert len(re.findall(r'name="final" value="\d+" form="choose" checked>', html)) == 3
    assert finals_of(team) == set()


def test_nobody_ticks_what_is_another_teams_or_not_scored(
    team: Team, matching_task: Task, player: Client, charlie: User
) -> None:
    other = factories.make_team(matching_task.challenge, "Beta", charlie)
    strange = scored(other, matching_task, 0.9)
    rejected = factories.make_submission(team, matching_task, "rejected")
    tick(player, [strange], [strange])
    assert finals_of(other) == set()
    assert (
        "Only a scored submission can be final."
        in tick(player, [rejected], [rejected]).content.decode()
    )


def test_the_deadline_holds_for_ticks(team: Team, matching_task: Task, player: Client) -> None:
    one = scored(team, matching_task, 0.7)
    challenge = matching_task.challenge
    challenge.team_freeze_at = challenge.closes_at = timezone.now() - timedelta(hours=1)
    challenge.save()
    assert "Final selections were locked" in tick(player, [one], [one]).content.decode()
    assert finals_of(team) == set()


def test_after_the_reveal_the_list_shows_private_scores_and_the_place(
    team: Team, matching_task: Task, player: Client
) -> None:
    scored(team, matching_task, 0.81)
    assert "0.12" not in page(player)
    challenge = matching_task.challenge
    for name, hours in (("team_freeze_at", 3), ("closes_at", 2), ("reveal_at", 1)):
        setattr(challenge, name, timezone.now() - timedelta(hours=hours))
    challenge.save()
    factories.reveal(challenge)
    html = page(player)
    assert re.search(r'num score">0.12', html)
    assert "public 0.81" in html
    assert "1st of 1" in html
    for address in (matching_task.get_absolute_url(), reverse("my-team", args=["cup"])):
        shown = " ".join(player.get(address, follow=True).content.decode().split())
        assert re.search(r'class="num score">0.12', shown)


def test_tasks_and_teams_show_displayed_scores(
    team: Team, matching_task: Task, player: Client
) -> None:
    scored(team, matching_task, 0.81234)
    for address in (matching_task.get_absolute_url(), reverse("my-team", args=["cup"])):
        shown = " ".join(player.get(address, follow=True).content.decode().split())
        assert re.search(r'class="num score">0.81 <span', shown)
        assert "0.12" not in shown
