"""The list of data sets: the newest version of each, narrowed by what the reader asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django import forms
from django.http import QueryDict

from podium.catalog.models import DatasetVersion, Kind
from podium.challenges.models import Task

# A modality counts what a method has to read; ids are not features.
MODALITIES = {
    "text": "text",
    "numeric": "numbers",
    "categorical": "categories",
    "datetime": "dates",
    "image": "images",
    "boolean": "yes or no",
    "list": "lists",
}
SIZES = {
    "small": ("under 10,000 rows", 0, 10_000),
    "medium": ("10,000 to 100,000 rows", 10_000, 100_000),
    "large": ("over 100,000 rows", 100_000, None),
}


@dataclass(frozen=True)
class Entry:
    """One line of the list; `rows` are those of train and test."""

    version: DatasetVersion
    modalities: tuple[str, ...]
    train: int
    test: int
    licence: str
    tasks: Sequence[Task] = field(default=())

    @property
    def modality_words(self) -> str:
        return ", ".join(MODALITIES[name] for name in self.modalities)


class FilterForm(forms.Form):
    """What to show; every field may stay empty."""

    q = forms.CharField(label="Search", required=False, max_length=80)
    kind = forms.ChoiceField(required=False)
    modality = forms.ChoiceField(label="Modality", required=False)
    size = forms.ChoiceField(required=False)
    licence = forms.ChoiceField(required=False)

    def __init__(self, data: QueryDict, *, licences: Iterable[str]) -> None:
        super().__init__(data)
        choices: Mapping[str, Iterable[tuple[str, str]]] = {
            "kind": Kind.choices,
            "modality": MODALITIES.items(),
            "size": [(name, words) for name, (words, _, _) in SIZES.items()],
            "licence": [(name, name) for name in licences],
        }
        for name, known in choices.items():
            self.fields[name].choices = [("", "any"), *known]  # type: ignore[attr-defined]

    @property
    def wanted(self) -> dict[str, str]:
        """What the reader asked for; a value that no field knows narrows nothing."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def entries(versions: Iterable[DatasetVersion], tasks: Iterable[Task]) -> list[Entry]:
    """Return the newest version of each data set by title, with the tasks that use any of them."""
    newest: dict[str, DatasetVersion] = {}
    for version in versions:
        known = newest.get(version.name)
        if known is None or known.number < version.number:
            newest[version.name] = version
    used: dict[str, list[Task]] = {}
    for task in tasks:
        used.setdefault(task.dataset_version.name, []).append(task)
    found = [_entry(version, used.get(version.name, [])) for version in newest.values()]
    return sorted(found, key=lambda entry: entry.version.title.casefold())


def narrowed(found: Iterable[Entry], wanted: Mapping[str, str]) -> list[Entry]:
    """Return the entries that have everything that is wanted."""
    return [entry for entry in found if _matches(entry, wanted)]


def _entry(version: DatasetVersion, tasks: Sequence[Task]) -> Entry:
    facts = version.facts
    types = {column["type"] for column in facts["columns"]}
    return Entry(
        version,
        tuple(name for name in MODALITIES if name in types),
        facts["rows"]["train"],
        facts["rows"]["test"],
        facts["licence"]["name"],
        tasks,
    )


def _mentions(version: DatasetVersion, words: str) -> bool:
    """Return whether every word is in the title, description, a column or a class of a version."""
    facts = version.facts
    tables = [facts["columns"], *facts.get("records", {}).values()]
    columns = [column for table in tables for column in table]
    texts = [version.title, version.name, facts.get("description", ""), *version.classes]
    texts += [f"{column['name']} {column.get('description', '')}" for column in columns]
    text = "\n".join(texts).casefold()
    return all(word in text for word in words.casefold().split())


def _matches(entry: Entry, wanted: Mapping[str, str]) -> bool:
    if not _mentions(entry.version, wanted.get("q", "")):
        return False
    if wanted.get("kind", entry.version.kind) != entry.version.kind:
        return False
    if wanted.get("licence", entry.licence) != entry.licence:
        return False
    if "modality" in wanted and wanted["modality"] not in entry.modalities:
        return False
    if "size" not in wanted:
        return True
    _, low, high = SIZES[wanted["size"]]
    rows = entry.train + entry.test
    return rows >= low and (high is None or rows < high)
