"""Boards as files: what is on the screen and nothing else, in every form, whatever names say."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.boards.export import formula_safe
from podium.catalog.models import Kind
from podium.challenges.models import Challenge, Task
from podium.standings.actions import rebuild
from podium.standings.models import Board, Revision, Standing
from podium.submissions.models import Evaluation, Part, Score
from podium.teams.actions import rename
from podium.teams.models import Team
from tests.site import factories
from tests.site.standings.conftest import Scored, scored
from tests.site.web.moments import frozen, over

__all__ = ["scored"]
ClientOf = Callable[[User | None], Client]
FORMS = ("csv", "json", "parquet")
HOSTILE = (
    '=HYPERLINK("http://x")', "+1", "-2+3", "@SUM(A1)", "\t=1", "  =1+1", "＝1",
    'Smith, "Bob" & Co', "two\nlines", "car\rriage", "\u202eelif.exe", "عربي", "a|b|c",
    "'quoted", "<b>bold</b>", "naïve, ünïcode 🦉", "null",
)  # fmt: skip


@pytest.fixture
def two(matching_task: Task, team: Team) -> list[Task]:
    """Two tasks of a track with scores of three teams and two baselines."""
    other = factories.make_task(matching_task.challenge, Kind.MATCHING, "other-task")
    people = {name: factories.make_user(name.lower()) for name in ("Beta", "Gamma")}
    entered = [
        (factories.make_team(matching_task.challenge, "Trivial", baseline="trivial"), 0.21, 0.32),
        (factories.make_team(matching_task.challenge, "AutoGluon", baseline="autogluon"), 0.6, 0.7),
        (team, 0.812345, 0.712345),
        (factories.make_team(matching_task.challenge, "Beta", people["Beta"]), 0.912345, None),
        (factories.make_team(matching_task.challenge, "Gamma", people["Gamma"]), 0.651234, 0.9),
    ]
    for minutes, (entrant, first, second) in enumerate(entered):
        at = timezone.now() - timedelta(minutes=60 - minutes)
        submission = factories.make_submission(
            entrant, matching_task, method="by hand", received_at=at
        )
        factories.make_evaluation(submission, public=first, private=0.123456 + minutes / 97)
        if second is not None:
            submission = factories.make_submission(entrant, other)
            factories.make_evaluation(submission, public=second, private=0.234567 + minutes / 89)
    rebuild(matching_task)
    rebuild(other)
    return [matching_task, other]


def file_of(client: Client, subject: Any, form: str, **query: str) -> Any:
    route, place = _route(subject)
    return client.get(
        reverse(f"{route}-file", args=[subject.challenge.slug, place, form], query=query)
    )


def bundle_of(client: Client, subject: Any, **query: str) -> Any:
    route, place = _route(subject)
    name = f"{route.removesuffix('-board')}-bundle"
    return client.get(reverse(name, args=[subject.challenge.slug, place], query=query))


def _route(subject: Any) -> tuple[str, str]:
    if isinstance(subject, Task):
        return "task-board", subject.slug
    return "track", subject.kind


def rows_of(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def study(subject: Any, part: str, team: Team, **found: Any) -> None:
    """Store a study of the board's current revision, with this of one team."""
    board = Board.objects.get(part=part, **{_of(subject): subject})
    Revision.objects.filter(board=board, number=board.revision).update(
        study={"rows": {str(team.pk): found}, "brackets": []}, studied_at=timezone.now()
    )


def _of(subject: Any) -> str:
    return "task" if isinstance(subject, Task) else "track"


