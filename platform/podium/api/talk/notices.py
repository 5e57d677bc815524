"""Your notices: the list, marking as read, and mail preferences."""

from datetime import datetime
from typing import Literal

from ninja import Query, Router, Schema
from pydantic import Field

from podium.access import visible_challenges
from podium.accounts.requests import SignedInRequest
from podium.api.base.paging import whole_part_of
from podium.api.base.readers import READ, TEAM
from podium.api.base.shapes import Page, PageQuery, Text, Whole, example, strict
from podium.notices import actions
from podium.notices.models import How, Kind, Notice

router = Router(tags=["Notices"])
MOST_IDS = 1000
LARGEST_KEY = 2**63


class NoticeOut(Schema):
    """A notice, in the words that hold now."""

    id: int
    kind: str = Field(description=f"{', '.join(Kind.values)}.")
    challenge: str | None
    title: str
    text: str
    at: datetime
    is_read: bool
    url: str | None = Field(description="Address of its subject, relative to this site.")
    model_config = example(
        id=88,
        kind="scored",
        challenge="sample",
        title="Submission 3 to Pairs is scored",
        text="Accuracy 0.81.",
        at="2026-11-21T12:00:01Z",
        is_read=False,
        url="/submissions/412/",
    )


class NoticeQuery(PageQuery):
    """Which notices are wanted."""

    unread: bool = Field(False, description="Only those that you have not read.")
    challenge: Text | None = Field(None, max_length=70, description="Only those of this challenge.")


class ReadGiven(Schema):
    """Which notices are read."""

    ids: list[Whole] | None = Field(
        None, max_length=MOST_IDS, description="Their ids; left out: all of yours."
    )
    model_config = strict(ids=[88])


class Read(Schema):
    """How many notices were marked, and how many are left."""

    marked: int = Field(description="How many of them were not read before.")
    unread: int
    model_config = example(marked=1, unread=0)


class MailChoice(Schema):
    """How you are mailed of one kind of notice."""

    kind: str
    words: str = Field(description="What it is of.")
    how: str = Field(description="instant, daily or off.")
    model_config = example(kind="scored", words="A submission of your team is scored", how="daily")


class MailChoices(Schema):
    """How you are mailed of each kind of notice."""

    choices: list[MailChoice]
    model_config = example(
        choices=[{"kind": "scored", "words": "A submission of your team is scored", "how": "daily"}]
    )


class MailChoiceGiven(Schema):
    """How you want to be mailed of one kind of notice."""

    # All values that there are, which a type checker does not know.
    kind: Literal[tuple(Kind.values)]  # type: ignore[valid-type]
    how: Literal[tuple(How.values)]  # type: ignore[valid-type]
    model_config = strict(kind="scored", how="off")


@router.get(
    "/notices",
    response=Page[NoticeOut],
    auth=READ,
    url_name="notices",
    summary="List your notices",
)
def notices(request: SignedInRequest, page: Query[NoticeQuery]) -> object:
    """List your notices, newest first. Reading this list marks none as read."""
    rows = actions.of(request.user)
    if page.unread:
        rows = rows.filter(read_at=None)
    visible = visible_challenges(request.user)
    if page.challenge is not None:
        rows = rows.filter(challenge__in=visible.filter(slug=page.challenge))
    known = set(visible.values_list("pk", flat=True))
    return whole_part_of(request, rows, page, lambda part: _shown(request, part, known))


@router.post(
    "/notices/read", response=Read, auth=TEAM, url_name="notices-read", summary="Mark as read"
)
def mark_read(request: SignedInRequest, given: ReadGiven) -> object:
    """Mark notices of yours as read; of those no mail goes out any more."""
    ids = given.ids
    if ids is not None:
        ids = [each for each in ids if 0 < each < LARGEST_KEY]  # no database keeps others
    marked = actions.mark_read(user=request.user, ids=ids)
    return {"marked": marked, "unread": actions.unread(request.user)}


@router.get(
    "/notices/choices",
    response=MailChoices,
    auth=READ,
    url_name="notice-choices",
    summary="How you are mailed",
)
def choices(request: SignedInRequest) -> object:
    """Return how each kind of notice is mailed to you. All notices are also on the site."""
    return _choices(request)


@router.patch("/notices/choices", response=MailChoices, auth=TEAM, summary="Choose your mails")
def choose(request: SignedInRequest, given: MailChoiceGiven) -> object:
    """Be mailed of a kind of notice at once, once a day, or not at all."""
    actions.choose(user=request.user, kind=given.kind, how=given.how)
    return _choices(request)


def _shown(
    request: SignedInRequest, part: list[Notice], known: set[int]
) -> list[dict[str, object]]:
    said = actions.texts(part, request.user)
    return [_one(found, one, known) for found, one in zip(part, said, strict=True)]


def _one(found: Notice, said: actions.RenderedNotice, known: set[int]) -> dict[str, object]:
    challenge = found.challenge
    return {
        "id": found.pk,
        "kind": found.kind,
        "challenge": challenge.slug if challenge and challenge.pk in known else None,
        "title": said.title,
        "text": said.body,
        "at": found.at,
        "is_read": found.read_at is not None,
        "url": said.url or None,
    }


def _choices(request: SignedInRequest) -> dict[str, object]:
    chosen = actions.choices(request.user)
    return {
        "choices": [
            {"kind": kind, "words": Kind(kind).label, "how": how} for kind, how in chosen.items()
        ]
    }
