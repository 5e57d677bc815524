"""What happens to a version: its files are stored, it is published, retired and restored."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import IntegrityError, transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog import public_zip
from podium.catalog.actions.profiles import request_profile
from podium.catalog.models import (
    NAME_LENGTH,
    TITLE_LENGTH,
    Access,
    DatasetVersion,
    Import,
    Profile,
    RawFile,
    Solution,
    VersionState,
)
from podium.files import Json
from tabset.verify import verify

# The states that lead to a state. A checked version becomes a draft again as long as nobody
# but its editors has seen it; then its files and its hash are gone.
LEGAL: Mapping[str, frozenset[str]] = {
    VersionState.DRAFT: frozenset({VersionState.CHECKED}),
    VersionState.CHECKED: frozenset({VersionState.DRAFT}),
    VersionState.PUBLISHED: frozenset({VersionState.CHECKED, VersionState.RETIRED}),
    VersionState.RETIRED: frozenset({VersionState.PUBLISHED}),
}


class CannotPublish(Exception):
    """A folder or a version cannot go into the catalogue; the text says why and what to do."""


def publish(
    *, public: Path, private: Path, by: User | None = None, access: str = Access.PUBLIC
) -> DatasetVersion:
    """Return the published version with this content, made now if the catalogue lacks it.

    `public` and `private` are the two folders that `tabset` writes; every byte of them is checked
    against their hashes first. Raises CannotPublish.
    """
    facts = _checked_facts(public, private)
    known = DatasetVersion.objects.filter(name=facts["name"], content_hash=facts["content_hash"])
    version = known.first()
    if version is None:
        version = new_draft(name=facts["name"], title=_title(facts), by=by, access=access)
        try:
            store_built(version=version, public=public, private=private, by=by)
        except BaseException:
            drop_files(version)
            version.delete()
            raise
    if version.state == VersionState.CHECKED:
        publish_version(version=version, by=by)
    version.refresh_from_db()
    return version


def new_draft(*, name: str, title: str, by: User | None, access: str) -> DatasetVersion:
    """Return a new draft under the next number of its name. Raises CannotPublish.

    A further version is for the editors of an earlier one and for staff; all of them edit it. Only
    a command on the server, where `by` is None, asks nobody.
    """
    earlier = DatasetVersion.objects.filter(name=name)
    try:
        with transaction.atomic():
            # Nobody is named or removed meanwhile.
            list(earlier.select_for_update(no_key=True).order_by("pk").values_list("pk"))
            editors = set(earlier.exclude(editors=None).values_list("editors", flat=True))
            _refuse_name_of_others(earlier, editors, by, name)
            newest = earlier.aggregate(newest=Max("number"))
            version = DatasetVersion.objects.create(
                name=name,
                number=int(newest["newest"] or 0) + 1,
                title=title,
                access=access,
                created_by=by,
            )
            version.editors.add(*editors, *([] if by is None else [by.pk]))
            record(Verb.DRAFTED_DATA_SET_VERSION, subject=version, by=by, version=str(version))
    except IntegrityError as error:
        raise CannotPublish(
            f"Somebody else began a version of {name} in the same moment. Try again."
        ) from error
    return version


def store_built(
    *, version: DatasetVersion, public: Path, private: Path, by: User | None = None
) -> None:
    """Store what `tabset` built and make the draft a checked version. Raises CannotPublish."""
    store_files(version=version, public=public)
    keep_built(version=version, public=public, private=private, by=by)


def store_files(
    *, version: DatasetVersion, public: Path, tick: Callable[[], None] | None = None
) -> None:
    """Store the public files of a draft. Raises CannotPublish.

    This runs outside any transaction: it takes minutes, and only the draft uses the folder.
    `tick` is called now and then; what it raises ends the copying.
    """
    facts = _read_facts(public)
    if facts["name"] != version.name:
        raise CannotPublish(f"This is the data set {facts['name']}, not {version.name}.")
    if _content(facts).exclude(pk=version.pk).exists():
        raise CannotPublish(_same_content(facts))
    files.put_folder(files.public(), str(version.folder), public, tick)
    public_zip.store(version, facts, public, tick)


def keep_built(
    *, version: DatasetVersion, public: Path, private: Path, by: User | None = None
) -> None:
    """Make a draft whose files are stored a checked version with its solution.

    Raises CannotPublish.
    """
    facts = _read_facts(public)
    try:
        with transaction.atomic():
            _move(
                version,
                VersionState.CHECKED,
                content_hash=facts["content_hash"],
                kind=facts["kind"],
                title=_title(facts),
                facts=facts,
            )
            add_solution(version=version, file=private / "solution.parquet", by=by)
            record(Verb.STORED_DATA_SET_VERSION, subject=version, by=by, version=str(version))
            request_profile(version)
    except IntegrityError as error:
        raise CannotPublish(_same_content(facts)) from error


@transaction.atomic
def publish_version(*, version: DatasetVersion, by: User | None = None) -> None:
    """Publish a checked version; its raw files are deleted. Raises CannotPublish."""
    _move(version, VersionState.PUBLISHED, VersionState.CHECKED, published_at=timezone.now())
    record(Verb.PUBLISHED_DATA_SET_VERSION, subject=version, by=by, version=str(version))
    raw = raw_folders(version)
    RawFile.objects.filter(source__version=version).delete()
    transaction.on_commit(lambda: drop_raw(raw))


@transaction.atomic
def retire(*, version: DatasetVersion, by: User | None = None) -> None:
    """Take a published version out of the list. Tasks that use it go on; `restore` undoes it."""
    _move(version, VersionState.RETIRED, retired_at=timezone.now())
    record(Verb.RETIRED_DATA_SET_VERSION, subject=version, by=by, version=str(version))


@transaction.atomic
def restore(*, version: DatasetVersion, by: User | None = None) -> None:
    """Publish a retired version again."""
    _move(version, VersionState.PUBLISHED, VersionState.RETIRED, retired_at=None)
    record(Verb.RESTORED_DATA_SET_VERSION, subject=version, by=by, version=str(version))


@transaction.atomic
def set_access(*, version: DatasetVersion, access: str, by: User | None = None) -> None:
    """Change who may see and download a version. Raises CannotPublish."""
    if access not in Access.values:
        raise CannotPublish(f"`{access}` is none of {', '.join(Access.values)}.")
    before = DatasetVersion.objects.select_for_update().get(pk=version.pk).access
    DatasetVersion.objects.filter(pk=version.pk).update(access=access)
    version.access = access
    if before != access:
        record(
            Verb.CHANGED_DATA_SET_ACCESS,
            subject=version,
            by=by,
            version=str(version),
            before=before,
            after=access,
        )


def back_to_draft(version: DatasetVersion) -> None:
    """Make a checked version a draft again. Raises CannotPublish. Part of `reopen`.

    The caller's transaction holds it; the files go when it commits.
    """
    _move(
        version,
        VersionState.DRAFT,
        content_hash="",
        facts={},
        profiled_at=None,
    )
    Profile.objects.filter(version=version).delete()
    solutions = list(version.solutions.values_list("file", flat=True))
    version.solutions.all().delete()
    transaction.on_commit(lambda: drop_files(version, solutions))


def add_solution(*, version: DatasetVersion, file: Path, by: User | None = None) -> Solution:
    """Return the next solution version of a data set version, with its file in private storage."""
    usage = pc.value_counts(pq.read_table(file, columns=["usage"])["usage"]).to_pylist()
    rows = {count["values"]: count["counts"] for count in usage}
    number = version.solutions.count() + 1
    with file.open("rb") as handle:
        sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
    solution = Solution.objects.create(
        dataset_version=version,
        number=number,
        file=str(version.solutions_folder / f"{number}.parquet"),
        sha256=sha256,
        public_rows=rows.get("public", 0),
        private_rows=rows.get("private", 0),
        public_counts=public_counts(file),
    )
    files.put(files.private(), solution.file, file)
    record(Verb.ADDED_SOLUTION, subject=solution, by=by, solution=str(solution))
    return solution


def public_counts(solution: Path) -> list[int]:
    """Return how many public rows each class has that occurs there, ascending."""
    public = pq.read_table(solution, columns=["label"], filters=[("usage", "=", "public")])
    return sorted(count["counts"] for count in pc.value_counts(public["label"]).to_pylist())


def count_download(version: DatasetVersion) -> None:
    """Count one whole file or zip that was sent."""
    DatasetVersion.objects.filter(pk=version.pk).update(downloads=F("downloads") + 1)


def drop_files(version: DatasetVersion, solutions: list[str] | None = None) -> None:
    """Delete the stored files of a version that is none any more, and these solutions' files."""
    for folder in (version.folder, version.figures):
        files.delete_folder(files.public(), str(folder))
    files.public().delete(str(version.archive))
    for file in solutions or ():
        files.private().delete(file)


