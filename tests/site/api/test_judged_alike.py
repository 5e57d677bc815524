"""Client, `python -m scoring check` and the site accept the same files, for the same reasons."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from django.core.files.base import ContentFile

from podium import files
from podium.accounts.models import User
from podium.challenges.models import Task
from podium.submissions.jobs import validations
from podium.submissions.models import Validation
from podium.teams.actions import accept_rules
from podium_client.errors import FileError, refusal
from podium_client.files import check
from scoring.__main__ import main
from scoring.runner import Scorer
from tests.site.api.callers import Caller
from tests.site.api.conftest import As
from tests.site.pets import truth

Verdict = list[str]
"""The codes of what is wrong with a file; none of one that is accepted."""

LINES = Callable[[list[str]], bytes]
CONTENTS: dict[str, LINES] = {
    "lines": lambda rows: "\n".join(rows).encode(),
    "lines of CR": lambda rows: "\r".join(rows).encode(),
    "lines of CR with an end": lambda rows: "\r".join([*rows, ""]).encode(),
    "lines of CRLF": lambda rows: "\r\n".join([*rows, ""]).encode(),
    "mixed lines": lambda rows: ("\r".join(rows[:3]) + "\n" + "\r\n".join(rows[3:])).encode(),
    "gzip": lambda rows: gzip.compress("\n".join(rows).encode()),
    "gzip of CR": lambda rows: gzip.compress("\r".join(rows).encode()),
    "zstd": lambda rows: pa.compress("\n".join(rows).encode(), "zstd", asbytes=True),
    "Parquet": lambda rows: parquet(rows),
    "tabs": lambda rows: "\n".join(rows).replace(",", "\t").encode(),
    "nothing": lambda rows: b"",
    "header": lambda rows: rows[0].encode(),
    "header and CR": lambda rows: rows[0].encode() + b"\r",
    "CR, a short row": lambda rows: "\r".join([*rows[:2], "p"]).encode(),
    "CR, no UTF-8": lambda rows: "\r".join(rows[:3]).encode() + b"\r\xff,cat",
    "damaged gzip": lambda rows: gzip.compress("\n".join(rows).encode())[:-9],
}
MISSING = ["missing_id", "wrong_row_count"]
COLUMNS = ["missing_column"]
OTHER = ["not_a_table"]
TABLE: list[tuple[str, str, Verdict]] = [
    ("mine.csv", "lines", []),
    ("MINE.CSV", "lines", []),
    ("mine.Csv", "lines of CR", []),
    ("mine.csv", "lines of CR with an end", []),
    ("mine.csv", "lines of CRLF", []),
    ("mine.csv", "mixed lines", []),
    ("mine.csv.gz", "gzip", []),
    ("mine.csv.GZ", "gzip", []),
    ("mine.csv.GZ", "gzip of CR", []),
    ("mine.csv.Zst", "zstd", []),
    ("mine.parquet", "Parquet", []),
    ("MINE.PARQUET", "Parquet", []),
    ("mine.csv.csv", "lines", []),
    ("mine.txt", "lines", OTHER),
    ("mine.tsv", "lines", OTHER),
    ("mine.tsv", "tabs", OTHER),
    ("mine.data", "lines", OTHER),
    ("mine", "lines", OTHER),
    ("csv", "lines", OTHER),
    ("mine.gz", "gzip", OTHER),
    ("mine.csv.zip", "lines", OTHER),
    ("mine.pq", "Parquet", OTHER),
    ("mine.csv", "Parquet", OTHER),
    ("mine.csv", "gzip", OTHER),
    ("mine.csv.gz", "lines", OTHER),
    ("mine.csv.gz", "zstd", OTHER),
    ("mine.csv.zst", "lines", OTHER),
    ("mine.parquet", "lines", OTHER),
    ("mine.txt", "nothing", OTHER),
    ("mine.csv", "nothing", ["empty_file"]),
    ("mine.parquet", "nothing", ["empty_file"]),
    ("mine.csv", "tabs", COLUMNS),
    ("mine.csv", "header", ["empty_file"]),
    ("mine.csv", "header and CR", ["empty_file"]),
    ("mine.csv", "CR, a short row", ["missing_id", "ragged_row", "wrong_row_count"]),
    ("mine.csv", "CR, no UTF-8", ["not_utf8"]),
    ("mine.csv.gz", "damaged gzip", ["unreadable_compression"]),
]


def parquet(rows: list[str]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pacsv.read_csv(io.BytesIO("\n".join(rows).encode())), buffer)
    return buffer.getvalue()


class Judges:
    """Each method returns the codes with which one of the three refuses a file."""

    def __init__(self, task: Task, caller: Caller, scorer: Scorer) -> None:
        self.task = task
        self.caller = caller
        self.scorer = scorer
        self.path = f"challenges/{task.challenge.slug}/tasks/{task.slug}"

    def site(self, file: Path) -> Verdict:
        return self._sent(file, lambda answer: str(answer.json()["code"]))

    def client(self, file: Path) -> Verdict:
        try:
            check(file, self.caller.get(self.path).json())
        except FileError as error:
            return [error.code]
        return self._sent(file, lambda answer: refusal(answer.status_code, answer.json()).code)

    def shell(self, file: Path, capsys: pytest.CaptureFixture[str]) -> Verdict:
        folder = files.local(files.public(), self.task.dataset_version.folder)
        main(["check", str(file), "--data", str(folder), "--json"])
        answer = json.loads(capsys.readouterr().out)
        assert answer["outcome"] in ("Checked", "Rejected"), answer
        return sorted(problem["code"] for problem in answer.get("problems", []))

    def _sent(self, file: Path, refused: Callable[[Any], str]) -> Verdict:
        form = {"file": ContentFile(file.read_bytes(), file.name)}
        answer = self.caller.send(f"{self.path}/validations", form)
        if answer.status_code != 202:
            return [refused(answer)]
        row = Validation.claim(answer.json()["id"])
        assert row is not None
        validations.check(row, self.scorer)
        row.refresh_from_db()
        return sorted(problem["code"] for problem in row.problems)


@pytest.fixture
def judges(
    pets: Task, alice: User, calls: As, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> Judges:
    monkeypatch.setattr(validations, "PER_HOUR", 1000)
    accept_rules(challenge=pets.challenge, by=alice)
    return Judges(pets, calls(alice), scorer)


def test_a_file_is_judged_alike_everywhere(
    judges: Judges, pets: Task, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["id,prediction", *(f"{row['id']},{row['label']}" for row in truth(pets))]
    for name, content, expected in TABLE:
        file = tmp_path / name
        file.write_bytes(CONTENTS[content](rows))
        found = {
            "site": judges.site(file),
            "client": judges.client(file),
            "shell": judges.shell(file, capsys),
        }
        assert found == dict.fromkeys(found, expected), (name, content)
