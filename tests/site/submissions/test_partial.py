"""Files that arrive in parts: what goes on, what is refused, and that they belong to one person."""

import errno
import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from podium import files
from podium.accounts.models import User
from podium.challenges.models import Task
from podium.refusals import Refused
from podium.submissions import partial as partials
from podium.submissions.actions import submit
from podium.submissions.jobs.validations import validate
from podium.submissions.models import PartialUpload
from podium.submissions.partial import append, begin, discard, finished
from podium.submissions.tidying import tidy
from podium.teams.actions import accept_rules
from podium.teams.models import Team
from podium.uploads.chunks import WrongOffset
from tests.site.pets import predictions
from tests.site.sent import sent_at, sent_of

pytestmark = pytest.mark.dialect

CSV = b"id,prediction\np1,cat\np2,dog\n"


@pytest.fixture
def player(pets: Task, team: Team, alice: User) -> User:
    """Alice, who has a team and has accepted the rules."""
    accept_rules(challenge=pets.challenge, by=alice)
    return alice


def begun(task: Task, by: User, content: bytes = CSV, **changes: object) -> PartialUpload:
    values = {
        "name": "mine.csv",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        **changes,
    }
    return begin(task=task, by=by, **values)  # type: ignore[arg-type]


def send(partial: PartialUpload, offset: int, content: bytes) -> int:
    return append(partial=partial, offset=offset, stream=io.BytesIO(content))


def stored() -> list[Path]:
    root = Path(settings.STORAGES["private"]["OPTIONS"]["location"]) / "chunks"
    return [path for path in root.rglob("*") if path.is_file()]


def temporary() -> list[Path]:
    return list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())