def raw_folders(version: DatasetVersion) -> list[str]:
    """Return the folder of a version's raw files in the private storage."""
    sources = Import.objects.filter(version=version)
    return [str(source.raw_folder.parent) for source in sources]


def drop_raw(folders: list[str]) -> None:
    """Delete these folders of raw files."""
    for folder in folders:
        files.delete_folder(files.private(), folder)


def _refuse_name_of_others(
    earlier: QuerySet[DatasetVersion], editors: set[int], by: User | None, name: str
) -> None:
    """Raise CannotPublish unless the person may begin the next version of the name."""
    if by is not None and earlier.exists() and not by.is_staff and by.pk not in editors:
        raise CannotPublish(f"The name {name} is taken by a data set of others. Choose another.")


def _move(version: DatasetVersion, to: str, *sources: str, **fields: object) -> None:
    """Change the state by one guarded UPDATE, from these sources or all legal ones.

    Raises CannotPublish if the version is in none of them.
    """
    legal = sources or LEGAL[to]
    changed = DatasetVersion.objects.filter(pk=version.pk, state__in=legal).update(
        state=to, **fields
    )
    if not changed:
        now = DatasetVersion.objects.filter(pk=version.pk).values_list("state", flat=True).first()
        raise CannotPublish(
            f"{version} is {now or 'gone'}; only a {' or '.join(sorted(legal))} version can be "
            f"made {to}."
        )
    version.state = to
    for name, value in fields.items():
        setattr(version, name, value)


