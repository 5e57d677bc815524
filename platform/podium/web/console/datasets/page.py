"""What the console shows of data sets: the list, and one version from its files to its end."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q

from podium import workers
from podium.baseline_runs.models import Diagnosis
from podium.catalog.actions.raw import MAX_FILES
from podium.catalog.models import DatasetVersion, Import, ImportState, Step, VersionState
from podium.web.base.presenters import Context
from podium.web.base.templatetags.podium import ticks
from podium.web.console.datasets.advice import Advice, place
from podium.web.console.datasets.draft import DraftForm
from podium.web.console.datasets.forms import FormatForm, OptionsForm
from podium.web.console.datasets.publish import AccessForm
from podium.web.console.datasets.sharing import context_of
from tabset.findings import Level

# The word of the style sheet that colours a phase or a state.
TONES: Mapping[str, str] = {
    ImportState.UPLOADING: "outline",
    ImportState.QUEUED: "queued",
    ImportState.RUNNING: "scoring",
    ImportState.DRAFTED: "info",
    ImportState.BUILT: "scored",
    ImportState.FAILED: "failed",
    VersionState.DRAFT: "outline",
    VersionState.CHECKED: "info",
    VersionState.PUBLISHED: "success",
    VersionState.RETIRED: "outline",
}
STEPS: Mapping[str, str] = {
    Step.IMPORT: "Reading the raw files",
    Step.CHECK: "Checking the draft",
    Step.BUILD: "Building the version",
}
LEVELS: Mapping[str, tuple[str, str]] = {
    Level.ERROR: ("Errors", "They block the build."),
    Level.WARNING: (
        "Warnings",
        "Warnings don't block the build. Fix each one or decide to accept it.",
    ),
    Level.INFO: ("Good to know", "Nothing to do."),
}


@dataclass(frozen=True)
class Entry:
    """One line of the list."""

    version: DatasetVersion
    source: Import | None
    counts: Mapping[str, int]

    @property
    def tone(self) -> str:
        return TONES[self.version.state]

    @property
    def state_tone(self) -> str:
        return TONES[self.source.state] if self.source else ""

    @property
    def percent(self) -> int:
        return _percent(self.source)

    @property
    def need(self) -> str:
        """What the version needs from its editors, in words; empty if nothing."""
        source, errors = self.source, self.counts.get(Level.ERROR, 0)
        if self.version.state == VersionState.CHECKED:
            return "is built and can be published."
        if self.version.state != VersionState.DRAFT or source is None or source.is_busy:
            return ""
        if source.state == ImportState.FAILED:
            return f"failed: {STEPS[source.step].lower()}. Read why, then try again."
        if source.state == ImportState.UPLOADING:
            return "waits for its raw files."
        if errors:
            return f"has {errors} error{'s' if errors > 1 else ''} that block the build."
        return "has a draft to look at."


@dataclass(frozen=True)
class Group:
    """The findings of one level."""

    level: str
    title: str
    lead: str
    findings: list[dict[str, object]]


def entries(versions: Iterable[DatasetVersion]) -> list[Entry]:
    """Return the lines of the list, those that need somebody first."""
    found = [Entry(version, *_source_and_counts(version)) for version in versions]
    return sorted(found, key=lambda entry: (not entry.need, entry.version.name))


def source_of(version: DatasetVersion) -> Import | None:
    """Return the version's import; None if it was published from a built folder."""
    try:
        return version.source
    except Import.DoesNotExist:
        return None


def live(source: Import) -> dict[str, object]:
    """Return what changes while a worker has the import, or will have it."""
    alive = workers.workers_alive()
    queued_before = Q(queued_at__lt=source.queued_at) | Q(
        queued_at=source.queued_at, pk__lt=source.pk
    )
    return {
        "version": source.version,
        "source": source,
        "doing": STEPS[source.step],
        "percent": _percent(source),
        "position": Import.waiting().filter(queued_before).count() + 1,
        "workers_known": alive is not None,
        "worker_alive": any("datasets" in worker.queues for worker in alive or []),
    }


def shown(version: DatasetVersion, **refused: object) -> Context:
    """Return everything that the page of a version shows; `refused` are forms with errors."""
    source = source_of(version)
    context: dict[str, object] = {
        "version": version,
        "source": source,
        "tone": TONES[version.state],
        "is_draft": version.state == VersionState.DRAFT,
        "access_form": AccessForm(access=version.access),
        "solution": version.solutions.first(),
        **context_of(version),
        "diagnosis": Diagnosis.objects.filter(version=version).first(),
    }
    if source is not None:
        context |= _of_source(source)
    return context | refused


def _of_source(source: Import) -> dict[str, object]:
    can_edit = source.version.state == VersionState.DRAFT and not source.is_busy
    form = DraftForm(source.draft) if source.draft is not None else None
    groups = grouped(_advised(source.findings, form, linked=can_edit))
    context: dict[str, object] = {
        "can_edit": can_edit,
        "raw_files": list(source.raw_files.all()),
        "upload_bytes": settings.DATASET_UPLOAD_BYTES,
        "most_files": MAX_FILES,
        "options_form": OptionsForm(importer=source.importer, initial=source.options),
        "format_form": FormatForm(present=source.importer),
        "groups": groups,
        "errors": sum(len(g.findings) for g in groups if g.level == Level.ERROR),
        "is_checked": bool(source.checked_draft),
        "is_stale": bool(source.checked_draft) and source.checked_draft != source.draft_hash,
        "failed_at": source.step if source.state == ImportState.FAILED else "",
    }
    if form is not None:
        context["draft_form"] = form
    if source.is_busy:
        context |= live(source) | {"busy_at": source.step}
    return context


def _advised(
    findings: Iterable[Mapping[str, object]], form: DraftForm | None, *, linked: bool
) -> list[dict[str, object]]:
    """Return the findings with their messages in the words of the form, and where they point."""
    if form is None:
        return [
            {**each, "html": ticks(str(each["message"])), "place": place(each)} for each in findings
        ]
    advice = Advice(form, linked=linked)
    return [
        {**each, "html": advice.html(each), "place": place(each, advice.column_id(each))}
        for each in findings
    ]


def grouped(findings: Iterable[dict[str, object]]) -> list[Group]:
    """Return the findings by level, most grave first, without empty levels."""
    found = list(findings)
    groups = [
        Group(level, *words, [each for each in found if each["level"] == level])
        for level, words in LEVELS.items()
    ]
    return [group for group in groups if group.findings]


def _source_and_counts(version: DatasetVersion) -> tuple[Import | None, Mapping[str, int]]:
    source = source_of(version)
    return source, Counter(each["level"] for each in source.findings) if source else {}


def _percent(source: Import | None) -> int:
    return round(100 * source.progress) if source else 0