def code_of(wish: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        wish()
    assert caught.value.message.endswith(".")
    return caught.value.code


def test_parts_become_the_file_and_that_a_submission(
    pets: Task, team: Team, player: User, tmp_path: Path
) -> None:
    content = sent_of(predictions(pets, tmp_path))
    partial = begun(pets, player, content)
    before = timezone.now()
    assert send(partial, 0, content[:100]) == 100
    after = timezone.now()
    assert send(partial, 100, content[100:]) == len(content)
    with finished(partial=partial) as upload:
        assert sent_of(upload) == content
        assert before <= upload.first_byte_at <= after
        submission = submit(team=team, task=pets, upload=upload, by=player)
    assert (submission.original_name, submission.size) == ("mine.csv", len(content))
    assert submission.first_byte_at == upload.first_byte_at
    assert sent_at(files.local(files.private(), submission.file)) == content
    discard(partial=partial)
    assert not stored()
    assert not temporary()
    assert not PartialUpload.objects.exists()


def test_the_same_file_can_be_checked_and_then_submitted(
    pets: Task, team: Team, player: User, tmp_path: Path
) -> None:
    content = sent_of(predictions(pets, tmp_path))
    partial = begun(pets, player, content)
    send(partial, 0, content)
    with finished(partial=partial) as upload:
        validate(task=pets, upload=upload, by=player)
    with finished(partial=partial) as upload:
        assert submit(team=team, task=pets, upload=upload, by=player).number == 1


def test_a_part_at_another_place_tells_the_true_one(pets: Task, player: User) -> None:
    partial = begun(pets, player)
    send(partial, 0, CSV[:5])
    for offset in (0, 4, 6, len(CSV)):
        with pytest.raises(WrongOffset) as caught:
            send(partial, offset, b"xx")
        assert (caught.value.code, caught.value.received) == ("offset", 5)
    send(partial, 5, CSV[5:])
    with finished(partial=partial) as upload:
        assert upload.sha256 == hashlib.sha256(CSV).hexdigest()


def test_of_two_senders_of_a_place_one_wins(pets: Task, player: User) -> None:
    partial = begun(pets, player)

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() == 0:
                send(PartialUpload.objects.get(), 0, CSV[:9])
            return super().read(size)

    with pytest.raises(WrongOffset) as caught:
        append(partial=partial, offset=0, stream=Slow(CSV[:4]))
    assert caught.value.received == 9
    send(partial, 9, CSV[9:])
    with finished(partial=partial) as upload:
        assert sent_of(upload) == CSV


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """A function that lets something happen once, when a part is stored and not counted yet."""
    put = files.put

    def happen(what: Callable[[], object]) -> None:
        def stored(*given: object) -> None:
            monkeypatch.setattr(files, "put", put)
            put(*given)  # type: ignore[arg-type]
            what()

        monkeypatch.setattr(files, "put", stored)

    return happen


def test_a_part_that_was_stored_by_two_counts_once(
    pets: Task, player: User, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    partial = begun(pets, player)
    meanwhile(lambda: send(PartialUpload.objects.get(), 0, CSV[:9]))
    with pytest.raises(WrongOffset) as caught:
        send(partial, 0, CSV[:4])
    assert caught.value.received == 9
    send(partial, 9, CSV[9:])
    with finished(partial=partial) as upload:
        assert sent_of(upload) == CSV


def test_what_is_stored_while_it_is_discarded_goes_too(
    pets: Task, player: User, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    partial = begun(pets, player)

    def discarded() -> None:
        PartialUpload.objects.all().delete()

    meanwhile(discarded)
    assert code_of(lambda: send(partial, 0, CSV)) == "gone"
    assert not stored()


def test_what_broke_off_goes_on_for_the_same_person_alone(
    pets: Task, player: User, bob: User, matching_task: Task
) -> None:
    accept_rules(challenge=pets.challenge, by=bob)
    partial = begun(pets, player)
    send(partial, 0, CSV[:7])
    assert begun(pets, player).received == 7
    others = [
        begun(pets, bob),
        begun(matching_task, player),
        begun(pets, player, name="other.csv"),
        begun(pets, player, CSV + b"p3,owl\n"),
    ]
    assert {other.received for other in others} == {0}
    assert len({partial.pk, *(other.pk for other in others)}) == 5


def test_too_many_bytes_are_refused_and_count_for_nothing(
    pets: Task, player: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = begun(pets, player)
    assert code_of(lambda: send(partial, 0, CSV + b"x")) == "too_long"
    monkeypatch.setattr(partials, "CHUNK_BYTES", 10)
    assert code_of(lambda: send(partial, 0, CSV[:11])) == "chunk_too_large"
    partial.refresh_from_db()
    assert (partial.received, partial.first_byte_at, stored()) == (0, None, [])


def test_a_part_without_bytes_is_no_first_byte(pets: Task, player: User) -> None:
    partial = begun(pets, player)
    assert send(partial, 0, b"") == 0
    partial.refresh_from_db()
    assert (partial.received, partial.first_byte_at, stored()) == (0, None, [])


def test_an_unfinished_file_is_no_upload(pets: Task, player: User) -> None:
    partial = begun(pets, player)
    send(partial, 0, CSV[:-1])

    def use() -> None:
        with finished(partial=partial):
            raise AssertionError

    assert code_of(use) == "incomplete"
    assert send(partial, len(CSV) - 1, CSV[-1:]) == len(CSV)


@pytest.mark.parametrize("damage", ["another", "lost"])
def test_a_file_that_is_not_what_was_announced_is_dropped(
    pets: Task, player: User, damage: str
) -> None:
    partial = begun(pets, player)
    send(partial, 0, CSV.swapcase() if damage == "another" else CSV)
    if damage == "lost":
        stored()[0].unlink()

    def use() -> None:
        with finished(partial=partial):
            raise AssertionError

    assert code_of(use) == "damaged"
    assert not stored()
    assert begun(pets, player).received == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "mine.xlsx"}, "not_a_table"),
        ({"size": 0}, "empty_file"),
        ({"size": -1}, "empty_file"),
        ({"size": 200_000_001}, "too_large"),
        ({"sha256": "f" * 63}, "bad_sha256"),
        ({"sha256": "F" * 64}, "bad_sha256"),
        ({"sha256": "f" * 64 + "\n"}, "bad_sha256"),
        ({"name": "x" * 201 + ".csv"}, "bad_name"),
        ({"name": "a\0.csv"}, "bad_name"),
    ],
)
def test_what_could_not_be_taken_is_not_begun(
    pets: Task, player: User, changes: dict[str, object], code: str
) -> None:
    assert code_of(lambda: begun(pets, player, **changes)) == code  # type: ignore[arg-type]
    assert not PartialUpload.objects.exists()


def test_a_name_loses_its_folders(pets: Task, player: User) -> None:
    assert begun(pets, player, name="../../etc/mine.csv").name == "mine.csv"


def test_who_may_not_take_part_begins_nothing(pets: Task, player: User, team: Team) -> None:
    team.disqualified_at, team.disqualified_reason = timezone.now(), "Two accounts."
    team.save()
    assert code_of(lambda: begun(pets, player)) == "disqualified"


