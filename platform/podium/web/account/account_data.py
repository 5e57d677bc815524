"""Everything that the site knows of one person, as a zip of JSON files made while it is sent."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.models import SocialAccount
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from podium.accounts.addresses import addresses_of
from podium.accounts.models import ApiToken, Sighting, User
from podium.audit.models import Event
from podium.catalog.models import DataEditor, DatasetVersion
from podium.challenges.models import Organizer
from podium.discussions.models import Answer, Message, Question
from podium.notices.models import MailChoice, Notice
from podium.submissions.models import Submission
from podium.teams.models import RulesAcceptance
from podium.winners.models import Certificate
from podium.writeups.models import WriteUpVersion

README = """What Podium knows of you, made {at:%Y-%m-%d %H:%M} UTC.

profile.json      name, addresses, when you came and were last here; for 30 days keyed hashes of the
                  network addresses from which you signed up and sent your first file
teams.json        the teams that you are in
rules.json        which rules you accepted (by the sha256 of their text) and when
submissions.json  what you submitted, with name, size and sha256 of each file; the files themselves
                  are on the pages of the submissions. Of a team that you left, without what its
                  members can still change: method, note, selection and withdrawal
questions.json    what you asked, with the title of each question
answers.json      what you answered
messages.json     what you wrote to organizers, or as one to teams, in private
writeups.json     the versions of your teams' write-ups that you wrote, with name, size and sha256
                  of each PDF; the files themselves are on the pages of the write-ups
tokens.json       your API tokens by name; of a token itself only a hash is kept
roles.json        the challenges that you organize, with your role
editing.json      the versions of data sets that you edit, and offers to edit them with your answer
notices.json      your notices: kinds, ids and times
certificates.json your certificates, with their codes
mails.json        your mail preferences by kind of notice
events.json       what was recorded of what you did