def _checked_facts(public: Path, private: Path) -> Json:
    facts = _read_facts(public)
    if not (private / "solution.parquet").is_file():
        raise CannotPublish(f"{private} has no solution.parquet. Build the data set again.")
    if faults := verify(public, private):
        said = "\n".join(faults[:10])
        raise CannotPublish(f"The folder is not as it was built. Build the data set again.\n{said}")
    return facts


def _read_facts(public: Path) -> Json:
    try:
        facts: Json = json.loads((public / "dataset.json").read_text(encoding="utf-8"))
        missing = [name for name in facts["files"] if not (public / name).is_file()]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CannotPublish(f"{public / 'dataset.json'} cannot be read: {error}") from error
    if len(facts["name"]) > NAME_LENGTH:
        raise CannotPublish(f"The name {facts['name']} is longer than {NAME_LENGTH} letters.")
    if missing:
        raise CannotPublish(f"{public} lacks {', '.join(missing[:5])}. Build the data set again.")
    return facts


def _title(facts: Json) -> str:
    """Return the title as long as the catalogue keeps it; the facts have all of it."""
    return str(facts["title"])[:TITLE_LENGTH] or str(facts["name"])


def _content(facts: Json) -> QuerySet[DatasetVersion]:
    return DatasetVersion.objects.filter(name=facts["name"], content_hash=facts["content_hash"])


def _same_content(facts: Json) -> str:
    known = _content(facts).first()
    return f"{known or facts['name']} has exactly this content already; there is nothing to add."
