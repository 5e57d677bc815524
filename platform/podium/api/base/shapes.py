"""What the documents of several operations are made of."""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from django.utils.dateparse import parse_datetime
from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

MOST_ITEMS = 200
FEWEST_YEARS = 1970
SLUG = r"^[-a-zA-Z0-9_]+$"
T = TypeVar("T")


def example(**fields: Any) -> ConfigDict:
    """Return the configuration of what is sent back, with an example of it."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


def strict(**fields: Any) -> ConfigDict:
    """Return the configuration of a body: nothing else in it, no value of another type."""
    return ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [fields]})


def _plain_text(text: str) -> str:
    """Return a text that a database can keep. Raises ValueError."""
    if "\0" in text:
        raise ValueError("A text may not have the character U+0000")
    return text


def _moment(value: object) -> object:
    """Return a time as it was written, with a zone; UTC where none is said. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("Write a time such as 2026-11-20T12:00:00Z")
    # A plus sign that an address lost; letters in lower case, which RFC 3339 allows.
    text = value.strip().replace(" ", "+").upper()
    found = parse_datetime(text) if "T" in text else None
    if found is None:
        raise ValueError("Write a time such as 2026-11-20T12:00:00Z")
    zoned = found.replace(tzinfo=UTC) if found.tzinfo is None else found
    # Some timestamps that can be written, long before this site, are not valid in UTC.
    if zoned.year <= FEWEST_YEARS:
        return datetime(FEWEST_YEARS, 1, 1, tzinfo=UTC)
    return min(zoned.replace(year=min(zoned.year, 9998)), datetime(9998, 12, 1, tzinfo=UTC))


def _whole(value: object) -> object:
    """Return 5.0 as 5: JSON has one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Slug = Annotated[str, Field(pattern=SLUG, max_length=70)]
# The document says by a pattern what the validator refuses in words.
Text = Annotated[
    str, AfterValidator(_plain_text), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})
]
Moment = Annotated[datetime, BeforeValidator(_moment)]
# Bounds stand before it, so that the document has them.
AS_WHOLE = BeforeValidator(_whole)
Whole = Annotated[int, AS_WHOLE]
Id = Annotated[int, Field(ge=1, le=2**63 - 1), AS_WHOLE]


class Named(Schema):
    """A team by its address and its name."""

    slug: str
    name: str
    model_config = example(slug="alpha", name="Alpha")


class Problem(Schema):
    """Why a request is refused (RFC 9457). Further fields come with some codes."""

    type: str = Field(description="Where the code is explained, relative to this site.")
    title: str
    status: int
    detail: str = Field(description="A sentence that says what to do.")
    code: str = Field(description="For programs.")
    errors: list["WrongValue"] = Field(
        default=[], description="Of a 422: every value that is not taken."
    )
    problems: list["FileProblem"] = Field(
        default=[], description="What is wrong with a file that was sent."
    )
    retry_at: datetime | None = Field(default=None, description="When the same may be tried again.")
    model_config = example(
        type="/api/v1/docs#error-not_found",
        title="Not Found",
        status=404,
        detail="No such task is here, or it is not open to you.",
        code="not_found",
    )


class WrongValue(Schema):
    """A value that an operation does not take."""

    where: str
    message: str
    model_config = example(where="body.name", message="This is needed.")


class FileProblem(Schema):
    """One problem of a file, reported once however often it occurs."""

    code: str
    message: str
    rows: list[int] = Field(description="Where, counted from 1 without the header; not all.")
    count: int = Field(description="How often.")
    model_config = example(
        code="duplicate_id", message="Id `p17` appears twice. Keep one.", rows=[17, 93], count=1
    )


class PageQuery(Schema):
    """Which part of a list is wanted."""

    limit: int = Field(50, ge=1, le=MOST_ITEMS, description="How many items at most.")
    offset: int = Field(0, ge=0, le=10_000_000, description="How many items to pass over.")


class Page(Schema, Generic[T]):
    """A part of a list."""

    count: int = Field(description="How many items there are in all.")
    next: str | None = Field(description="Address of the part that follows, relative to this site.")
    previous: str | None
    items: list[T]
