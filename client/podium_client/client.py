"""The Python API: one site, as the owner of a token."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import httpx

from podium_client import config, names, waiting
from podium_client.discussion import Discussion
from podium_client.downloads import Fetched, fetch
from podium_client.files import safe_name
from podium_client.host import Host
from podium_client.progress import Progress, silent
from podium_client.retries import Retries
from podium_client.shapes import (
    Board,
    Challenge,
    File,
    Me,
    Notice,
    OwnTeam,
    Rules,
    Submission,
    TaskSummary,
    Validation,
)
from podium_client.site import Site, body_of
from podium_client.task import Task
from podium_client.team import Team, token_of
from podium_client.writeup import WriteUp

MOST_IDS = 1000


class Client:
    """A site's API. Every method raises a PodiumError with a sentence that says what to do.

    Without arguments, the site and the person are those of `podium login`, or of the environment
    variables PODIUM_URL and PODIUM_TOKEN. `insecure` allows http:// beyond this machine, `cache` is
    the folder for downloads, `retries` how often a failed request is sent again.
    """

    def __init__(
        self,
        url: str = "",
        token: str = "",
        *,
        insecure: bool = False,
        cache: str | Path | None = None,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.config = config.load(url, token, insecure=insecure)
        self.cache = Path(cache) if cache else config.cache_folder()
        self.site = Site(self.config.url, self.config.token, retries=retries, transport=transport)

    def __repr__(self) -> str:
        return f"Client({self.config.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.site.close()

    def me(self) -> Me:
        """Your account, the token in use, and your teams."""
        return cast(Me, self.site.get("me"))

    def rename(self, name: str) -> Me:
        """Change your name, which others see next to the team."""
        return cast(Me, body_of(self.site.send("PATCH", "me", json={"name": name}, again=True)))

    def accepted_rules(self) -> list[dict[str, Any]]:
        """The challenges whose rules you accepted, with version and time."""
        return self.site.listing("me/rules")

    def challenges(self) -> list[Challenge]:
        """The challenges that you can see."""
        return cast(list[Challenge], self.site.listing("challenges"))

    def challenge(self, challenge: str = "") -> dict[str, Any]:
        """One challenge with its rules and announcements."""
        slug = names.challenge_of(challenge, self.config.settings)
        return cast(dict[str, Any], self.site.get(f"challenges/{slug}"))

    def rules(self, challenge: str = "") -> Rules:
        """The current rules of a challenge, and whether you accepted them."""
        slug = names.challenge_of(challenge, self.config.settings)
        return _rules(self.site.get(f"challenges/{slug}"))

    def accept_rules(self, challenge: str, version: str) -> Rules:
        """Accept the rules that you have read, by their `rules_version`.

        Errors: NotAllowedError if they have changed since.
        """
        slug = names.challenge_of(challenge, self.config.settings)
        path = f"challenges/{slug}/rules"
        return _rules(body_of(self.site.send("POST", path, json={"version": version}, again=True)))

    def team(self, challenge: str = "") -> Team:
        """Your team in a challenge: create, change, merge and leave it."""
        return Team(self.site, names.challenge_of(challenge, self.config.settings))

    def host(self, challenge: str = "") -> Host:
        """A challenge that you organize: look at it, plan acts and carry them out."""
        return Host(self.site, names.challenge_of(challenge, self.config.settings))

    def join(self, link: str) -> OwnTeam:
        """Join the team of an invitation, by its link or the link's last part."""
        body = {"token": token_of(link, self.config.url)}
        return cast(OwnTeam, body_of(self.site.send("POST", "teams/join", json=body, again=True)))

    def discussion(self, name: str = "") -> Discussion:
        """The questions about a challenge, or about a task given as `challenge/task`."""
        return Discussion(self.site, *names.subject_of(name, self.config.settings))

    def writeup(self, track: str, challenge: str = "", *, team: str = "") -> WriteUp:
        """The write-up of your team for a track, or a published one of another team."""
        slug = names.challenge_of(challenge, self.config.settings)
        return WriteUp(self.site, slug, track, team)

    def writeups(self, challenge: str = "") -> list[dict[str, Any]]:
        """The write-ups of a challenge that you may read."""
        slug = names.challenge_of(challenge, self.config.settings)
        return self.site.listing(f"challenges/{slug}/write-ups")

    def notices(self, *, unread: bool = False) -> list[Notice]:
        """Your notices, newest first."""
        wish = "true" if unread else ""
        return cast(list[Notice], self.site.listing("notices", unread=wish))

    def mark_read(self, ids: Sequence[int] | None = None) -> int:
        """Mark these notices as read, or all; return how many were not before."""
        marked = 0
        for part in [None] if ids is None else _parts(ids):
            answer = self.site.send("POST", "notices/read", json={"ids": part}, again=True)
            marked += int(body_of(answer)["marked"])
        return marked

    def mail_choices(self) -> list[dict[str, Any]]:
        """The choice of mails for each kind of notice: `kind`, `words`, `how`."""
        return cast(list[dict[str, Any]], self.site.get("notices/choices")["choices"])

    def choose_mail(self, kind: str, how: str) -> list[dict[str, Any]]:
        """Set mails of a kind of notice to `instant`, `daily` or `off`; return all choices."""
        body = {"kind": kind, "how": how}
        answer = self.site.send("PATCH", "notices/choices", json=body, again=True)
        return cast(list[dict[str, Any]], body_of(answer)["choices"])

    def tasks(self, challenge: str = "") -> list[TaskSummary]:
        """The tasks of a challenge."""
        slug = names.challenge_of(challenge, self.config.settings)
        return cast(list[TaskSummary], self.site.listing(f"challenges/{slug}/tasks"))

    def task(self, name: str = "") -> Task:
        """One task, `challenge/task`; without a name the configured one."""
        return Task(self.site, self.cache, *names.task_of(name, self.config.settings, self.tasks))

    def track_leaderboard(
        self, challenge: str, track: str, *, part: str = "", at: str = ""
    ) -> Board:
        """The board of a track, `matching` or `classification`, with all its rows."""
        slug = names.challenge_of(challenge, self.config.settings)
        path = f"challenges/{slug}/tracks/{names.checked(track, 'track')}/board"
        return cast(Board, self.site.pages(path, part=part, at=at))

    def compare_teams(
        self, a: str, b: str, *, challenge: str = "", task: str = ""
    ) -> dict[str, Any]:
        """How two entries of a challenge compare, by the last part of their teams' addresses."""
        slug = names.challenge_of(challenge, self.config.settings)
        found = self.site.get(f"challenges/{slug}/compare", a=a, b=b, task=task)
        return cast(dict[str, Any], found)

    def compare_submissions(self, a: int, b: int) -> dict[str, Any]:
        """The comparison of two of your submissions to a task, by their ids in any order.

        Its `a` is the later one.
        """
        earlier, later = sorted((a, b))
        number = self.submission(earlier)["number"]
        return cast(dict[str, Any], self.site.get(f"submissions/{later}/compare/{number}"))

    def submission(self, number: int) -> Submission:
        """A submission by its id."""
        return cast(Submission, self.site.get(f"submissions/{number}"))

    def describe(
        self, number: int, *, method: str | None = None, note: str | None = None
    ) -> Submission:
        """Change the method name of a submission, and the team's note on it."""
        given = {"method": method, "note": note}
        body = {name: value for name, value in given.items() if value is not None}
        answer = self.site.send("PATCH", f"submissions/{number}", json=body, again=True)
        return cast(Submission, body_of(answer))

    def change(self, number: int, verb: str) -> Submission:
        """Do one of `select`, `unselect`, `withdraw`, `restore` to a submission; return it."""
        return cast(Submission, body_of(self.site.post(f"submissions/{number}/{verb}")))

    def download_submission(
        self, number: int, folder: str | Path = ".", *, progress: Progress = silent
    ) -> Fetched:
        """Download your own file, as it was sent, under a name that is valid here. `name` of the
        result is the name under which it was sent.
        """
        found = self.submission(number)
        file = File(
            name=safe_name(found["original_name"], f"submission-{number}"),
            bytes=found["bytes"],
            sha256=found["sha256"],
            url=f"{self.site.url}/api/v1/submissions/{number}/file",
        )
        fetched = fetch(self.site, file, Path(folder), progress=progress)
        return replace(fetched, name=found["original_name"])

    def validation(self, number: str) -> Validation:
        """A validation by its id."""
        return cast(Validation, self.site.get(f"validations/{number}"))

    def wait_for_submission(
        self,
        found: Submission,
        *,
        timeout: float | None = None,
        tell: Callable[[Submission], None] | None = None,
    ) -> Submission:
        """The submission once it is scored, rejected or failed; `tell` is called with every poll.
        Errors: StillWaitingError after `timeout` seconds; the submission continues.
        """
        return waiting.for_submission(self.site, found, timeout=timeout, tell=tell)

    def wait_for_validation(
        self,
        found: Validation,
        *,
        timeout: float | None = None,
        tell: Callable[[Validation], None] | None = None,
    ) -> Validation:
        """The validation once it is over. Errors: StillWaitingError after `timeout` seconds."""
        return waiting.for_validation(self.site, found, timeout=timeout, tell=tell)


def _parts(ids: Sequence[int]) -> list[list[int]]:
    """Return the ids in batches that the site accepts."""
    return [list(ids[at : at + MOST_IDS]) for at in range(0, len(ids), MOST_IDS)]


def _rules(found: dict[str, Any]) -> Rules:
    return Rules(
        challenge=found["slug"],
        title=found["title"],
        rules=found["rules"],
        rules_version=found["rules_version"],
        rules_accepted=found["rules_accepted"],
    )
