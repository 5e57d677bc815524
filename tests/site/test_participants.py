"""What docs/participants.md says is what the site does: files, code, labels, states and limits."""

import re
from datetime import timedelta
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pytest
from django.conf import settings

from leaderboard.final import MOST_SELECTED
from podium.challenges.models import UPLOAD_GRACE, Task
from podium.discussions.actions import QUESTIONS_PER_DAY
from podium.discussions.models import EDITABLE
from podium.notices.actions import DEFAULTS
from podium.notices.models import How, Kind
from podium.notices.telling import DAY, DEADLINES, QUIET, SELECTIONS
from podium.pages.finalists import LAST_RANK
from podium.submissions import partial, validations
from podium.submissions.models import State
from podium.teams.models import INVITATION_LIFE
from podium.writeups.attachments import MOST_BYTES
from podium.writeups.words import MOST_LINKS
from scoring import TaskSpec
from scoring.alignment import IdIndex
from scoring.checking import check
from scoring.result import Checked

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "participants.md").read_text(encoding="utf-8")
PAGES = "\n".join(
    path.read_text(encoding="utf-8")
    for path in chain(
        (ROOT / "platform" / "podium" / "templates").rglob("*.html"),
        (ROOT / "platform" / "podium").rglob("*.py"),
        (ROOT / "platform" / "podium" / "static" / "podium").glob("*.js"),
    )
)
PETS = TaskSpec("classification", ("cat", "dog"))
PAIRS = TaskSpec("matching", ("0", "1"))
FILES = re.findall(r"```csv\n(.*?)```", TEXT, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def _ids(*ids: str) -> IdIndex:
    return IdIndex.of(pa.array(ids, pa.string()))


def _says(what: str) -> bool:
    return " ".join(what.split()) in " ".join(TEXT.split())


def test_every_kind_of_snippet_is_run_somewhere() -> None:
    """Commands are run by the client's tests."""
    kinds = set(re.findall(r"^```(\S+)$", TEXT, re.MULTILINE))
    assert kinds == {"csv", "python", "sh"}
    assert (len(FILES), len(PYTHON)) == (3, 1)


@pytest.mark.parametrize("content", FILES, ids=lambda content: content.splitlines()[0])
def test_a_file_as_it_is_shown_is_valid(content: str, tmp_path: Path) -> None:
    file = tmp_path / "predictions.csv"
    file.write_text(content)
    spec = PAIRS if "score" in content else PETS
    found = check(file, spec, _ids("p1", "p2"))
    assert isinstance(found, Checked), found
    assert found.notes == ()


def test_the_code_writes_a_valid_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("test.csv").write_text("id,name\n007,Tom\nNA,Rex\n")
    for code in PYTHON:
        exec(compile(code, "docs/participants.md", "exec"), {})  # noqa: S102  (our own document)
    found = check(Path("predictions.csv"), PETS, _ids("007", "NA"))
    assert isinstance(found, Checked), found


def test_what_stands_on_a_page_is_called_so_there() -> None:
    shown = re.findall(r"(?<!\*)\*([A-Za-z][^*\n]+)\*(?!\*)", TEXT)
    labels = {part.strip() for each in shown for part in each.split("→")}
    assert len(labels) > 10
    straight = PAGES.replace("’", "'")
    assert {label for label in labels if label not in straight} == set()


def test_every_state_is_told() -> None:
    rows = re.findall(r"^\| ([a-z, ]+) \|", TEXT, re.MULTILINE)
    told = {word for row in rows for word in row.split(", ")} - {"state"}
    assert told == set(State.values)


def test_the_limits_are_those_that_hold() -> None:
    field = Task._meta.get_field("rejected_limit")
    hours = int(partial.LIFE / timedelta(hours=1))
    for said in (
        f"A person can check {validations.PER_HOUR} files an hour.",
        f"read at its address for {WORDS[validations.ROWS_KEPT.days]} days",
        f"rejected files too ({field.default}, if the task says no other)",
        f"goes on where it stopped, for {hours} hours",
        f"can have {WORDS[partial.MOST_OPEN]} such files on their way",
        f"its last within {int(UPLOAD_GRACE / timedelta(minutes=1))} minutes after it",
        f"you may choose up to {WORDS[MOST_SELECTED]} submissions as final",
        f"for {INVITATION_LIFE.days} days, until the captain revokes it",
        f"asks ({WORDS[QUESTIONS_PER_DAY]} questions in 24 hours)",
        f"up to {WORDS[MOST_LINKS]} https links",
        f"PDFs of up to {MOST_BYTES // 1_000_000} MB",
        f"the first {WORDS[LAST_RANK]} ranks of each track's final board",
        f"A notice is kept for {settings.NOTICE_DAYS} days",
    ):
        assert _says(said), said
    assert (timedelta(hours=1), timedelta(hours=1)) == (EDITABLE, QUIET)
    assert _says("You can change your words for an hour")
    assert _says("Of a board's leaders you hear once an hour at most")
    script = (ROOT / "platform/podium/static/podium/upload.js").read_text()
    assert "LARGE = 8 << 20" in script
    assert _says("From 8 MB on the page sends the file in parts.")


def test_the_reminders_are_those_that_are_sent() -> None:
    assert DEADLINES == (("close", 7 * DAY), ("close", DAY), ("freeze", DAY))
    assert (3 * DAY, 12 * timedelta(hours=1)) == SELECTIONS
    assert _says("7 days and a day before the close, a day before the team freeze")
    assert _says("3 days and 12 hours before the close what counts of each task")


def test_the_mails_are_by_default_as_it_says() -> None:
    daily = {kind for kind, how in DEFAULTS.items() if how == How.DAILY}
    assert daily == {Kind.SCORED, Kind.NEW_LEADER}
    assert set(DEFAULTS.values()) == {How.DAILY, How.INSTANT}
    assert _says("Scores and leaders come once a day by default, everything else at once.")
