"""Play the sample event with the site's own verbs, from its announcement to its archive."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from podium import celery, files
from podium.accounts.models import User
from podium.analysis import studies
from podium.baseline_runs import training
from podium.baseline_runs.actions import start
from podium.baseline_runs.models import BaselineRun
from podium.catalog.actions.versions import add_solution, publish
from podium.challenges.actions import apply
from podium.challenges.definition import parse
from podium.challenges.models import Challenge, Organizer, Role, Task
from podium.discussions.actions import answer, ask, mark_faq
from podium.standings import rescore_boards
from podium.standings.finalists import final_boards, first_rows
from podium.standings.models import Board
from podium.standings.reveal import reveal_now
from podium.submissions.actions import submit
from podium.submissions.jobs import rescore_batches, rescoring
from podium.submissions.jobs.scoring_runs import score
from podium.submissions.models import State, Submission
from podium.submissions.selection import select
from podium.teams.actions import accept_rules, create_team, disqualify, invite, join
from podium.teams.models import Team
from podium.uploads.receiving import from_path
from podium.writeups import actions as writeups
from samples.draw import Draw
from scoring.runner import Scorer
from tools.finished.clock import Clock, played_from
from tools.finished.data import build_data
from tools.finished.plan import (
    EVENT,
    TASKS,
    Row,
    Sent,
    solution_rows,
    submissions,
    time_of,
    wrong_labels,
)

ARCHIVED = datetime(2026, 7, 31, 12, tzinfo=UTC)
Step = tuple[datetime, Callable[[], None]]


@dataclass
class Event:
    """The event while it is played: clock, scorer, a scratch folder and the owner."""

    clock: Clock
    scorer: Scorer
    folder: Path
    tasks: tuple[str, ...]
    owner: User
    challenge: Challenge

    def task(self, slug: str) -> Task:
        needed = ("challenge", "track", "dataset_version", "solution")
        return Task.objects.select_related(*needed).get(challenge=self.challenge, slug=slug)

    def score(self, submission: Submission) -> None:
        """Score a submission as a worker does, seconds after it came."""
        self.clock.go(self.clock.at + timedelta(seconds=4))
        held = Submission.claim(submission.pk)
        assert held is not None  # noqa: S101
        score(held, self.scorer)


def play(
    folder: Path,
    scorer: Scorer,
    *,
    teams: int,
    tasks: tuple[str, ...] = tuple(TASKS),
    baselines: tuple[str, ...] = ("trivial", "linear", "autogluon"),
) -> Challenge:
    """Return the challenge: played by its first teams, revealed and studied, on this database."""
    begin = time_of("announced_at") - timedelta(days=60)
    with played_from(begin) as clock, mock.patch.object(celery.app, "send_task"):
        rows = _publish(folder, tasks)
        owner = _person("Ines Okafor")
        clock.go(time_of("announced_at"))
        challenge = apply(definition=parse(yaml.safe_dump({"challenge": _definition(tasks)})))
        Organizer.objects.create(challenge=challenge, user=owner, role=Role.OWNER)
        Challenge.objects.filter(pk=challenge.pk).update(is_sample=True)
        challenge.refresh_from_db()
        event = Event(clock, scorer, folder, tasks, owner, challenge)
        _train(event, baselines)
        captains = _teams(event, teams)
        steps = [(each.at, _sending(event, captains, each)) for each in submissions(rows, teams)]
        for at, step in sorted([*steps, *_acts(event, captains)], key=lambda each: each[0]):
            clock.go(at)
            step()
        _after(event)
        User.objects.update(is_active=False)
        clock.go(ARCHIVED)
        Challenge.objects.filter(pk=challenge.pk).update(archived_at=ARCHIVED)
        challenge.refresh_from_db()
    return challenge


def _definition(tasks: tuple[str, ...]) -> dict[str, Any]:
    tracks = [
        {**track, "tasks": [task for task in track["tasks"] if task["slug"] in tasks]}
        for track in EVENT["challenge"]["tracks"]
    ]
    times = EVENT["challenge"]["timeline"]
    said = {name: at.isoformat() if isinstance(at, datetime) else at for name, at in times.items()}
    found = [track for track in tracks if track["tasks"]]
    return {**EVENT["challenge"], "timeline": said, "tracks": found}


def _publish(folder: Path, tasks: tuple[str, ...]) -> dict[str, list[Row]]:
    """Publish the data sets; the rescored task begins with a few wrong labels."""
    rows = {}
    for task in tasks:
        built = folder / task
        build_data(TASKS[task], built)
        path = built / "private" / "solution.parquet"
        rows[task] = solution_rows(path)
        publish(public=built / "public", private=built / "private")
    return rows


def _wrong_solution(event: Event) -> None:
    """Let the rescored task have a solution with wrong labels until they are found."""
    task = event.task(EVENT["rescore"]["task"])
    table = pq.read_table(files.local(files.private(), task.solution.file))
    path = event.folder / "wrong.parquet"
    known = [Row(r["id"], r["label"], r["usage"] == "public") for r in table.to_pylist()]
    wrong = wrong_labels(known)
    labels = [wrong.get(row.key, row.label) for row in known]
    place = table.schema.get_field_index("label")
    pq.write_table(table.set_column(place, "label", pa.array(labels, pa.string())), path)
    solution = add_solution(version=task.dataset_version, file=path)
    Task.objects.filter(pk=task.pk).update(solution=solution)


def _train(event: Event, baselines: tuple[str, ...]) -> None:
    event.clock.go(time_of("opens_at") - timedelta(hours=5))
    if EVENT["rescore"]["task"] in event.tasks:
        _wrong_solution(event)
    for method in baselines:
        for task in event.tasks:
            run = start(task=event.task(task), method=method)
            BaselineRun.run(run.pk, do=training.train, fail=training.fail)
            run.refresh_from_db()
            if run.submission is None:
                raise RuntimeError(f"{run}: {run.message}")
            event.score(run.submission)


def _person(name: str) -> User:
    number = User.objects.count()
    return User.objects.create_user(f"person-{number}@podium.invalid", name=name)


def _teams(event: Event, count: int) -> list[User]:
    """Make the teams in the first days and return their captains."""
    draw, captains = Draw("finished-people"), []
    event.clock.go(time_of("opens_at"))
    for name in EVENT["teams"][:count]:
        event.clock.go(event.clock.at + timedelta(minutes=5 * (1 + draw.below(1))))
        people = [
            _person(f"{draw.pick(EVENT['people'])} {draw.pick(EVENT['surnames'])}")
            for _ in range(1 + draw.below(4))
        ]
        User.objects.filter(pk__in=[each.pk for each in people]).update(
            date_joined=time_of("announced_at")
        )
        for each in people:
            each.refresh_from_db()
            accept_rules(challenge=event.challenge, by=each)
        team = create_team(challenge=event.challenge, name=name, by=people[0])
        for each in people[1:]:
            _, token = invite(team=team, by=people[0])
            join(token=token, by=each)
        captains.append(people[0])
    return captains


def _team(event: Event, captain: User) -> Team:
    return Team.objects.get(challenge=event.challenge, memberships__user=captain)


def _sending(event: Event, captains: list[User], sent: Sent) -> Callable[[], None]:
    def do() -> None:
        captain = captains[sent.team]
        path = event.folder / "predictions.csv"
        path.write_bytes(sent.content)
        submission = submit(
            team=_team(event, captain),
            task=event.task(sent.task),
            upload=from_path(path),
            by=captain,
            method=sent.method,
        )
        event.score(submission)
        submission.refresh_from_db()
        if submission.state != State.SCORED:
            raise RuntimeError(f"{submission} is {submission.state}: {submission.problems}")
        if sent.is_final:
            select(submission=submission, by=captain)

    return do


def _acts(event: Event, captains: list[User]) -> list[Step]:
    """Return what organizers and teams do until the reveal and soon after it."""
    steps: list[Step] = [(each["at"], _announcing(event, each)) for each in EVENT["announcements"]]
    steps += [
        (each["at"], _asking(event, captains[number % len(captains)], each))
        for number, each in enumerate(EVENT["questions"])
    ]
    if EVENT["rescore"]["task"] in event.tasks:
        steps.append((EVENT["rescore"]["at"], lambda: _rescore(event)))
    steps.append((EVENT["disqualified"]["at"], lambda: _disqualify(event)))
    at = time_of("reveal_at") + timedelta(minutes=2)
    steps.append((at, lambda: reveal_now(challenge=event.challenge, by=event.owner)))
    return steps


def _announcing(event: Event, said: dict[str, Any]) -> Callable[[], None]:
    words = {"title": said["title"], "body": said["body"]}
    document = {"challenge": {"slug": event.challenge.slug, "announcements": [words]}}
    return lambda: (apply(definition=parse(yaml.safe_dump(document)), by=event.owner), None)[1]


def _asking(event: Event, by: User, said: dict[str, Any]) -> Callable[[], None]:
    def do() -> None:
        question = ask(challenge=event.challenge, title=said["title"], body=said["body"], by=by)
        event.clock.go(event.clock.at + timedelta(hours=3))
        answer(question=question, body=said["answer"], by=event.owner)
        if said.get("faq"):
            mark_faq(question=question, is_faq=True, by=event.owner)

    return do


def _rescore(event: Event) -> None:
    """Correct the labels: score everything again and publish it."""
    task = event.task(EVENT["rescore"]["task"])
    right = task.dataset_version.solutions.get(number=1)
    rescore = rescoring.start(task=task, solution=right, by=event.owner)
    while left := list(rescoring.left(rescore).values_list("pk", flat=True)[:50]):
        rescore_batches.work(rescore.pk, left, event.scorer)
    rescoring.finish_if_done(rescore)
    event.clock.go(event.clock.at + timedelta(minutes=30))
    rescore.refresh_from_db()
    rescore_boards.publish(rescore=rescore, by=event.owner)


def _disqualify(event: Event) -> None:
    ruling = EVENT["disqualified"]
    if team := Team.objects.filter(challenge=event.challenge, name=ruling["team"]).first():
        disqualify(team=team, reason=ruling["reason"], by=event.owner)


def _after(event: Event) -> None:
    """Let the finalists publish write-ups, and study all boards as workers do."""
    event.challenge.refresh_from_db()
    texts = EVENT["writeups"]
    number = 0
    for track, board in final_boards(event.challenge):
        for row in first_rows(board):
            event.clock.go(event.clock.at + timedelta(hours=7))
            team = Team.objects.select_related("captain").get(pk=row.team.pk)
            by, words = team.captain, texts[number % len(texts)]
            assert by is not None  # noqa: S101
            number += 1
            version = writeups.save(team=team, track=track, **words, based_on=0, by=by)
            writeups.publish(writeup=version.writeup, version=version, by=by)
    event.clock.go(event.clock.at + timedelta(days=1))
    for board_id in Board.objects.order_by("pk").values_list("pk", flat=True):
        studies.study(board_id)
