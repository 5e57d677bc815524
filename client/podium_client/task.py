"""One task: its files, its rows as frames, your submissions, its board."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from podium_client import frames, uploads, waiting
from podium_client.downloads import Fetched, fetch, write_small
from podium_client.errors import NotFoundError
from podium_client.files import check, existing, inside, sha256_of
from podium_client.images import ARCHIVE, unpack
from podium_client.progress import Progress, silent
from podium_client.shapes import Board, File, Submission, TaskFacts, Validation
from podium_client.site import Site

if TYPE_CHECKING:
    import pandas as pd


class Task:
    """A task of a challenge. `facts` is the site's description, fetched once."""

    def __init__(self, site: Site, cache: Path, challenge: str, name: str) -> None:
        self.site = site
        self.cache = cache
        self.challenge = challenge
        self.name = name
        self._facts: TaskFacts | None = None

    def __repr__(self) -> str:
        return f"Task({self.full_name!r})"

    @property
    def full_name(self) -> str:
        """Return `challenge/task`."""
        return f"{self.challenge}/{self.name}"

    @property
    def base(self) -> str:
        """The task's path in the API."""
        return f"challenges/{self.challenge}/tasks/{self.name}"

    @property
    def facts(self) -> TaskFacts:
        """The site's description of the task. Errors: PodiumError, as for all that follow."""
        if self._facts is None:
            self._facts = cast(TaskFacts, self.site.get(self.base))
        return self._facts

    @property
    def files(self) -> list[File]:
        """The task's public files."""
        return list(self.facts["files"])

    @property
    def file_names(self) -> list[str]:
        """The names of the task's public files."""
        return [file["name"] for file in self.files]

    def accept_licence(self) -> None:
        """Accept the licence of the task's data set, if it has one to accept."""
        if self.facts["dataset"]["must_accept_licence"]:
            self.site.post(f"{self.base}/licence")
            self._facts = None

    def download(
        self,
        folder: str | Path = ".",
        names: Iterable[str] = (),
        *,
        force: bool = False,
        progress: Callable[[str], Progress] = lambda name: silent,
    ) -> list[Fetched]:
        """Download the named files, or all, into a folder; existing files stay."""
        wanted = dict.fromkeys(names or [*self.file_names, frames.FACTS])
        target = Path(folder)
        return [
            self._facts_file(target)
            if name == frames.FACTS
            else fetch(self.site, self._file(name), target, force=force, progress=progress(name))
            for name in wanted
        ]

    def load(self, *, images: bool = True) -> frames.Data:
        """The task's rows as pandas frames, downloaded once and cached by the hash of their
        content. Errors: UsageError if pandas is missing; NotAllowedError if the licence must be
        accepted.
        """
        frames.need_pandas()
        folder = inside(self.cache / "data", self.facts["dataset"]["content_hash"])
        with_images = images and ARCHIVE in self.file_names
        wanted = [name for name in self.file_names if name.endswith(".parquet")]
        wanted += [frames.FACTS, *([ARCHIVE] if with_images else [])]
        # Files are cached under the hash of their content, complete and checked.
        missing = [name for name in wanted if not (folder / name).is_file()]
        if missing:
            self.download(folder, missing)
        if with_images:
            unpack(folder / ARCHIVE, folder)
        return frames.load(folder, images=with_images)

    def validate(
        self,
        predictions: pd.DataFrame | str | Path,
        *,
        wait: bool = True,
        timeout: float | None = None,
        progress: Progress = silent,
        tell: Callable[[Validation], None] | None = None,
    ) -> Validation:
        """Have the site check predictions; this does not count as an attempt.

        `state` is valid, invalid or failed (an error of the site); `problems` says what is wrong.
        """
        with self._sending(predictions) as sending:
            found = cast(Validation, uploads.validate(sending, progress))
        if not wait:
            return found
        return waiting.for_validation(self.site, found, timeout=timeout, tell=tell)

    def submit(
        self,
        predictions: pd.DataFrame | str | Path,
        *,
        method: str = "",
        note: str = "",
        again: bool = False,
        wait: bool = True,
        timeout: float | None = None,
        progress: Progress = silent,
    ) -> Submission:
        """Submit a frame (with the columns of `sample_submission`) or a file.

        `state` is scored, rejected (see `problems`) or failed (an error of the site, no attempt
        used); without `wait` it is queued. Errors: RefusedError for a quota, a deadline or, without
        `again`, a file that the team has submitted before.
        """
        found, _ = self.send(predictions, method=method, note=note, again=again, progress=progress)
        return waiting.for_submission(self.site, found, timeout=timeout) if wait else found

    def send(
        self,
        predictions: pd.DataFrame | str | Path,
        *,
        method: str = "",
        note: str = "",
        again: bool = False,
        progress: Progress = silent,
    ) -> tuple[Submission, bool]:
        """Submit, and return whether an interrupted attempt had already sent this file."""
        described = {"method": method, "note": note, "again": "true" if again else ""}
        fields = {name: value for name, value in described.items() if value}
        with self._sending(predictions) as sending:
            found, was_there = uploads.submit(sending, fields, progress)
        return cast(Submission, found), was_there

    def submissions(self, *, state: str = "", sort: str = "") -> list[Submission]:
        """Your team's submissions, newest first unless sorted otherwise."""
        path = f"{self.base}/submissions"
        return cast(list[Submission], self.site.listing(path, state=state, sort=sort))

    def board(self, *, part: str = "", at: str = "") -> Board:
        """The board with its title, part and revision, and all its rows as `items`."""
        return cast(Board, self.site.pages(f"{self.base}/board", part=part, at=at))

    @overload
    def leaderboard(
        self, *, part: str = "", at: str = "", frame: Literal[False] = False
    ) -> list[dict[str, Any]]: ...

    @overload
    def leaderboard(
        self, *, part: str = "", at: str = "", frame: Literal[True]
    ) -> pd.DataFrame: ...

    def leaderboard(
        self, *, part: str = "", at: str = "", frame: bool = False
    ) -> list[dict[str, Any]] | pd.DataFrame:
        """The rows of the board, best first, as a list or as a frame with one column per key."""
        rows = self.board(part=part, at=at)["items"]
        return frames.flat(rows) if frame else rows

    def _file(self, name: str) -> File:
        found = next((file for file in self.files if file["name"] == name), None)
        if found is None:
            choice = ", ".join(self.file_names)
            raise NotFoundError(f"{self.full_name} has no file {name}. It has: {choice}.")
        return found

    def _facts_file(self, folder: Path) -> Fetched:
        """Write dataset.json, which is small and not hashed itself, because it holds the hashes."""
        content = self.site.send("GET", f"{self.base}/files/{frames.FACTS}").content
        folder.mkdir(parents=True, exist_ok=True)
        return write_small(frames.FACTS, folder, content)

    @contextmanager
    def _sending(self, predictions: pd.DataFrame | str | Path) -> Iterator[uploads.Sending]:
        """Give the file to send; a frame is written as CSV first."""
        if isinstance(predictions, str | Path):
            yield self._of(existing(predictions))
            return
        with tempfile.TemporaryDirectory(prefix="podium-") as folder:
            file = Path(folder) / "predictions.csv"
            frames.write(predictions, file)
            yield self._of(file)

    def _of(self, file: Path) -> uploads.Sending:
        check(file, self.facts)
        sha256 = sha256_of(file)
        pending = uploads.remembered(self.cache, self.site.url, self.base, sha256)
        return uploads.Sending(self.site, self.base, file, file.name, sha256, pending)
