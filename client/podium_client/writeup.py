"""A team's write-up for a track: shown, saved in versions, published, taken back."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

from podium_client.downloads import Fetched, fetch
from podium_client.errors import NotFoundError, UsageError
from podium_client.files import existing
from podium_client.names import checked
from podium_client.progress import Progress, silent
from podium_client.shapes import File, WriteUpVersion
from podium_client.site import Site, body_of
from podium_client.team import Team

KINDS = ("paper", "slides")
LINKS = "links:"


class WriteUp:
    """Your team's write-up for a track, or a published one of another team.

    Errors: PodiumError, as for all that follow.
    """

    def __init__(self, site: Site, challenge: str, track: str, team: str = "") -> None:
        self.site = site
        self.challenge = challenge
        self.track = checked(track, "track")
        self._team = checked(team, "team") if team else ""

    def __repr__(self) -> str:
        return f"WriteUp({f'{self.challenge}/{self.track}/{self._team}'.rstrip('/')!r})"

    @property
    def team(self) -> str:
        """The last part of the team's address; by default your team."""
        if not self._team:
            self._team = Team(self.site, self.challenge).facts["slug"]
        return self._team

    @property
    def of_track(self) -> str:
        """The path of the track's write-ups in the API."""
        return f"challenges/{self.challenge}/write-ups/{self.track}"

    def read(self, version: int | None = None) -> WriteUpVersion:
        """The newest version of yours, or one by its number; the published one of other teams."""
        path = f"{self.of_track}/{self.team}"
        return cast(WriteUpVersion, self.site.get(path, version=version))

    def save(
        self,
        title: str,
        body: str,
        *,
        links: Sequence[Mapping[str, str]] = (),
        paper: str | Path | None = None,
        slides: str | Path | None = None,
        remove: Collection[str] = (),
        based_on: int | None = None,
    ) -> WriteUpVersion:
        """Save a version of your team's write-up, and return it; saving the same again does not add
        one. A PDF that is not given stays, unless `remove` names it. `based_on` is the number of
        the version that was changed, by default the newest. Errors: RefusedError with the code
        `newer` if somebody saved another one meanwhile.
        """
        document = {
            "title": title,
            "body": body,
            "links": [dict(link) for link in links],
            "remove": sorted(remove),
            "based_on": self._newest() if based_on is None else based_on,
        }
        given = {"paper": paper, "slides": slides}
        files = {kind: existing(path) for kind, path in given.items() if path is not None}
        site = self.site
        if not files:
            return self._of(site.send("POST", self.of_track, json=document, again=True))
        with ExitStack() as stack:
            parts = {
                kind: (path.name, stack.enter_context(path.open("rb")), "application/pdf")
                for kind, path in files.items()
            }
            form = {"document": json.dumps(document)}
            return self._of(site.send("POST", self.of_track, data=form, files=parts))

    def publish(self, version: int | None = None) -> WriteUpVersion:
        """Publish a version, by default the newest, from the close on; for captains."""
        number = self._newest() if version is None else version
        path = f"{self.of_track}/{self.team}/publish"
        return self._of(self.site.send("POST", path, json={"version": number}, again=True))

    def take_back(self) -> WriteUpVersion:
        """Unpublish the write-up; for captains."""
        path = f"{self.of_track}/{self.team}/take-back"
        return self._of(self.site.send("POST", path, again=True))

    def download(
        self, kind: str, folder: str | Path = ".", *, progress: Progress = silent
    ) -> Fetched:
        """Download the `paper` or the `slides` into a folder."""
        if kind not in KINDS:
            raise UsageError(f"There are {' and '.join(KINDS)}.")
        found = self.read()[kind]  # type: ignore[literal-required]
        if found is None:
            raise NotFoundError(f"The write-up has no {kind}.")
        file = File(
            name=f"{kind}.pdf", bytes=found["bytes"], sha256=found["sha256"], url=found["url"]
        )
        return fetch(self.site, file, Path(folder), progress=progress)

    def _newest(self) -> int:
        """The number of the newest version, 0 before the first."""
        try:
            return self.read()["number"]
        except NotFoundError:
            return 0

    def _of(self, answer: Any) -> WriteUpVersion:
        return cast(WriteUpVersion, body_of(answer))


def parsed(text: str) -> tuple[str, str, list[dict[str, str]]]:
    """Return title, body and links of a Markdown file: `# Title`, the text, and at its end a line
    `Links:` with one link in each line below, its address and its text. Errors: UsageError if the
    first line is not a title.
    """
    lines = text.strip().splitlines()
    if not lines or not lines[0].startswith("# "):
        raise UsageError("The first line of the file is the title: # TITLE.")
    title, rest = lines[0][2:].strip(), lines[1:]
    begin = next((n for n, line in enumerate(rest) if line.strip().lower() == LINKS), len(rest))
    links = [line.strip().removeprefix("- ").partition(" ") for line in rest[begin + 1 :]]
    found = [{"url": url, "title": name.strip()} for url, _, name in links if url]
    return title, "\n".join(rest[:begin]).strip(), found