def test_a_person_has_so_many_open_and_no_more(pets: Task, player: User, bob: User) -> None:
    accept_rules(challenge=pets.challenge, by=bob)
    first, *_ = [begun(pets, player, name=f"{n}.csv") for n in range(partials.MOST_OPEN)]
    assert code_of(lambda: begun(pets, player, name="more.csv")) == "too_many"
    assert begun(pets, player, name="0.csv") == first
    assert begun(pets, bob)
    discard(partial=first)
    assert begun(pets, player, name="more.csv")


def test_a_file_that_waits_gives_its_place_to_a_new_one(pets: Task, player: User) -> None:
    rows = [begun(pets, player, name=f"{n}.csv") for n in range(partials.MOST_OPEN)]
    PartialUpload.objects.filter(pk=rows[2].pk).update(received=rows[2].size)
    begun(pets, player, name="more.csv")
    left = set(PartialUpload.objects.values_list("pk", flat=True))
    assert rows[2].pk not in left
    assert len(left) == partials.MOST_OPEN


def test_a_file_is_in_time_by_its_first_byte(
    pets: Task, team: Team, player: User, tmp_path: Path
) -> None:
    content = sent_of(predictions(pets, tmp_path))
    partial = begun(pets, player, content)
    send(partial, 0, content[:50])
    closes(pets, minutes_ago=14)
    PartialUpload.objects.update(first_byte_at=timezone.now() - timedelta(minutes=15))
    late = PartialUpload.objects.select_related("task__challenge").get()
    send(late, 50, content[50:])
    with finished(partial=late) as upload:
        assert submit(team=team, task=pets, upload=upload, by=player)
    PartialUpload.objects.update(first_byte_at=timezone.now())
    late.refresh_from_db()
    with finished(partial=late) as upload:
        assert code_of(lambda: submit(team=team, task=pets, upload=upload)) == "closed"


def test_after_the_close_and_its_grace_nothing_goes_on(pets: Task, player: User) -> None:
    partial = begun(pets, player)
    send(partial, 0, CSV[:5])
    closes(pets, minutes_ago=16)
    assert code_of(lambda: send(partial, 5, CSV[5:])) == "closed"
    assert code_of(lambda: begun(pets, player, name="other.csv")) == "closed"


def test_an_upload_is_over_after_a_day(pets: Task, player: User) -> None:
    partial = begun(pets, player)
    send(partial, 0, CSV[:5])
    tidy()
    assert stored()
    PartialUpload.objects.update(created_at=timezone.now() - timedelta(hours=25))
    partial.refresh_from_db()
    assert code_of(lambda: send(partial, 5, CSV[5:])) == "gone"
    assert begun(pets, player).received == 0, "the same file begins again"
    assert not stored()
    PartialUpload.objects.update(created_at=timezone.now() - timedelta(hours=25))
    send_late = PartialUpload.objects.get()
    tidy()
    assert not PartialUpload.objects.exists()
    assert code_of(lambda: send(send_late, 0, CSV)) == "gone"


def test_a_part_for_an_upload_that_was_discarded_leaves_nothing(pets: Task, player: User) -> None:
    partial = begun(pets, player)

    class Discarding(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            discard(partial=PartialUpload.objects.get()) if self.tell() == 0 else None
            return super().read(size)

    assert code_of(lambda: append(partial=partial, offset=0, stream=Discarding(CSV))) == "gone"
    assert not stored()


def test_a_full_disk_keeps_what_had_arrived(
    pets: Task, player: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = begun(pets, player)
    send(partial, 0, CSV[:5])
    with monkeypatch.context() as patch:

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr(files, "put", full)
        assert code_of(lambda: send(partial, 5, CSV[5:])) == "no_room"
    assert send(partial, 5, CSV[5:]) == len(CSV)


@given(cuts=st.sets(st.integers(1, len(CSV) - 1)))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_parts_make_the_file(pets: Task, player: User, cuts: set[int]) -> None:
    partial = begun(pets, player)
    places = [0, *sorted(cuts), len(CSV)]
    for start, stop in pairwise(places):
        send(partial, start, CSV[start:stop])
    with finished(partial=partial) as upload:
        assert sent_of(upload) == CSV
    discard(partial=partial)


def test_the_database_refuses_more_than_was_announced(pets: Task, player: User) -> None:
    begun(pets, player)
    with pytest.raises(IntegrityError), transaction.atomic():
        PartialUpload.objects.update(received=len(CSV) + 1)


def closes(task: Task, minutes_ago: int) -> None:
    challenge = task.challenge
    challenge.team_freeze_at = challenge.closes_at = timezone.now() - timedelta(minutes=minutes_ago)
    challenge.save()
