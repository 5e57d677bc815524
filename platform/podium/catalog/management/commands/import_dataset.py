"""`manage.py import_dataset IMPORTER PATH…`: bring raw data into the catalogue in one go."""

import argparse
import tempfile
import textwrap
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from podium.accounts.models import User
from podium.catalog import work
from podium.catalog.actions.imports import (
    CannotImport,
    discard,
    fail,
    request_build,
    request_import,
    start_import,
)
from podium.catalog.actions.raw import add_raw_file
from podium.catalog.actions.versions import CannotPublish, publish_version
from podium.catalog.models import Access, Import, ImportState
from podium.files import Json
from podium.refusals import Refused
from tabset.findings import Level
from tabset.importers import IMPORTERS

_WORDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
_EXAMPLES = """
examples:
  manage.py import_dataset table reviews.csv --name reviews --option label=stars
  manage.py import_dataset magellan abt-buy/ --name abt-buy --title Abt-Buy --publish

Each importer's options: python -m tabset import IMPORTER --help. Without --publish the version is
checked and waits for its publication; its page shows it to staff. If a check finds an error, the
command says what to do and keeps nothing.
"""


class Command(BaseCommand):
    help = "Import raw files, check them, build the data set, and publish it with --publish."

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(*args, **kwargs)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        importers = "\n".join(f"  {i.name:12} {i.summary}" for i in IMPORTERS.values())
        parser.epilog = f"importers:\n{importers}\n{_EXAMPLES}"
        return parser

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("importer", choices=IMPORTERS, metavar="IMPORTER")
        parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="file or folder")
        parser.add_argument("--name", required=True, help="as in addresses: a-z, 0-9, hyphens")
        parser.add_argument("--title", default="", help="heading of its page")
        parser.add_argument(
            "--option",
            "-o",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="of the importer; may be given several times",
        )
        parser.add_argument("--access", choices=Access.values, default=Access.PUBLIC)
        parser.add_argument("--publish", action="store_true", help="publish it if nothing is wrong")
        parser.add_argument("--by", default="", metavar="EMAIL", help="whose data set it is")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            source = start_import(
                name=options["name"],
                title=options["title"],
                importer=options["importer"],
                options=_options(options["option"]),
                access=options["access"],
                by=_person(options["by"]),
            )
        except CannotImport as error:
            raise CommandError(str(error)) from error
        try:
            self._bring(source, options["paths"])
            if options["publish"]:
                publish_version(version=source.version)
        except BaseException as error:
            discard(version=source.version)
            if isinstance(error, Refused | CannotPublish):
                raise CommandError(f"{error}\nNothing was kept.") from error
            raise
        version = source.version
        self.stdout.write(f"{version} is {version.state}: {version.get_absolute_url()}")

    def _bring(self, source: Import, paths: list[Path]) -> None:
        """Take the files through import, check and build. Raises CannotImport."""
        for path in paths:
            _store(source, path)
        request_import(source=source, send=False)
        self._work(source)
        request_build(source=source, send=False)
        self._work(source)
        self._print(source.findings)
        if source.state != ImportState.BUILT:
            raise CannotImport(
                "The errors above block the build. Fix the raw files or choose other options, "
                "then run this again."
            )
        source.version.refresh_from_db()

    def _work(self, source: Import) -> None:
        """Do what is queued, here, or wait for the worker that was quicker."""
        Import.run(source.pk, do=partial(work.do, say=self._progress), fail=fail)
        source.refresh_from_db()
        while source.is_busy:
            time.sleep(1)
            source.refresh_from_db()
        if source.state == ImportState.FAILED:
            raise CannotImport(source.error)

    def _progress(self, share: float, message: str) -> None:
        if self.stderr.isatty():
            end = "\r" if share < 1 else "\n"
            self.stderr.write(f"\x1b[K{share:4.0%}  {message}", ending=end)

    def _print(self, findings: list[Json]) -> None:
        for finding in findings:
            place = ", ".join(filter(None, (finding["table"], finding["column"])))
            rows = ", ".join(map(str, finding["rows"]))
            where = "; ".join(filter(None, (place, rows and f"rows {rows}")))
            line = f"{_WORDS[finding['level']]}: {finding['message']}"
            self.stdout.write(
                textwrap.fill(f"{line} ({where})" if where else line, 100, subsequent_indent="  ")
            )


def _options(given: list[str]) -> dict[str, str]:
    for text in given:
        if "=" not in text:
            raise CommandError(f"--option {text} is not KEY=VALUE, such as label=stars.")
    return {key.strip(): value for key, _, value in (text.partition("=") for text in given)}


def _person(email: str) -> User | None:
    if not email:
        return None
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        raise CommandError(f"Nobody has signed up as {email} yet.")
    return user


def _store(source: Import, path: Path) -> None:
    """Store a raw file, or a folder as a zip of it. Raises CannotImport."""
    if path.is_dir():
        with _zipped(path) as packed:
            _store_file(source, packed, f"{path.resolve().name}.zip")
    elif path.is_file():
        _store_file(source, path, path.name)
    else:
        raise CannotImport(f"{path} does not exist.")


def _store_file(source: Import, path: Path, name: str) -> None:
    with path.open("rb") as stream:
        add_raw_file(source=source, name=name, size=path.stat().st_size, offset=0, stream=stream)


@contextmanager
def _zipped(folder: Path) -> Iterator[Path]:
    """Return a zip of a folder, except hidden files."""
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, suffix=".zip") as target:
        with zipfile.ZipFile(target, "w") as archive:
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(folder)
                if path.is_file() and not any(part.startswith(".") for part in name.parts):
                    archive.write(path, name.as_posix())
        target.flush()
        yield Path(target.name)
