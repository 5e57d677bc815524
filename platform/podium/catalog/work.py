"""What a data set worker does for an import: read, check or build, and for a version its figures.

The data are read in a program (see `tabset_program`); here files are moved and rows kept.
"""

import json
import shutil
import time
import uuid
from functools import partial
from pathlib import Path

import structlog
from django.db import transaction
from django.utils import timezone

from podium import files
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog import tabset_program, unpacking
from podium.catalog.actions.imports import fail, finish
from podium.catalog.actions.raw import collect
from podium.catalog.actions.versions import (
    CannotPublish,
    drop_files,
    keep_built,
    store_files,
)
from podium.catalog.models import DatasetVersion, Import, ImportState, Profile, ProfileState, Step
from podium.catalog.scratch import draft_folder, work_folder
from podium.catalog.tabset_program import Broken, Tick
from podium.files import Json
from podium.jobs import LostClaim
from podium.refusals import Refused
from tabset import draft as drafts
from tabset.findings import Level

log = structlog.get_logger(__name__)
UPDATE_SECONDS = 1.0


def do(source: Import, say: Tick | None = None) -> None:
    """Do the claimed import's step to its end, whatever that is. `say` hears the progress."""
    step = {Step.IMPORT: _import, Step.CHECK: _check, Step.BUILD: _build}[Step(source.step)]
    try:
        with work_folder() as folder:
            step(source, folder, _Meter(source, say))
    except LostClaim:
        raise
    except (Refused, CannotPublish) as error:
        log.info("import refused", source=source.pk, step=source.step)
        fail(source, str(error))
    except Exception:
        reference = uuid.uuid4().hex[:12]
        log.exception("import failed", source=source.pk, step=source.step, reference=reference)
        fail(
            source,
            "Something went wrong on our side; your files are kept. Try again, and if it happens "
            f"again, give the operator the reference {reference}.",
            reference,
        )


def profile(job: Profile) -> None:
    """Draw the figures of a version from its public files and store them.

    The page works without figures: only operators read what went wrong.
    """
    try:
        with job.renewing(), work_folder() as folder:
            _draw(job, folder)
    except (Refused, Broken) as error:
        if job.attempt < job.attempt_limit:
            log.warning("profile to be drawn again", version=str(job.version), reason=str(error))
            job.release()
        else:
            fail_profile(job, str(error))
        return
    with transaction.atomic():
        if job.finish(ProfileState.DONE):
            DatasetVersion.objects.filter(pk=job.version_id).update(profiled_at=timezone.now())


def fail_profile(job: Profile, reason: str) -> None:
    """End a claimed profile as failed."""
    log.error("profile failed", version=str(job.version), reason=reason)
    job.finish(ProfileState.FAILED)


def _draw(job: Profile, folder: Path) -> None:
    version = job.version
    names = ["dataset.json", *version.facts["files"]]
    public = files.folder_on_disk(files.public(), str(version.folder), names, folder / "public")
    out = folder / "out"
    draw = ["profile", str(public), "--out", str(out)]
    tabset_program.run(
        draw,
        folder=folder,
        scratch=folder,
        reads=[public],
        tick=lambda *_: job.give_back_if_stopping(),
    )
    files.put_folder(files.public(), str(version.figures), out)


def _import(source: Import, folder: Path, meter: "_Meter") -> None:
    _stage(source, folder, meter.part(0, 1))
    staged = draft_folder(source)
    draft, findings = _read_draft(source, staged)
    with transaction.atomic():
        ended = finish(
            source,
            ImportState.DRAFTED,
            draft=draft,
            findings=findings,
            checked_draft="",
            staged=source.staged,
        )
        if not ended:
            raise LostClaim
        DatasetVersion.objects.filter(pk=source.version_id).update(
            kind=draft["kind"], title=draft["title"][:120] or source.version.name
        )
        record(Verb.IMPORTED_RAW_FILES, subject=source, version=str(source.version))


def _check(source: Import, folder: Path, meter: "_Meter") -> None:
    staged = _with_draft(source, folder, meter.part(0, 0.5))
    checking = meter.part(0.5, 1)
    said = tabset_program.run(
        ["check", str(staged)], folder=folder, scratch=folder, writes=[staged], tick=checking
    )
    if not finish(source, ImportState.DRAFTED, **_checked(source, said), staged=source.staged):
        raise LostClaim


def _build(source: Import, folder: Path, meter: "_Meter") -> None:
    staged = _with_draft(source, folder, meter.part(0, 0.3))
    public, private = folder / "public", folder / "private"
    said = tabset_program.run(
        ["build", str(staged), "--public", str(public), "--private", str(private)],
        folder=folder,
        scratch=folder,
        writes=[staged],
        tick=meter.part(0.3, 0.9),
    )
    kept = {**_checked(source, said), "staged": source.staged}
    if any(finding["level"] == Level.ERROR for finding in said["findings"]):
        # Not a failure: the organizer sees the findings next to the draft and fixes it.
        if not finish(source, ImportState.DRAFTED, message="Errors block the build.", **kept):
            raise LostClaim
        return
    _store(source, public, meter.part(0.9, 1))
    with transaction.atomic():
        if not finish(source, ImportState.BUILT, **kept):
            raise LostClaim
        keep_built(version=source.version, public=public, private=private)