class TestForms:
    def test_a_task_s_csv_has_its_columns_and_displayed_scores(
        self, two: list[Task], client: Client, team: Team
    ) -> None:
        study(
            two[0], Part.PUBLIC, team,
            rank_low=1, rank_high=3, separable=False, nfr=0.0312345, opis=0.01,
        )  # fmt: skip
        answer = file_of(client, two[0], "csv")
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"] == 'attachment; filename="cup-matching-task-board.csv"'
        rows = rows_of(answer.content)
        assert list(rows[0]) == [
            *("rank", "rank_low", "rank_high", "team", "baseline", "method", "score", "low"),
            *("high", "separable_from_above", "nfr", "opis", "attempts", "improved_at"),
        ]
        assert [(row["rank"], row["team"], row["score"], row["baseline"]) for row in rows] == [
            ("1", "Beta", "0.91", "false"),
            ("2", "Alpha", "0.81", "false"),
            ("3", "Gamma", "0.65", "false"),
            ("", "AutoGluon", "0.6", "true"),
            ("", "Trivial", "0.21", "true"),
        ]
        alpha = rows[1]
        assert (alpha["rank_low"], alpha["rank_high"]) == ("1", "3")
        assert (alpha["separable_from_above"], alpha["nfr"]) == ("false", "0.031")
        assert (alpha["low"], alpha["high"], alpha["method"]) == ("0.8", "0.82", "by hand")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", alpha["improved_at"])
        assert (rows[0]["separable_from_above"], rows[3]["attempts"]) == ("", "")

    def test_a_track_s_csv_has_each_task_and_tells_what_was_not_entered(
        self, two: list[Task], client: Client, team: Team
    ) -> None:
        study(two[0].track, Part.PUBLIC, team, mean_rank=2.123456, elo=1234.56, low=0.6, high=0.8)
        rows = rows_of(file_of(client, two[0].track, "csv").content)
        assert list(rows[0])[5:] == [
            *("score", "low", "high", "separable_from_above", "mean_rank"),
            *("elo", "elo_low", "elo_high"),
            *("score_matching-task", "skill_matching-task", "score_other-task"),
            *("skill_other-task", "attempts", "improved_at"),
        ]
        by_name = {row["team"]: row for row in rows}
        alpha, beta = by_name["Alpha"], by_name["Beta"]
        assert (alpha["mean_rank"], alpha["elo"], alpha["low"]) == ("2.12", "1235.0", "0.6")
        assert (alpha["score_matching-task"], alpha["score_other-task"]) == ("0.81", "0.71")
        assert re.fullmatch(r"0\.\d{1,3}", alpha["skill_other-task"])
        assert (beta["score_other-task"], beta["skill_other-task"]) == ("", "")

    def test_json_says_which_board_it_is_and_what_its_columns_mean(
        self, two: list[Task], client: Client
    ) -> None:
        document = json.loads(file_of(client, two[0], "json").content)
        assert document["rows"][0]["score"] == 0.91
        assert document["rows"][0]["improved_at"].endswith("Z")
        assert set(document["columns"]) == set(document["rows"][0])
        told = {name: document[name] for name in ("challenge", "task", "part", "step", "at")}
        assert told == {
            "challenge": "cup", "task": "matching-task", "part": "public", "step": 0.01, "at": None,
        }  # fmt: skip
        assert document["revision"] == Board.objects.get(task=two[0]).revision
        assert document["metric"]["name"] == "average_precision"
        track = json.loads(file_of(client, two[0].track, "json").content)
        assert (track["track"], track["metric"]["name"]) == ("matching", "mean_skill")

    def test_parquet_is_typed_and_names_its_board(self, two: list[Task], client: Client) -> None:
        answer = file_of(client, two[0], "parquet")
        assert answer["Content-Type"] == "application/vnd.apache.parquet"
        table = pq.read_table(io.BytesIO(answer.content))
        types = {field.name: str(field.type) for field in table.schema}
        assert types["rank"] == "int64"
        assert types["score"] == types["nfr"] == "double"
        assert (types["team"], types["baseline"]) == ("string", "bool")
        assert types["improved_at"] == "timestamp[us, tz=UTC]"
        assert table["team"].to_pylist()[0] == "Beta"
        assert json.loads(table.schema.metadata[b"podium"])["task"] == "matching-task"
        assert b"description" in table.schema.field("score").metadata

    def test_all_forms_say_the_same(self, two: list[Task], client: Client) -> None:
        for subject in (*two, two[0].track):
            text = rows_of(file_of(client, subject, "csv").content)
            told = json.loads(file_of(client, subject, "json").content)["rows"]
            table = pq.read_table(io.BytesIO(file_of(client, subject, "parquet").content))
            typed = table.to_pylist()
            assert [row["team"] for row in text] == [row["team"] for row in told]
            for column in set(told[0]) - {"improved_at"}:
                assert [row[column] for row in told] == [row[column] for row in typed], column
                if column not in {"team", "method", "baseline", "separable_from_above"}:
                    assert [float(r[column]) if r[column] else None for r in text] == [
                        row[column] for row in told
                    ]

    @pytest.mark.parametrize("form", ["xlsx", "CSV", "csv.gz", "exe", "html", "csv "])
    def test_there_is_no_other_form(self, two: list[Task], client: Client, form: str) -> None:
        for subject in (two[0], two[0].track):
            answer = file_of(client, subject, form)
            assert answer.status_code == 404
            assert answer.content == b"Boards come as board.csv, board.json and board.parquet.\n"

    def test_more_teams_cost_no_more_queries(
        self, two: list[Task], client: Client, scored: Scored
    ) -> None:
        def queries(subject: Any) -> list[int]:
            counts = []
            for get in (
                lambda: file_of(client, subject, "csv"),
                lambda: bundle_of(client, subject),
            ):
                with CaptureQueriesContext(connection) as seen:
                    assert get().status_code == 200
                counts.append(len(seen))
            return counts

        before = [queries(subject) for subject in (two[0], two[0].track)]
        for place in range(20):
            person = factories.make_user(f"p{place}")
            scored(factories.make_team(two[0].challenge, f"T{place}", person), two[0], 0.5)
        assert [queries(subject) for subject in (two[0], two[0].track)] == before
        assert max(max(each) for each in before) <= 12

    def test_an_empty_board_has_its_columns_and_no_rows(
        self, matching_task: Task, client: Client
    ) -> None:
        for subject in (matching_task, matching_task.track):
            assert file_of(client, subject, "csv").content.count(b"\r\n") == 1
            assert json.loads(file_of(client, subject, "json").content)["rows"] == []
            table = pq.read_table(io.BytesIO(file_of(client, subject, "parquet").content))
            assert table.num_rows == 0
            assert bundle_of(client, subject).status_code == 404


