"""Bundles: anyone can make the board again from one; before the reveal it has displayed scores."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks

from leaderboard.__main__ import main
from leaderboard.bundle import pack
from podium import files
from podium.accounts.models import User
from podium.analysis import bundles, studies, tasks
from podium.analysis.bundles import ANYBODY, NoBoard, NotYet, bundle
from podium.challenges.models import Aggregate, Role, Task, Track
from podium.standings.actions import rebuild
from podium.standings.models import Revision
from podium.standings.rescore_boards import publish
from podium.standings.visible import visible_board
from podium.submissions.actions import withdraw
from podium.submissions.jobs.rescoring import start
from podium.submissions.models import Evaluation, Part, Score, Submission
from podium.teams.actions import disqualify
from scoring.runner import Scorer
from tests.site import factories
from tests.site.factories import reveal
from tests.site.standings.conftest import Scored
from tests.site.standings.played import Played, end, kept_played, played, study_all
from tests.site.submissions.conftest import sent
from tests.site.submissions.rescores import Batches, drain, other_public_labels

__all__ = ["kept_played", "played", "sent"]


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "REST_SECONDS", 0.0)
    monkeypatch.setattr(studies, "REST_TIMES", 0.0)
    monkeypatch.setattr("podium.celery.app.send_task", lambda *_, **__: None)


@pytest.fixture
def olga(played: Played) -> User:
    user = factories.make_user("olga")
    factories.make_organizer(played.task.challenge, user, Role.OWNER)
    return user


def given(subject: Task | Track, part: str | None = None) -> bytes:
    found = bundle(subject, part)
    with found.file as file:
        return file.read()


def document_of(data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        document: dict[str, Any] = json.loads(file.read("board.json"))
    return document


def arrays_of(data: bytes) -> dict[str, dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {
            name: dict(np.load(io.BytesIO(file.read(name))))
            for name in file.namelist()
            if name != "board.json"
        }


def recomputed(data: bytes, folder: Path) -> int:
    path = folder / "bundle.zip"
    path.write_bytes(data)
    return main(["recompute", str(path)])


class TestBeforeTheReveal:
    def test_every_board_is_recomputed_from_its_bundle(
        self, played: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for studied in (False, True):
            if studied:
                study_all()
            for subject in played.subjects:
                data = given(subject, Part.PRIVATE)  # that shows nothing yet
                assert recomputed(data, tmp_path) == 0, capsys.readouterr().out
                assert document_of(data)["part"] == "public"
                assert "Not recomputed" not in capsys.readouterr().out

    def test_it_has_displayed_scores_and_nothing_of_the_rows(self, played: Played) -> None:
        assert "mean_rank" not in document_of(given(played.track))["rows"][0]
        study_all()
        assert {"mean_rank", "elo"} <= set(document_of(given(played.track))["rows"][0])
        for subject in played.subjects:
            data = given(subject)
            document = document_of(data)
            assert list(zipfile.ZipFile(io.BytesIO(data)).namelist()) == ["board.json"]
            assert "brackets" not in document
            assert not [row for row in document["rows"] if "rank_low" in row]
            assert not [row for row in document["rows"] if "separable_from_above" in row]
        track = played.track.boards.get(part=Part.PUBLIC).revisions.order_by("number").last()
        assert track
        assert track.study["rows"]
        assert "brackets" not in track.study
        assert not [row for row in track.study["rows"].values() if "separable" in row]
        shown = {
            number
            for subject in (played.task, played.second)
            for entry in document_of(given(subject))["entries"]
            for number in [entry["score"]]
        }
        raw = [
            value
            for row in Score.objects.values_list("value", "low", "high", "standard_error")
            for value in row
            if value is not None and value not in shown and value not in {0.0, 0.5, 1.0}
        ]
        assert len(raw) > 50
        for subject in played.subjects:
            text = json.dumps(document_of(given(subject)))
            assert not [value for value in raw if repr(value) in text]
            assert played.task.solution.sha256 not in text

    def test_equal_boards_give_equal_bytes_and_one_tag(self, played: Played) -> None:
        first, second = bundle(played.task), bundle(played.task)
        assert first.tag == second.tag
        assert first.file.read() == second.file.read()
        ann = played.submission_of["Ann"]
        ann.team.name = '=HYPERLINK("x")'
        ann.team.save()
        assert bundle(played.task).tag == first.tag, "names change without a revision"
        withdraw(submission=ann, by=ann.team.captain)
        assert bundle(played.task).tag != first.tag

    def test_ties_to_the_microsecond_keep_their_order(
        self, matching_task: Task, scored: Scored, tmp_path: Path
    ) -> None:
        now = timezone.now()
        for name in ("Zoe", "Alf", "Mia"):
            team = factories.make_team(
                matching_task.challenge, name, factories.make_user(name.lower())
            )
            scored(team, matching_task, 0.7)
        Submission.objects.update(received_at=now)
        rebuild(matching_task)
        assert recomputed(given(matching_task), tmp_path) == 0

    def test_rows_of_a_later_revision_are_not_taken_for_those_asked_for(
        self, played: Played, olga: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def late(*asked: Any, **more: Any) -> Any:
            board = visible_board(*asked, **more)
            disqualify(team=played.submission_of["Cem"].team, reason="Two accounts.", by=olga)
            return board

        monkeypatch.setattr(bundles, "visible_board", late)
        with pytest.raises(NotYet, match="just changed"):
            bundle(played.task)

    def test_a_board_that_is_not_there_is_said_so(self, matching_task: Task) -> None:
        for subject in (matching_task, matching_task.track):
            with pytest.raises(NoBoard, match="nothing has been scored"):
                bundle(subject)

    def test_a_draft_gives_none(self, matching_task: Task, scored: Scored) -> None:
        team = factories.make_team(matching_task.challenge, "Alf", factories.make_user("alf"))
        scored(team, matching_task, 0.7)
        challenge = matching_task.challenge
        challenge.announced_at = None
        challenge.opens_at = challenge.team_freeze_at - (challenge.closes_at - timezone.now()) / 9
        challenge.save()
        with pytest.raises(NoBoard):
            bundle(matching_task)


class TestAfterTheReveal:
    @pytest.fixture
    def over(self, played: Played) -> Played:
        end(played.task.challenge)
        return played

    def test_every_board_is_recomputed_from_its_bundle(
        self, over: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for studied in (False, True):
            if studied:
                study_all()
            for subject in over.subjects:
                for part in (None, Part.PUBLIC, Part.PRIVATE):
                    data = given(subject, part)
                    assert recomputed(data, tmp_path) == 0, capsys.readouterr().out
                    assert "Not recomputed" not in capsys.readouterr().out
                    assert document_of(data)["part"] == (part or "private")

    def test_intervals_brackets_hashes_and_the_private_rows_are_in_it(self, over: Played) -> None:
        study_all()
        document = document_of(given(over.task))
        assert document["solution_version"] == over.task.solution.sha256
        assert document["brackets"]
        ranked = [row for row in document["rows"] if row["rank"]]
        assert all(row["rank_low"] <= row["rank"] <= row["rank_high"] for row in ranked)
        ben = next(entry for entry in document["entries"] if entry["key"].endswith("-ben"))
        assert ben["sha256"] == over.submission_of["Ben"].sha256
        row = document_of(given(over.track))["rows"][0]
        assert {"low", "high", "rank_low", "rank_high", "elo", "mean_rank"} <= set(row)
        track = document_of(given(over.track))
        of_teams = [row for row in track["rows"] if row["rank"]]
        assert all("separable_from_above" in row for row in of_teams[1:])
        keys = [row["key"] for row in of_teams]
        assert all(keys.index(first) < keys.index(last) for first, last in track["brackets"])

        arrays = arrays_of(given(over.task))["rows.npz"]
        n = over.task.solution.private_rows
        assert arrays["hit"].shape == arrays["influence"].shape == (4, n)
        assert arrays["groups"].tolist() == list(range(n))
        assert len(arrays_of(given(over.track))["pets-2.npz"]["hit"]) == 5

    def test_groups_lose_their_names_and_keep_what_belongs_together(
        self, over: Played, tmp_path: Path
    ) -> None:
        path = files.local(files.private(), over.task.solution.file)
        table = pq.read_table(path)
        names = pa.array([f"secret {90 - n // 3}" for n in range(table.num_rows)])
        place = table.schema.get_field_index("group")
        pq.write_table(table.set_column(place, "group", names), path)
        study_all()
        data = given(over.task)
        groups = arrays_of(data)["rows.npz"]["groups"].tolist()
        kept = [n // 3 for n, usage in enumerate(table["usage"].to_pylist()) if usage == "private"]
        assert groups == [sorted(set(kept)).index(each) for each in kept]
        assert recomputed(data, tmp_path) == 0

    def test_a_mean_of_scores_is_recomputed_too(
        self, over: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Track.objects.update(aggregate=Aggregate.MEAN_SCORE)
        rebuild(over.task)
        study_all()
        for part in Part.values:
            data = given(over.track, part)
            assert recomputed(data, tmp_path) == 0, capsys.readouterr().out
        assert "low" in document_of(given(over.track))["rows"][0]

    def test_a_task_that_nobody_entered_counts_in_a_mean_of_scores(
        self, over: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Track.objects.update(aggregate=Aggregate.MEAN_SCORE)
        rebuild(over.task)
        before = visible_board(ANYBODY, over.track).rows[0].score
        added = over.second
        added.pk, added.slug, added.title, added.position = None, "pets-3", "No pets", 2
        added.save()
        assert reveal(over.track.challenge)
        rebuild(over.task)
        study_all()
        assert visible_board(ANYBODY, over.track).rows[0].score == pytest.approx(before * 2 / 3)
        for part in Part.values:
            data = given(over.track, part)
            assert recomputed(data, tmp_path) == 0, capsys.readouterr().out
        document = document_of(given(over.track))
        assert "low" in document["rows"][0]
        assert document["tasks"][2]["evidence"]["entries"] == []

    def test_what_is_tampered_with_is_found(self, over: Played, tmp_path: Path) -> None:
        study_all()
        for subject in over.subjects:
            data = given(subject)
            document, arrays = document_of(data), arrays_of(data)
            best = next(row for row in document["rows"] if row["rank"] == 1)
            best["rank_high"] = 99
            assert recomputed(pack(document, arrays), tmp_path) == 1

    def test_a_score_or_a_row_that_was_changed_is_found(self, over: Played, tmp_path: Path) -> None:
        data = given(over.task)
        document, arrays = document_of(data), arrays_of(data)
        arrays["rows.npz"]["hit"][0, 0] ^= 1
        assert recomputed(pack(document, arrays), tmp_path) == 1
        document["entries"][-1]["score"] = 0.999
        assert recomputed(pack(document, arrays_of(data)), tmp_path) == 1

    def test_it_is_made_once_for_a_revision(
        self, over: Played, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        study_all()
        first = given(over.task)
        monkeypatch.setattr(bundles, "pack", None)
        assert given(over.task) == first

    @pytest.mark.parametrize("kept", [0, 10, -1])
    def test_one_that_was_not_wholly_written_is_made_anew(self, over: Played, kept: int) -> None:
        first = given(over.task)
        board = over.task.boards.get(part=Part.PRIVATE)
        (name,) = files.private().listdir(f"bundles/{board.pk}")[1]
        stored = Path(files.private().path(f"bundles/{board.pk}/{name}"))
        stored.write_bytes(first[:kept])
        assert given(over.task) == first
        assert stored.read_bytes() == first
        assert files.private().listdir(f"bundles/{board.pk}")[1] == [name]

    def test_the_tie_break_orders_a_shared_rank(self, played: Played, tmp_path: Path) -> None:
        private = Score.objects.filter(part=Part.PRIVATE)
        for name, brier in (("Ann", 0.4), ("Ben", 0.2)):  # the one who came later is better
            scores = private.filter(evaluation__submission=played.submission_of[name])
            scores.filter(metric="accuracy").update(value=0.99)
            assert scores.filter(metric="brier").update(value=brier, reason="") == 1
        Evaluation.objects.update(rows="")  # which would tell another accuracy
        Submission.objects.update(file="")
        end(played.task.challenge)
        data = given(played.task)
        first, second = document_of(data)["rows"][:2]
        assert (first["rank"], second["rank"]) == (1, 1)
        assert (first["key"][9:], second["key"][9:]) == ("ben", "ann")
        assert recomputed(data, tmp_path) == 0

    def test_a_large_one_is_made_by_a_worker(
        self,
        over: Played,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        sent: list[int] = []
        on_commit = django_capture_on_commit_callbacks
        monkeypatch.setattr(bundles, "MOST_CELLS", 10)
        monkeypatch.setattr(
            "podium.celery.app.send_task", lambda _, args, **__: sent.append(args[0])
        )
        for subject in over.subjects:
            with on_commit(execute=True), pytest.raises(NotYet, match="in a minute"):
                bundle(subject)
            tasks.bundle(sent[-1])
            assert recomputed(given(subject), tmp_path) == 0
        assert len(set(sent)) == 3

    def test_while_nobody_takes_messages_a_large_one_is_still_asked_for_again_later(
        self,
        over: Played,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        on_commit = django_capture_on_commit_callbacks

        def away(*_: object, **__: object) -> None:
            raise OperationalError("Redis is away")

        monkeypatch.setattr(bundles, "MOST_CELLS", 10)
        monkeypatch.setattr("podium.celery.app.send_task", away)
        with on_commit(execute=True), pytest.raises(NotYet, match="in a minute"):
            bundle(over.task)

    def test_a_worker_that_cannot_make_it_says_so_in_its_log(
        self, over: Played, caplog: pytest.LogCaptureFixture
    ) -> None:
        Evaluation.objects.update(rows="")
        tasks.bundle(over.task.boards.get(part=Part.PRIVATE).pk)
        assert "no bundle" in caplog.text
        assert "Try again later" in caplog.text

    def test_a_new_revision_or_study_makes_a_new_one_and_the_old_is_deleted(
        self, over: Played, olga: User
    ) -> None:
        first = bundle(over.task).tag
        study_all()
        studied = bundle(over.task).tag
        assert studied != first
        disqualify(team=over.submission_of["Cem"].team, reason="Two accounts.", by=olga)
        assert bundle(over.task).tag != studied
        board = over.task.boards.get(part=Part.PRIVATE)
        assert len(files.private().listdir(f"bundles/{board.pk}")[1]) == 1

    def test_rows_that_are_missing_are_said_to_come_later(
        self, over: Played, tmp_path: Path, scorer: Scorer
    ) -> None:
        evaluation = Evaluation.objects.counting(over.task).get(
            submission=over.submission_of["Ben"]
        )
        files.private().delete(evaluation.rows)
        for subject in (over.task, over.track):
            with pytest.raises(NotYet, match="Try again later"):
                bundle(subject)
        assert recomputed(given(over.second), tmp_path) == 0

    def test_rows_that_can_never_be_made_again_leave_the_scores(
        self, over: Played, tmp_path: Path
    ) -> None:
        study_all()
        Evaluation.objects.filter(submission=over.submission_of["Ben"]).update(rows="")
        Submission.objects.filter(pk=over.submission_of["Ben"].pk).update(file="")
        for subject in (over.task, over.track):
            data = given(subject)
            assert recomputed(data, tmp_path) == 0
            assert "retention rule" in document_of(data)["no_evidence"]
            assert not arrays_of(data)

    def test_a_study_that_was_made_without_some_rows_is_left_out(
        self, over: Played, tmp_path: Path
    ) -> None:
        ben = Evaluation.objects.filter(submission=over.submission_of["Ben"])
        name = ben.get().rows
        ben.update(rows="")
        Revision.objects.update(at=timezone.now() - 2 * studies.PATIENCE)
        study_all()
        ben.update(rows=name)
        for subject in (over.task, over.track):
            data = given(subject)
            assert "rank_low" not in document_of(data)["rows"][0]
            assert recomputed(data, tmp_path) == 0

    def test_a_track_studied_before_tracks_were_tested_keeps_its_intervals(
        self, over: Played, tmp_path: Path
    ) -> None:
        study_all()
        revision = over.track.boards.get(part=Part.PRIVATE).revisions.order_by("number").last()
        assert revision
        del revision.study["brackets"]
        for row in revision.study["rows"].values():
            row.pop("separable", None)
        revision.save(update_fields=["study"])
        data = given(over.track)
        document = document_of(data)
        assert "brackets" not in document
        assert {"low", "high", "rank_low"} <= set(document["rows"][0])
        assert not [row for row in document["rows"] if "separable_from_above" in row]
        assert recomputed(data, tmp_path) == 0

    def test_a_board_that_changes_meanwhile_is_asked_for_again(
        self, over: Played, olga: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = bundles.pack

        def slow(*given: Any) -> bytes:
            disqualify(team=over.submission_of["Cem"].team, reason="Two accounts.", by=olga)
            return made(*given)

        monkeypatch.setattr(bundles, "pack", slow)
        with pytest.raises(NotYet, match="just changed"):
            bundle(over.task)

    def test_after_a_rescore_it_is_recomputed_too(
        self, over: Played, sent: Batches, scorer: Scorer, tmp_path: Path
    ) -> None:
        rescore = start(task=over.task, solution=other_public_labels(over.task, tmp_path, 4))
        publish(rescore=drain(rescore, sent, scorer))
        with pytest.raises(NotYet):
            bundle(over.task)  # the new rows are made when somebody asks for them
        assert recomputed(given(over.task, Part.PUBLIC), tmp_path) == 0
