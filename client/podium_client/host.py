"""Organizing a challenge: what you look at, plans of acts, and carrying them out."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from podium_client import waiting
from podium_client.downloads import Fetched, fetch
from podium_client.errors import NotFoundError, SiteError
from podium_client.names import checked
from podium_client.progress import Progress, silent
from podium_client.shapes import File
from podium_client.site import Site, body_of

Plan = dict[str, Any]
WRITTEN = frozenset({"done", "failed"})


class Host:
    """A challenge that you organize, with a token of the scope `organize`.

    `plan` says what an act would do and changes nothing; `carry_out` does it, with the plan's id.
    """

    def __init__(self, site: Site, challenge: str) -> None:
        self.site = site
        self.challenge = challenge
        self._root = f"host/challenges/{challenge}"

    def status(self) -> dict[str, Any]:
        """Counts, baselines, and what needs attention."""
        return _mapping(self.site.get(f"{self._root}/status"))

    def definition(self) -> str:
        """The challenge as its challenge.yaml."""
        return str(self.site.get(f"{self._root}/definition")["yaml"])

    def submissions(self, **filters: object) -> list[dict[str, Any]]:
        """The submissions of all teams, newest first: `task`, `team`, `state`, `sha256`."""
        return self.site.listing(f"{self._root}/submissions", **filters)

    def teams(self, **filters: object) -> list[dict[str, Any]]:
        """All teams: `name`, `member`, `state`."""
        return self.site.listing(f"{self._root}/teams", **filters)

    def events(self, most: int = 50, **filters: object) -> list[dict[str, Any]]:
        """What was done, newest first: `verb`, `who`, `since`, `until`."""
        found = self.site.get(f"{self._root}/events", limit=most, **filters)
        return list(found["items"])

    def organizers(self) -> dict[str, Any]:
        """The `roles` by address, and which addresses are `pending`."""
        return _mapping(self.site.get(f"{self._root}/organizers"))

    def announcements(self) -> list[dict[str, Any]]:
        """What was announced, and to whom."""
        return list(self.site.get(f"{self._root}/announcements")["items"])

    def readiness(self) -> list[dict[str, Any]]:
        """The checks before the opening."""
        return list(self.site.get(f"{self._root}/readiness")["items"])

    def cases(self, **filters: object) -> list[dict[str, Any]]:
        """The integrity cases: `state`."""
        return self.site.listing(f"{self._root}/cases", **filters)

    def case(self, number: int) -> dict[str, Any]:
        """A case with its evidence."""
        return _mapping(self.site.get(f"{self._root}/cases/{number}"))

    def threads(self, **filters: object) -> list[dict[str, Any]]:
        """The private threads with teams: `unanswered`."""
        return self.site.listing(f"{self._root}/threads", **filters)

    def thread(self, team: str) -> list[dict[str, Any]]:
        """What a team and the organizers wrote to each other, newest first."""
        return self.site.listing(f"{self._root}/threads/{checked(team, 'team')}")

    def webhook(self) -> dict[str, Any]:
        """Where alerts are posted, and what was."""
        return _mapping(self.site.get(f"{self._root}/webhook"))

    def labels(self, task: str) -> list[dict[str, Any]]:
        """The corrected solutions of a task, newest first."""
        return list(self.site.get(self._labels(task))["items"])

    def send_labels(self, task: str, file: Path) -> dict[str, Any]:
        """Send a corrected solution, which is then compared; nothing changes by it."""
        return body_of(self.site.post_file(self._labels(task), file, file.name, {}))

    def _labels(self, task: str) -> str:
        return f"{self._root}/tasks/{checked(task, 'task')}/labels"

    def rescore(self, task: str) -> dict[str, Any]:
        """How the last rescore of a task stands."""
        return _mapping(self.site.get(f"{self._root}/tasks/{checked(task, 'task')}/rescore"))

    def archives(self) -> list[dict[str, Any]]:
        """The last archives, newest first."""
        return list(self.site.get(f"{self._root}/archives")["items"])

    def plan(self, what: str, body: Mapping[str, object]) -> Plan:
        """What an act would do. `what`: `teams`, `submissions`, `times`, `organizers`,
        `announcements`, `readiness`, `webhook`, `baselines`, `reveal`, `winners`, `archives`,
        `cases/ID`, `threads/TEAM`, or `tasks/TASK/rescore`, `…/labels` and `…/pause`.
        """
        return body_of(self.site.send("POST", f"{self._root}/{what}/plan", json=body, again=True))

    def carry_out(self, plan: Plan, *, reason: str = "", title: str = "") -> dict[str, Any]:
        """Do what a plan says. Errors: RefusedError if the challenge has changed since."""
        return carry_out(self.site, plan, reason=reason, title=title)

    def wait_for_archive(
        self,
        edition: str,
        *,
        timeout: float | None = None,
        tell: Callable[[dict[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        """The newest archive of an edition, once it is written.

        Errors: StillWaitingError after `timeout` seconds, SiteError if it could not be written.
        """
        found = waiting.until(
            lambda each: each["state"] in WRITTEN,
            lambda: self._archive(edition),
            begin=self._archive(edition),
            timeout=timeout,
            tell=tell,
            sleep=self.site.retries.sleep,
        )
        if found["state"] == "failed":
            raise SiteError(found["reason"] or "The archive could not be written.")
        return found

    def download_archive(
        self, found: Mapping[str, Any], folder: Path, *, progress: Progress = silent
    ) -> Fetched:
        """Download a written archive into a folder."""
        file = File(
            name=found["filename"],
            bytes=found["bytes"],
            sha256=found["sha256"],
            url=f"/api/v1/{self._root}/archives/{found['id']}/file",
        )
        return fetch(self.site, file, folder, progress=progress)

    def _archive(self, edition: str) -> dict[str, Any]:
        for each in self.archives():
            if each["edition"] == edition:
                return each
        raise NotFoundError(f"There is no {edition} archive of {self.challenge} yet.")


def organized(site: Site) -> list[dict[str, Any]]:
    """The challenges that you organize."""
    return list(site.get("host/challenges")["items"])


def plan_definition(site: Site, yaml: str) -> Plan:
    """What a challenge.yaml would create or change."""
    return body_of(site.send("POST", "host/definition/plan", json={"yaml": yaml}, again=True))


def carry_out(site: Site, plan: Plan, *, reason: str = "", title: str = "") -> dict[str, Any]:
    """Do what a plan says."""
    body = {"plan": plan["plan"], "reason": reason, "title": title}
    return body_of(site.post("host/carry_out", body))


def _mapping(found: Any) -> dict[str, Any]:
    return dict(found)