class TestNames:
    def test_every_name_comes_back_and_none_is_a_formula(
        self, matching_task: Task, scored: Scored, client: Client
    ) -> None:
        for place, name in enumerate(HOSTILE):
            person = factories.make_user(f"p{place}")
            entered = Team.objects.create(
                challenge=matching_task.challenge, name=name, slug=f"t{place}", captain=person
            )
            scored(entered, matching_task, 0.99 - place / 50, method=name)
        body = file_of(client, matching_task, "csv").content
        assert body.decode().count("\r\n") == len(HOSTILE) + 1
        rows = rows_of(body)
        for row, name in zip(rows, HOSTILE, strict=True):
            for cell in (row["team"], row["method"]):
                assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))
                assert (cell[1:] if cell.startswith("'") else cell) == name
        for form in ("json", "parquet"):
            content = file_of(client, matching_task, form).content
            read: Any = (
                json.loads(content)["rows"]
                if form == "json"
                else pq.read_table(io.BytesIO(content)).to_pylist()
            )
            assert [row["team"] for row in read] == list(HOSTILE)

    @pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "'x", " =1"])
    def test_what_may_be_a_formula_gets_an_apostrophe(self, text: str) -> None:
        assert formula_safe(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["", "Alpha", "a=b", "1-2", "x@y", "Ünder"])
    def test_other_texts_stay_as_they_are(self, text: str) -> None:
        assert formula_safe(text) == text

    def test_negative_numbers_are_numbers(
        self, matching_task: Task, team: Team, scored: Scored, client: Client
    ) -> None:
        trivial = factories.make_team(matching_task.challenge, "Trivial", baseline="trivial")
        scored(trivial, matching_task, 0.5)
        scored(team, matching_task, 0.25)
        rows = rows_of(file_of(client, matching_task.track, "csv").content)
        assert [float(row["score"]) for row in rows if row["team"] == "Alpha"] == [-0.5]


