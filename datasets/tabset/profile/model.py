"""What a profile says, as frozen dataclasses that become JSON as they are."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = "podium-profile/1"


@dataclass(frozen=True)
class Histogram:
    """Counts per bin: bin i runs from `edges[i]` to below `edges[i + 1]`, the last one includes it.

    `of` says what is counted: value, characters, items or pixels (the longer side). `counts` maps
    a part (train, test or a record table) to its counts. An open end holds all that lies beyond it.
    `edges`, `least`, `median` and `most` are numbers, or for dates ISO 8601 texts. `scale` is
    linear or log.
    """

    of: str
    edges: tuple[float | str, ...]
    counts: Mapping[str, tuple[int, ...]]
    least: float | str
    median: float | str
    most: float | str
    open_low: bool = False
    open_high: bool = False
    scale: str = "linear"
    form: str = "histogram"


@dataclass(frozen=True)
class Values:
    """Counts per value, most frequent first; `other` counts the rows with none of them."""

    of: str
    values: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]
    other: Mapping[str, int]
    distinct: int
    form: str = "values"


@dataclass(frozen=True)
class Shift:
    """How far apart train and test are: 0 is the same distribution, 1 has nothing in common.

    `noise` is what pure chance rarely exceeds; `level` is alike, little, clear or unknown.
    """

    distance: float
    noise: float
    measure: str
    level: str
    words: str


@dataclass(frozen=True)
class ColumnProfile:
    """One column: missing share per part, distribution, difference, one sentence, figure file.

    `distribution` is None for ids and for a column without a value, `shift` where there is nothing
    to compare, `figure` is empty where nothing is drawn.
    """

    name: str
    type: str
    missing: Mapping[str, float]
    distribution: Histogram | Values | None
    shift: Shift | None
    words: str
    figure: str = ""


@dataclass(frozen=True)
class ClassCount:
    """How many training rows have a label; `share` lies in [0, 1].

    `name` is what people call the label: match, no match, or else the label itself.
    """

    label: str
    rows: int
    share: float
    name: str = ""


@dataclass(frozen=True)
class Classes:
    """The training rows per class in declared order, and what stands out, in words."""

    counts: tuple[ClassCount, ...]
    words: str
    figure: str


@dataclass(frozen=True)
class Example:
    """One training row: its id, a few shortened cells by column, and the images it names."""

    id: str
    cells: Mapping[str, str]
    images: tuple[str, ...]


@dataclass(frozen=True)
class ClassExamples:
    """A few training rows of one class."""

    label: str
    rows: tuple[Example, ...]


@dataclass(frozen=True)
class Thumbnail:
    """A small copy `file` of the data set's `image`, which a training row with `label` names."""

    image: str
    file: str
    label: str


@dataclass(frozen=True)
class Pairs:
    """How alike the texts of training pairs are, for pairs that match and that do not.

    `edges` divide the similarity in [0, 1]. `overlap` is the share that both distributions have in
    common; `order` is the probability that a matching pair is more alike than another one (ties
    count half). `columns` are the record columns whose texts were compared.
    """

    columns: tuple[str, ...]
    edges: tuple[float, ...]
    matching: tuple[int, ...]
    other: tuple[int, ...]
    overlap: float
    order: float
    words: str
    figure: str


@dataclass(frozen=True)
class Profile:
    """What the public files of a data set show; nothing in it comes from a test label.

    `rows` are those of each table, `sampled` how many of them the distributions are made from.
    `records` maps the record tables of a matching data set to their columns.
    """

    name: str
    content_hash: str
    rows: Mapping[str, int]
    sampled: Mapping[str, int]
    columns: tuple[ColumnProfile, ...]
    records: Mapping[str, tuple[ColumnProfile, ...]]
    classes: Classes
    examples: tuple[ClassExamples, ...]
    pairs: Pairs | None
    thumbnails: tuple[Thumbnail, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The document of `profile.json`."""
        return {"format": FORMAT, **asdict(self)}
