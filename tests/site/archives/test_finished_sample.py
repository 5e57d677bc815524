"""The finished sample challenge: loaded, labelled as made up, and made again from its script."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

import samples
from podium.accounts.models import User
from podium.archives.writing import boards_of
from podium.challenges.models import Challenge, Phase
from podium.standings.finalists import final_boards, first_rows
from podium.submissions.models import Part, Submission
from podium.teams.models import Team
from scoring.runner import Scored, Scorer
from tests.site import factories
from tools.finished.data import build_data
from tools.finished.plan import EVENT, TASKS, solution_rows, submissions

LABEL = "Sample: invented teams and results"
PAGES = (
    *("", "tasks/books/board/", "tasks/books/", "tasks/tickets/board/", "tracks/matching/"),
    *("tracks/classification/", "finalists/", "write-ups/", "questions/"),
)


@pytest.fixture(scope="module")
def kept_loaded(module_site: Path) -> str:
    """What the command printed when it loaded the sample."""
    out = io.StringIO()
    factories.make_user("owner")
    call_command("load_finished_sample", owner="owner@example.org", stdout=out)
    return out.getvalue()


@pytest.fixture
def loaded(kept_loaded: str, db: None) -> Challenge:
    return Challenge.objects.get(is_sample=True)


@pytest.fixture(scope="module")
def archive() -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(samples.FINISHED) as file:
        yield file


def rows(archive: zipfile.ZipFile, table: str) -> dict[int, dict[str, Any]]:
    lines = map(json.loads, archive.read(f"tables/{table}.jsonl").splitlines())
    return {line["id"]: line for line in lines}


def test_its_boards_are_those_of_the_archive(loaded: Challenge, kept_loaded: str) -> None:
    assert "All 12 boards equal those of the archive." in kept_loaded
    assert len(list(boards_of(loaded))) == 12
    assert loaded.phase() == Phase.ARCHIVED
    assert loaded.teams.filter(baseline="").count() == len(EVENT["teams"]) == 34


@pytest.mark.slow
def test_every_board_can_be_recomputed(loaded: Challenge) -> None:
    out = io.StringIO()
    call_command("verify_board", loaded.slug, "--files", stdout=out)
    assert out.getvalue().count("as recomputed") == 12, out.getvalue()


def test_its_pages_open_and_say_that_it_is_made_up(
    loaded: Challenge, as_user: Callable[[User | None], Client]
) -> None:
    visitor = as_user(None)
    for page in PAGES:
        answer = visitor.get(f"/c/{loaded.slug}/{page}", follow=True)
        assert answer.status_code == 200, page
        assert LABEL in answer.content.decode(), page
    assert LABEL in visitor.get("/").content.decode()
    owner = as_user(User.objects.get(email="owner@example.org"))
    submission = Submission.objects.order_by("pk").last()
    assert submission
    assert LABEL in owner.get(submission.get_absolute_url()).content.decode()


def test_another_challenge_does_not_say_that(
    loaded: Challenge, as_user: Callable[[User | None], Client]
) -> None:
    factories.make_challenge("real")
    assert LABEL not in as_user(None).get("/c/real/").content.decode()
    Challenge.objects.filter(pk=loaded.pk).update(is_sample=False)
    assert LABEL not in as_user(None).get("/").content.decode()


def test_loading_it_again_does_nothing(loaded: Challenge) -> None:
    before = Submission.objects.count(), User.objects.count(), Team.objects.count()
    out = io.StringIO()
    call_command("load_finished_sample", owner="owner@example.org", stdout=out)
    assert "loaded already" in out.getvalue()
    assert before == (Submission.objects.count(), User.objects.count(), Team.objects.count())


def test_it_shows_what_events_have(loaded: Challenge) -> None:
    assert loaded.announcements.count() == len(EVENT["announcements"])
    assert loaded.questions.count() == len(EVENT["questions"])
    assert (
        Team.objects.get(challenge=loaded, disqualified_at__isnull=False).name
        == (EVENT["disqualified"]["team"])
    )
    task = loaded.tasks.get(slug=EVENT["rescore"]["task"])
    assert [rescore.state for rescore in task.rescores.all()] == ["published"]
    for track, board in final_boards(loaded):
        finalists = first_rows(board)
        assert len(finalists) >= 3
        written = track.writeups.filter(published_at__isnull=False).values_list("team", flat=True)
        assert {row.team.pk for row in finalists} <= set(written)
        assert len({row.team.pk for row in board.rows if row.is_baseline}) >= 2
        final = [row.team.pk for row in board.rows]
        public = track.boards.get(part=Part.PUBLIC).standings.filter(valid_until=None)
        before = public.exclude(score=None).order_by("-score").values_list("team", flat=True)
        assert final != list(before)


def test_it_is_small_and_names_no_address() -> None:
    assert samples.FINISHED.stat().st_size <= 5_000_000
    with zipfile.ZipFile(samples.FINISHED) as file:
        tables = b"".join(file.read(name) for name in file.namelist() if "jsonl" in name)
    assert b"@" not in tables


def test_the_script_makes_the_same_data_and_files(archive: zipfile.ZipFile, tmp_path: Path) -> None:
    hashes = {row["name"]: row["content_hash"] for row in rows(archive, "datasetversion").values()}
    made = {}
    for task, name in TASKS.items():
        built = build_data(name, tmp_path / name)
        assert built.dataset.content_hash == hashes[name]
        made[task] = solution_rows(tmp_path / name / "private" / "solution.parquet")
    teams, tasks = rows(archive, "team"), rows(archive, "task")
    stored = {
        (tasks[row["task"]]["slug"], teams[row["team"]]["name"], row["sha256"])
        for row in rows(archive, "submission").values()
        if not teams[row["team"]]["baseline"]
    }
    import hashlib

    again = {
        (sent.task, EVENT["teams"][sent.team], hashlib.sha256(sent.content).hexdigest())
        for sent in submissions(made, len(EVENT["teams"]))
    }
    assert again == stored


def test_the_scorer_gives_the_same_scores(
    archive: zipfile.ZipFile, scorer: Scorer, tmp_path: Path
) -> None:
    teams, sent = rows(archive, "team"), rows(archive, "submission")
    tasks = rows(archive, "task")
    chosen: dict[int, dict[str, Any]] = {}
    for evaluation in rows(archive, "evaluation").values():
        task = sent[evaluation["submission"]]["task"]
        if evaluation["counts"] and not teams[sent[evaluation["submission"]]["team"]]["baseline"]:
            chosen.setdefault(task, evaluation)
    assert len(chosen) == len(TASKS)
    for task, evaluation in chosen.items():
        data = tmp_path / tasks[task]["slug"]
        build_data(TASKS[tasks[task]["slug"]], data)
        file = tmp_path / "predictions.csv"
        file.write_bytes(archive.read(sent[evaluation["submission"]]["file"]))
        outcome = scorer.score(
            file=file,
            dataset=data / "public" / "dataset.json",
            test=data / "public" / "test.parquet",
            solution=data / "private" / "solution.parquet",
        )
        assert isinstance(outcome, Scored)
        expected = {
            (row["part"], row["metric"]): row["value"]
            for row in rows(archive, "score").values()
            if row["evaluation"] == evaluation["id"]
        }
        found = {(score.part, score.metric): score.value for score in outcome.scores}
        assert found == pytest.approx(expected)