class TestState:
    def test_rows_are_filtered_and_sorted_as_on_the_page(
        self, two: list[Task], client: Client
    ) -> None:
        def names(**query: str) -> list[str]:
            return [row["team"] for row in rows_of(file_of(client, two[0], "csv", **query).content)]

        assert names(q="ALPH") == ["Alpha"]
        assert names(sort="team") == ["Alpha", "AutoGluon", "Beta", "Gamma", "Trivial"]
        assert names(sort="-team")[0] == "Trivial"
        assert names(q="nobody") == []

    def test_all_pages_of_a_long_board_are_in_it(
        self, matching_task: Task, scored: Scored, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("podium.web.board.paging.PAGE_ROWS", 2)
        for place in range(5):
            person = factories.make_user(f"p{place}")
            entered = factories.make_team(matching_task.challenge, f"T{place}", person)
            scored(entered, matching_task, 0.9 - place / 10)
        for query in ({}, {"page": "2"}):
            rows = rows_of(file_of(client, matching_task, "csv", **query).content)
            assert [row["team"] for row in rows] == ["T0", "T1", "T2", "T3", "T4"]

    def test_a_past_board_is_what_was_shown_then(
        self, matching_task: Task, team: Team, scored: Scored, client: Client
    ) -> None:
        scored(team, matching_task, 0.6)
        past = timezone.now() - timedelta(days=2)
        Standing.objects.update(valid_from=past)
        Revision.objects.update(at=past)
        scored(team, matching_task, 0.9)
        then = (past + timedelta(days=1)).isoformat()
        document = json.loads(file_of(client, matching_task, "json", at=then).content)
        assert document["rows"][0]["score"] == 0.6
        assert document["at"].endswith("Z")
        before = (past - timedelta(days=1)).isoformat()
        assert json.loads(file_of(client, matching_task, "json", at=before).content)["rows"] == []

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ({"at": "yesterday"}, "is not a time"),
            ({"sort": "private"}, "no column"),
            ({"part": "private"}, "before the reveal"),
            ({"part": "hidden"}, "public or private"),
            ({"page": "-1"}, "no page"),
        ],
    )
    def test_a_state_that_cannot_be_followed_is_refused_in_words(
        self, two: list[Task], client: Client, query: dict[str, str], words: str
    ) -> None:
        for form in FORMS:
            answer = file_of(client, two[0], form, **query)
            assert answer.status_code == 400
            assert answer["Content-Type"].startswith("text/plain")
            assert words in answer.content.decode()

    def test_the_tag_follows_the_revision_and_the_names(
        self, two: list[Task], team: Team, client: Client, scored: Scored
    ) -> None:
        first = file_of(client, two[0], "csv")
        tag = first["ETag"]
        assert tag.startswith(f'"{Board.objects.get(task=two[0]).revision}-')
        url = first.request["PATH_INFO"]
        same = client.get(url, headers={"If-None-Match": tag})
        assert (same.status_code, same.content, same["ETag"]) == (304, b"", tag)
        rename(team=team, name="Renamed", by=team.captain)
        renamed = client.get(url, headers={"If-None-Match": tag})
        assert renamed.status_code == 200
        scored(team, two[0], 0.99)
        assert client.get(url)["ETag"] != renamed["ETag"]
        assert first["Cache-Control"] == "private, no-cache"

    def test_during_the_freeze_others_stand_still_and_one_s_own_is_live(
        self, two: list[Task], team: Team, scored: Scored, as_user: ClientOf, bob: User
    ) -> None:
        frozen(two[0].challenge)
        scored(team, two[0], 0.97)

        def alpha(viewer: User | None) -> str:
            rows = rows_of(file_of(as_user(viewer), two[0], "csv").content)
            return next(row["score"] for row in rows if row["team"] == "Alpha")

        assert (alpha(None), alpha(bob)) == ("0.81", "0.97")
        body = b"".join(bundle_of(as_user(bob), two[0]).streaming_content)
        scores = {e["key"][9:]: e["score"] for e in _document(body)["entries"]}
        assert scores["alpha"] == 0.81