def _store(source: Import, public: Path, tick: Tick) -> None:
    """Store the public files, or none of them."""
    try:
        store_files(
            version=source.version, public=public, tick=lambda: tick(0, "storing the files")
        )
    except Exception:
        # Unless another worker, who took the import over, is storing his own by now.
        if Import.objects.filter(pk=source.pk, attempt=source.attempt).exists():
            drop_files(source.version)
        raise


def _checked(source: Import, said: Json) -> Json:
    """Return what is kept of a draft's checks: the findings, and for which draft."""
    return {"findings": said["findings"], "checked_draft": source.draft_hash}


def _with_draft(source: Import, folder: Path, tick: Tick) -> Path:
    """Return the folder of the staged tables with the draft as the organizer left it.

    Tables that are not on this machine any more are read again from the raw files.
    """
    if not (source.staged and draft_folder(source).is_dir()):
        _stage(source, folder, tick)
    staged = draft_folder(source)
    drafts.write(drafts.from_json(source.draft), staged)
    return staged


def _stage(source: Import, folder: Path, tick: Tick) -> None:
    """Read the raw files into this attempt's draft folder."""
    raw, out = folder / "raw", folder / "draft"
    _collect(source, raw, lambda share, message: tick(0.3 * share, message))
    options = {**source.options, "name": source.version.name, "title": source.version.title}
    if source.draft is not None:  # what the organizer decided is taken over
        (folder / "edited.json").write_text(json.dumps(source.draft), encoding="utf-8")
        options["draft"] = str(folder / "edited.json")
    tabset_program.run(
        [
            "import",
            source.importer,
            *_paths(raw),
            "--out",
            str(out),
            *(f"--{name.replace('_', '-')}={value}" for name, value in options.items()),
        ],
        folder=raw,
        scratch=folder,
        tick=lambda share, message: tick(0.3 + 0.7 * share, message),
    )
    source.staged = source.attempt
    target = draft_folder(source)
    shutil.rmtree(target, ignore_errors=True)
    out.rename(target)


def _collect(source: Import, raw: Path, tick: Tick) -> None:
    """Put the raw files of an import into a folder, zips unpacked."""
    raw.mkdir()
    rows = list(source.raw_files.all())
    room = unpacking.Room()
    for place, file in enumerate(rows):
        begin, message = place / len(rows), f"collecting {file.name}"
        target = raw / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        collect(file, target, partial(tick, begin, message))
        if unpacking.is_zip(file.name):
            packed = target.rename(raw.parent / "packed.zip")
            folder = _unpacked(raw, file.name, len(rows))
            tell = partial(_part_of, tick, begin, 1 / len(rows))
            unpacking.unpack(packed, file.name, folder, room, tick=tell)
            packed.unlink()


def _unpacked(raw: Path, name: str, files_: int) -> Path:
    """Return the new folder for what is in a zip: one of its name if other files are there too."""
    folder = raw if files_ == 1 else raw / name[: -len(".zip")]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _part_of(tick: Tick, begin: float, width: float, share: float, message: str) -> None:
    tick(begin + width * share, message)


def _paths(raw: Path) -> list[str]:
    """Return what is given to the importer, seen from the folder of raw files.

    One file is named itself; of several, and of an unpacked zip, the folder.
    """
    inside = sorted(raw.iterdir())
    return [inside[0].name] if len(inside) == 1 else ["."]


def _read_draft(source: Import, staged: Path) -> tuple[Json, list[Json]]:
    draft = drafts.read(staged).to_json()
    draft |= {"name": source.version.name}
    findings = json.loads((staged / "findings.json").read_text(encoding="utf-8"))
    return json.loads(json.dumps(draft)), findings


class _Meter:
    """Keeps the progress of an import, at most once a second, and renews its lease with it."""

    def __init__(self, source: Import, say: Tick | None) -> None:
        self._source = source
        self._say = say
        self._kept_at = 0.0

    def part(self, begin: float, end: float) -> Tick:
        """Return what keeps the progress of a part of the whole, from `begin` to `end`."""
        return lambda share, message: self._keep(begin + (end - begin) * share, message)

    def _keep(self, progress: float, message: str) -> None:
        """Raises LostClaim as soon as the import is not this worker's any more."""
        self._source.give_back_if_stopping()
        now = time.monotonic()
        if now - self._kept_at < UPDATE_SECONDS:
            return
        self._kept_at = now
        if self._say:
            self._say(progress, message)
        self._source.follow(progress, message)
