"""docs/participants.md agrees with the site: files, code, labels, states and limits."""

import re
from datetime import timedelta
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pytest
from django.conf import settings

from podium.challenges.models import UPLOAD_GRACE, Task
from podium.discussions.actions import QUESTIONS_PER_DAY
from podium.discussions.models import EDITABLE
from podium.notices.actions import DEFAULTS
from podium.notices.models import How, Kind
from podium.notices.telling import DAY, DEADLINES, QUIET, SELECTIONS
from podium.standings.finalists import LAST_RANK
from podium.submissions import partial
from podium.submissions.jobs import validations
from podium.submissions.models import State
from podium.teams.models import INVITATION_LIFE
from podium.writeups.attachments import MOST_BYTES
from podium.writeups.validation import MOST_LINKS
from scoring import TaskSpec
from scoring.alignment import IdIndex
from scoring.checking import check
from scoring.result import Checked

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "participants.md").read_text(encoding="utf-8")
PAGES = "\n".join(
    path.read_text(encoding="utf-8")
    for path in chain(
        (ROOT / "platform" / "podium" / "web").rglob("*.html"),
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
    """The client's tests run the commands and compare what they print."""
    kinds = set(re.findall(r"^```(\S+)$", TEXT, re.MULTILINE))
    assert kinds == {"csv", "mermaid", "python", "sh", "text"}
    assert (len(FILES), len(PYTHON)) == (3, 1)


@pytest.mark.parametrize("content", FILES, ids=lambda content: content.splitlines()[0])
def test_a_file_as_it_is_shown_is_valid(content: str, tmp_path: Path) -> None:
    file = tmp_path / "predictions.csv"
    file.write_text(content)
    spec = PAIRS if "score" in content else PETS
    checked = check(file, spec, _ids("p1", "p2"))
    assert isinstance(checked, Checked), checked
    assert checked.notes == ()


def test_the_code_writes_a_valid_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("test.csv").write_text("id,name\n007,Tom\nNA,Rex\n")
    for code in PYTHON:
        exec(compile(code, "docs/participants.md", "exec"), {})  # noqa: S102  (our own document)
    checked = check(Path("predictions.csv"), PETS, _ids("007", "NA"))
    assert isinstance(checked, Checked), checked


def test_labels_are_those_of_the_pages() -> None:
    shown = re.findall(r"(?<!\*)\*([A-Za-z][^*\n]+)\*(?!\*)", TEXT)
    labels = {part.strip() for label in shown for part in label.split("→")}
    assert len(labels) > 10
    straight = PAGES.replace("’", "'")
    assert {label for label in labels if label not in straight} == set()


def test_every_state_is_described() -> None:
    rows = re.findall(r"^\| ([a-z, ]+) \|", TEXT, re.MULTILINE)
    described = {word for row in rows for word in row.split(", ")} - {"state"}
    assert described == set(State.values)


def test_the_limits_are_those_enforced() -> None:
    field, finals = (Task._meta.get_field(name) for name in ("rejected_limit", "final_limit"))
    hours = int(partial.LIFE / timedelta(hours=1))
    for limit in (
        f"A person can check {validations.PER_HOUR} files per hour.",
        f"its page works for {validations.ROWS_KEPT.days} days",
        f"a daily limit of their own ({field.default} unless the task sets another)",
        f"choose the same file again within {hours} hours to resume",
        f"can have {WORDS[partial.MOST_OPEN]} unfinished uploads",
        f"its last byte within {int(UPLOAD_GRACE / timedelta(minutes=1))} minutes after it",
        f"unless the task says otherwise, up to {WORDS[finals.default]}",
        f"It works for {INVITATION_LIFE.days} days or until the captain revokes it",
        f"mails up to {settings.INVITATION_MAILS_A_DAY} invitations of yours in 24 hours",
        f"up to {settings.INVITATION_MAILS_TO_ADDRESS_A_WEEK} to one address within a week",
        f"propose up to {settings.MERGE_PROPOSALS_A_DAY} merges in 24 hours",
        f"sign in to ask ({QUESTIONS_PER_DAY} questions in 24 hours)",
        f"up to {WORDS[MOST_LINKS]} https links",
        f"PDFs of up to {MOST_BYTES // 1_000_000} MB",
        f"the first {WORDS[LAST_RANK]} ranks of each track's final leaderboard",
        f"Notices are deleted after {settings.NOTICE_DAYS} days",
    ):
        assert _says(limit), limit
    assert (timedelta(hours=1), timedelta(hours=1)) == (EDITABLE, QUIET)
    assert _says("You can edit your text for an hour.")
    assert _says("news about leaders comes at most once per hour")
    script = (ROOT / "platform/podium/static/podium/upload.js").read_text()
    assert "LARGE = 8 << 20" in script
    assert _says("The page sends files of 8 MB or more in chunks.")


def test_the_reminders_are_those_that_are_sent() -> None:
    assert DEADLINES == (("close", 7 * DAY), ("close", DAY), ("freeze", DAY))
    assert (3 * DAY, 12 * timedelta(hours=1)) == SELECTIONS
    assert _says("7 days and 1 day before the close, 1 day before the team freeze")
    assert _says("3 days and 12 hours before the close, which submission counts for each task")


def test_the_mail_defaults_are_those_described() -> None:
    daily = {kind for kind, how in DEFAULTS.items() if how == How.DAILY}
    assert daily == {Kind.SCORED, Kind.NEW_LEADER, Kind.RESCORED}
    assert set(DEFAULTS.values()) == {How.DAILY, How.INSTANT}
    assert _says(
        "By default, scores, rescores and leaders are mailed once a day and everything else at "
        "once."
    )