def _document(body: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        document: dict[str, Any] = json.loads(file.read("board.json"))
    return document


class TestReveal:
    def test_no_raw_number_is_in_any_file_before_the_reveal(
        self, two: list[Task], as_user: ClientOf, bob: User, olga: User
    ) -> None:
        raw = {
            repr(value)
            for row in Score.objects.values_list("value", "low", "high")
            for value in row
            if value is not None and round(value, 2) != value
        }
        assert len(raw) > 20
        for viewer in (None, bob, olga):
            client = as_user(viewer)
            for subject in (*two, two[0].track):
                for form in FORMS:
                    text = _texts(file_of(client, subject, form).content, form)
                    assert not [number for number in raw if number in text]
                body = b"".join(bundle_of(client, subject).streaming_content)
                text = json.dumps(_document(body))
                assert not [number for number in raw if number in text]

    def test_after_it_the_private_board_and_the_public_one_that_is_kept(
        self, two: list[Task], client: Client
    ) -> None:
        public = file_of(client, two[0], "csv").content
        over(two[0].challenge)
        document = json.loads(file_of(client, two[0], "json").content)
        assert (document["part"], document["step"]) == ("private", None)
        assert document["rows"][0]["score"] == round(0.123456 + 4 / 97, 5)
        assert "rise" in document["columns"]
        assert file_of(client, two[0], "csv", part="public").content == public

    def test_bundles_say_what_they_need(self, two: list[Task], client: Client) -> None:
        assert bundle_of(client, two[0], part="private").status_code == 400
        assert bundle_of(client, two[0], part="hidden").status_code == 400
        over(two[0].challenge)
        answer = bundle_of(client, two[0])  # of a solution that was never stored
        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert b"inform the organizers" in answer.content
        Evaluation.objects.update(rows="")
        assert b"Try again later" in bundle_of(client, two[0]).content
        answer = bundle_of(client, two[0], part="public")
        assert answer["Content-Type"] == "application/zip"
        assert _document(b"".join(answer.streaming_content))["part"] == "public"

    def test_a_bundle_that_has_not_changed_is_not_sent_again(
        self, two: list[Task], client: Client
    ) -> None:
        first = bundle_of(client, two[0])
        assert b"".join(first.streaming_content)
        url = first.request["PATH_INFO"]
        assert client.get(url, headers={"If-None-Match": first["ETag"]}).status_code == 304


def _texts(body: bytes, form: str) -> str:
    """Return all that a file contains, as text."""
    if form == "parquet":
        table = pq.read_table(io.BytesIO(body))
        return f"{table.to_pylist()} {table.schema.metadata}"
    return body.decode()


@pytest.mark.parametrize("who", ["anonymous", "alice", "sam"])
def test_the_files_of_a_draft_are_hidden(
    two: list[Task], request: pytest.FixtureRequest, as_user: ClientOf, olga: User, who: str
) -> None:
    Challenge.objects.update(announced_at=None, opens_at=timezone.now() + timedelta(days=1))
    client = as_user(None if who == "anonymous" else request.getfixturevalue(who))
    for subject in (two[0], two[0].track):
        assert file_of(client, subject, "csv").status_code == 404
        assert bundle_of(client, subject).status_code == 404
    assert file_of(as_user(olga), two[0], "csv").status_code == 200
