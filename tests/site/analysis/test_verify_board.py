"""`manage.py verify_board`: what is right is silent, and whatever was changed is named."""

import io
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from podium import files
from podium.analysis import studies
from podium.catalog.models import Solution
from podium.challenges.models import Feedback, Task
from podium.standings.actions import rebuild
from podium.standings.document import BoardTable
from podium.standings.history import present_rows
from podium.standings.models import BoardDocument, Standing
from podium.submissions import originals
from podium.submissions.actions import withdraw
from podium.submissions.models import Evaluation, Part, Score, Submission
from podium.uploads import compression
from tests.site.sent import sent_at
from tests.site.standings.played import Played, end, kept_played, played, study_all
from tests.site.submissions.rescores import with_scorer

__all__ = ["kept_played", "played"]


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "REST_SECONDS", 0.0)
    monkeypatch.setattr(studies, "REST_TIMES", 0.0)


def verified(*options: str, challenge: str = "played") -> tuple[int, str]:
    """Return the exit code and what was printed."""
    out = io.StringIO()
    try:
        call_command("verify_board", challenge, *options, stdout=out)
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


def of(name: str, part: str = Part.PUBLIC, **fields: Any) -> Any:
    """Return the current row of a team on the first task's board, as a query."""
    return Standing.objects.filter(
        team__name=name, board__task__slug="pets", board__part=part, valid_until=None, **fields
    )


def test_every_board_is_as_recomputed_before_and_after_the_reveal(played: Played) -> None:
    assert verified() == (
        0,
        "Pets, public: 6 rows, as recomputed\n"
        "More pets, public: 5 rows, as recomputed\n"
        "Classification, public: 6 rows, as recomputed\n",
    )
    end(played.task.challenge)
    study_all()
    status, printed = verified("--files")
    assert (status, printed.count("as recomputed")) == (0, 6), printed
    assert "note" not in printed


def test_one_board_and_one_part_can_be_named(played: Played) -> None:
    assert verified("--task", "pets")[1].startswith("Pets, public")
    assert verified("--track", "classification")[1].count("\n") == 1
    assert verified("--part", "private") == (2, "There is no such board.")
    end(played.task.challenge)
    assert verified("--task", "pets", "--part", "private")[1].count("as recomputed") == 1


def test_a_board_that_is_not_there_is_said_so(matching_task: Task) -> None:
    for options in ([], ["--task", "none"], ["--track", "none"], ["--part", "private"]):
        assert verified(*options, challenge="cup") == (2, "There is no such board.")


def test_a_challenge_that_is_not_there_is_said_so(db: None) -> None:
    assert verified(challenge="none") == (2, "There is no challenge none.")


def test_each_fact_of_a_row_is_compared(played: Played) -> None:
    changes: dict[str, tuple[Any, str]] = {
        "rank": (9, "Ben: the rank is 9, recomputed 2"),
        "score": (0.5, "Ben: the score is 0.5, recomputed 0.9"),
        "low": (0.001, "Ben: the lower end is 0.001"),
        "high": (0.001, "Ben: the upper end is 0.001"),
        "attempts": (7, "Ben: the attempts is 7, recomputed 1"),
        "submission_id": (None, "Ben: the submission is None"),
        "first_reached": (0, "Ben: the time of the score is 1970"),
    }
    document = BoardDocument.objects.get(revision__board__task__slug="pets")
    table = BoardTable.decode(bytes(document.data))
    ben = table.labels["name"].index("Ben")
    for name, (wrong, words) in changes.items():
        column = [*getattr(table, name)]
        column[ben] = wrong
        document.data = replace(table, **{name: column}).encode()
        document.save()
        status, printed = verified("--task", "pets")
        assert (status, words in printed) == (1, True), printed
    rows = present_rows(played.task, Part.PUBLIC)
    document.data = BoardTable.of([rows[-1], *rows[:-1]]).encode()
    document.save()
    assert "the place in the order is 1, recomputed 6" in verified("--task", "pets")[1]
    document.data = table.encode()
    document.save()
    assert verified("--task", "pets")[0] == 0


def test_the_history_is_compared_too(played: Played) -> None:
    of("Ben").update(score=0.5)
    status, printed = verified("--task", "pets")
    assert status == 1
    assert "its history: Ben: the score is 0.5, recomputed 0.9" in printed


def test_rows_too_many_and_too_few_are_named(played: Played) -> None:
    ben = played.submission_of["Ben"]
    of("Ann").delete()
    Submission.objects.filter(pk=ben.pk).update(withdrawn_at=ben.received_at)
    status, printed = verified()
    assert status == 1
    assert "Ann is missing from the board" in printed
    assert "Ben is on the board without a score that counts" in printed