Scores belong to the boards, not to a person, so they are not here.
"""


# What any member of the team changes.
_OF_THE_TEAM = ("method", "note", "withdrawn_at", "selected_at")


class _Pipe(io.RawIOBase):
    """Takes what a zip writes and gives it away in pieces; nothing is ever read back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def export(user: User) -> Iterator[bytes]:
    """Yield a zip of all data of a person, piece by piece: no more than a row is in memory."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README.format(at=timezone.now()))
        for name, rows in _documents(user).items():
            with archive.open(f"{name}.json", "w") as file:
                for piece in _array(rows):
                    file.write(piece.encode())
                    if written := pipe.taken():
                        yield written
    yield pipe.taken()


def _documents(user: User) -> dict[str, Iterable[dict[str, object]]]:
    """Return the rows of each file, which are read only when they are asked for."""
    return {
        "profile": [_profile(user)],
        "teams": (
            {
                "challenge": row.challenge.slug,
                "team": row.team.name,
                "is_captain": row.team.captain_id == user.pk,
                "joined_at": row.joined_at,
            }
            for row in user.memberships.select_related("team", "challenge").iterator()
        ),
        "rules": _values(
            RulesAcceptance.objects.filter(user=user), "challenge__slug", "rules_hash", "at"
        ),
        "submissions": _submissions(user),
        "questions": _values(
            Question.objects.filter(author=user).order_by("pk"),
            "id", "challenge__slug", "task__slug", "title", "body", "asked_at", "edited_at",
            "hidden_at",
        ),
        "answers": _values(
            Answer.objects.filter(author=user).order_by("pk"),
            "id", "question_id", "body", "answered_at", "edited_at", "by_organizer",
            "hidden_at",
        ),
        "messages": _values(
            Message.objects.filter(author=user).order_by("pk"),
            "id", "team__challenge__slug", "team__name", "body", "sent_at", "by_organizer",
        ),
        "writeups": _writeups(user),
        "tokens": _values(
            ApiToken.objects.filter(user=user),
            "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at",
        ),
        "roles": _values(
            Organizer.objects.filter(user=user).order_by("pk"), "challenge__slug", "role"
        ),
        "editing": _editing(user),
        "notices": _values(
            Notice.objects.filter(user=user).order_by("pk"),
            "kind", "challenge__slug", "facts", "at", "read_at", "mail", "mailed_at",
        ),
        "certificates": _values(
            Certificate.objects.filter(user=user).order_by("pk"),
            "code", "track__challenge__slug", "track__kind", "person", "team_name", "rank",
            "ranked", "day",
        ),
        "mails": _values(MailChoice.objects.filter(user=user).order_by("pk"), "kind", "how"),
        "events": _values(
            Event.objects.filter(actor_id=user.pk).order_by("pk"),
            "at", "verb", "subject", "challenge", "facts",
        ),
    }  # fmt: skip


def _submissions(user: User) -> Iterator[dict[str, object]]:
    """Yield what the person submitted, without what a team that they left may have said since."""
    own = set(user.memberships.values_list("team", flat=True))
    sent = Submission.objects.filter(submitted_by=user).order_by("pk")
    rows = _values(
        sent,
        "id", "task__challenge__slug", "task__slug", "team__name", "number", "state", "team_id",
        "original_name", "size", "sha256", "first_byte_at", "received_at", "finished_at",
        "problems", "notes", *_OF_THE_TEAM,
    )  # fmt: skip
    for row in rows:
        of_the_team = _OF_THE_TEAM if row.pop("team_id") not in own else ()
        yield {name: value for name, value in row.items() if name not in of_the_team}


def _editing(user: User) -> Iterator[dict[str, object]]:
    """Yield the data sets that the person edits, edited or is asked to edit."""
    began = DatasetVersion.objects.filter(editors=user).order_by("name", "number")
    yield from _values(began, "name", "number")
    mine = Q(user=user) | Q(user=None, email__in=addresses_of(user))
    named = DataEditor.objects.filter(mine).order_by("pk")
    yield from _values(named, "name", "email", "named_at", "accepted_at", "declined_at", "ended_at")


def _writeups(user: User) -> Iterator[dict[str, object]]:
    """Yield the versions of write-ups that the person wrote."""
    written = WriteUpVersion.objects.filter(by=user).order_by("pk")
    related = ("writeup__team", "writeup__track__challenge", "paper", "slides")
    for row in written.select_related(*related).iterator():
        pdfs = {"paper": row.paper, "slides": row.slides}
        yield {
            "challenge": row.writeup.track.challenge.slug,
            "track": row.writeup.track.kind,
            "team": row.writeup.team.name,
            **{name: getattr(row, name) for name in ("number", "title", "body", "links", "at")},
            **{
                kind: {"name": pdf.name, "size": pdf.size, "sha256": pdf.sha256} if pdf else None
                for kind, pdf in pdfs.items()
            },
        }


def _values(rows: QuerySet[Model], *names: str) -> Iterator[dict[str, object]]:
    """Yield the values of rows, with `challenge` for `task__challenge__slug` and the like."""
    for row in rows.values(*names).iterator():
        yield {_short(name): value for name, value in row.items()}


def _short(name: str) -> str:
    return name.removesuffix("__slug").removesuffix("__name").rpartition("__")[2]


def _profile(user: User) -> dict[str, object]:
    addresses = EmailAddress.objects.filter(user=user)
    return {
        "id": user.pk,
        "name": user.name,
        "email": user.email,
        "time_zone": user.time_zone,
        "addresses": list(addresses.values("email", "verified", "primary")),
        "single_sign_on": list(
            SocialAccount.objects.filter(user=user).values("provider", "uid", "extra_data")
        ),
        "sightings": list(Sighting.objects.filter(user=user).values("address", "at")),
        "has_second_factor": is_mfa_enabled(user),
        "joined_at": user.date_joined,
        "last_sign_in": user.last_login,
    }


def _array(rows: Iterable[dict[str, object]]) -> Iterator[str]:
    """Yield the rows as a JSON array."""
    encoder = DjangoJSONEncoder(indent=1, ensure_ascii=False)
    before = "["
    for row in rows:
        yield before + encoder.encode(row)
        before = ",\n"
    yield "[]\n" if before == "[" else "]\n"