def test_the_private_board_is_compared_with_the_private_scores(played: Played) -> None:
    end(played.task.challenge)
    score = Score.objects.get(
        evaluation__submission=played.submission_of["Ben"], part="private", metric="accuracy"
    )
    Score.objects.filter(pk=score.pk).update(value=0.25)
    status, printed = verified("--task", "pets", "--files")
    assert status == 1
    assert f"Ben: the score is {score.value}, recomputed 0.25" in printed
    assert f"the private accuracy is 0.25, scored again {score.value}" in printed
    assert "Pets, public: 6 rows, as recomputed" in printed
    status, printed = verified("--track", "classification")
    assert "the scores of the tasks is" in printed


def test_a_study_that_does_not_fit_its_board_is_found_in_the_bundle(played: Played) -> None:
    end(played.task.challenge)
    study_all()
    revision = played.task.boards.get(part=Part.PRIVATE).revisions.get()
    team = of("Ben", Part.PRIVATE).get().team_id
    revision.study["rows"][str(team)]["rank_high"] = 77
    revision.save()
    status, printed = verified("--task", "pets")
    assert status == 1
    assert "its bundle: " in printed
    assert "rank_high is 77" in printed


def test_a_file_with_other_bytes_is_found(played: Played) -> None:
    ben = played.submission_of["Ben"]
    path = files.local(files.private(), ben.file)
    path.write_bytes(compression.compress(sent_at(path).replace(b"cat", b"dog")))
    assert verified("--task", "pets")[0] == 0, "without --files no file is read"
    status, printed = verified("--task", "pets", "--files")
    assert status == 1
    assert f"not {ben.sha256} as stored" in printed
    path.write_bytes(b"damaged")
    assert "its file cannot be read" in verified("--files")[1]
    path.unlink()
    assert "its file is not at the stored path" in verified("--files")[1]


def test_a_stored_score_that_the_file_does_not_give_is_found(played: Played) -> None:
    ben = Score.objects.filter(
        evaluation__submission=played.submission_of["Ben"], part="public", metric="accuracy"
    )
    ben.update(value=0.999)
    rebuild(played.task)
    assert verified("--task", "pets")[0] == 0
    status, printed = verified("--task", "pets", "--files")
    assert status == 1
    assert "Ben, Pets, no. 1: the public accuracy is 0.999, scored again 0.9" in printed


def test_a_compressed_file_is_read_as_it_was_sent_and_a_deleted_one_is_noted(
    played: Played,
) -> None:
    assert played.submission_of["Ben"].file.endswith(compression.SUFFIX)
    originals.delete(played.submission_of["Cem"])
    status, printed = verified("--task", "pets", "--files")
    assert status == 0
    assert "note: Cem, Pets, no. 1 was not checked: The uploaded file was deleted" in printed


def test_the_solution_s_file_is_checked_against_its_hash(played: Played) -> None:
    Solution.objects.update(sha256="0" * 64)
    status, printed = verified("--task", "pets")
    assert status == 1
    assert f"not {'0' * 64} as stored" in printed
    files.private().delete(played.task.solution.file)
    assert "is missing" in verified("--task", "pets")[1]


def test_scores_by_another_scorer_are_noted(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    Evaluation.objects.filter(submission=played.submission_of["Ben"]).update(scorer_version="old")
    status, printed = verified("--task", "pets", "--files")
    assert status == 0
    assert "Ben, Pets, no. 1 is scored by scorer old" in printed
    assert "Ben, Pets, no. 1 was not scored again" in printed
    with_scorer(monkeypatch, "next")
    assert verified("--task", "pets", "--files")[1].count("was not scored again") == 6


def test_a_bundle_that_cannot_be_made_is_noted(played: Played) -> None:
    end(played.task.challenge)
    Evaluation.objects.filter(submission=played.submission_of["Ben"]).update(rows="")
    status, printed = verified("--task", "pets", "--part", "private")
    assert status == 0
    assert "its bundle was not checked" in printed


def test_a_draft_and_the_ladder_are_verified_too(played: Played) -> None:
    Task.objects.update(feedback=Feedback.LADDER)
    for task in (played.task, played.second):
        rebuild(task)
    ann = played.submission_of["Ann"]
    withdraw(submission=ann, by=ann.team.captain)
    assert verified()[0] == 0
    challenge = played.task.challenge
    challenge.announced_at = None
    challenge.opens_at = challenge.team_freeze_at.replace(second=0)
    challenge.team_freeze_at = challenge.closes_at
    challenge.save()
    assert verified()[0] == 0
