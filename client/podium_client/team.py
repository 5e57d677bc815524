"""Your team in a challenge: create, join, change, merge, leave."""

from typing import Any, cast
from urllib.parse import urlsplit

from podium_client.errors import NotFoundError, UsageError
from podium_client.names import SLUG, checked
from podium_client.shapes import Member, Merge, OwnTeam
from podium_client.site import Site, body_of

RESEARCH = ("yes", "no", "unsaid")


class Team:
    """Your team, or the one you are about to create. Errors: PodiumError, as for all that
    follow."""

    def __init__(self, site: Site, challenge: str) -> None:
        self.site = site
        self.challenge = challenge

    def __repr__(self) -> str:
        return f"Team({self.challenge!r})"

    @property
    def base(self) -> str:
        """The team's path in the API."""
        return f"challenges/{self.challenge}/team"

    @property
    def facts(self) -> OwnTeam:
        """The current facts of the team. Errors: NotFoundError if you are not in one."""
        return cast(OwnTeam, self.site.get(self.base))

    def create(self, name: str) -> OwnTeam:
        """Create a team; you become its captain."""
        return self._sent("POST", "", {"name": name})

    def rename(self, name: str) -> OwnTeam:
        """Rename the team; its address stays."""
        return self._sent("PATCH", "", {"name": name})

    def invite(self, email: str = "") -> dict[str, Any]:
        """Return a new invitation, with its `link`, which is shown only once. With an email
        address, it is mailed there and works only for that person.
        """
        answer = self.site.send("POST", f"{self.base}/invitations", json={"email": email})
        return body_of(answer)

    def invitations(self) -> list[dict[str, Any]]:
        """The open invitations; only for the captain."""
        return self.site.listing(f"{self.base}/invitations")

    def revoke(self, invitation: int) -> None:
        """Revoke an invitation."""
        self.site.send("DELETE", f"{self.base}/invitations/{int(invitation)}")

    def hand_over(self, member: int | str) -> OwnTeam:
        """Make another member the captain, by id or name."""
        return self._sent("POST", "/captain", {"user": self.member(member)["id"]})

    def remove(self, member: int | str) -> None:
        """Remove a member from the team, by id or name."""
        number = self.member(member)["id"]
        self.site.send("DELETE", f"{self.base}/members/{number}")

    def leave(self) -> None:
        """Leave the team."""
        self.site.send("POST", f"{self.base}/leave")

    def consent(self, answer: str) -> OwnTeam:
        """Say `yes`, `no` or `unsaid`: may the submissions be used for research?"""
        if answer not in RESEARCH:
            raise UsageError(f"Answer with {', '.join(RESEARCH)}.")
        return self._sent("POST", "/research", {"answer": answer})

    def member(self, who: int | str) -> Member:
        """The member with this id or name. Errors: NotFoundError, UsageError if two have it."""
        members = self.facts["members"]
        wanted = str(who).strip().casefold()
        found = [each for each in members if str(each["id"]) == wanted] or [
            each for each in members if each["name"].casefold() == wanted
        ]
        known = ", ".join(f"{each['name']} ({each['id']})" for each in members)
        if not found:
            raise NotFoundError(f"{who} is not in the team. In it are: {known}.")
        if len(found) > 1:
            raise UsageError(f"Several members are called {who}. Give the id: {known}.")
        return found[0]

    # Merging -----------------------------------------------------------------------------------

    def merges(self) -> list[Merge]:
        """The open merge proposals that the team made or received."""
        return cast(list[Merge], self.site.listing(f"{self.base}/merges"))

    def candidates(self) -> list[dict[str, Any]]:
        """The teams to which this one can propose a merge."""
        return self.site.listing(f"{self.base}/merges/candidates")

    def propose(self, other: str) -> Merge:
        """Propose that another team, by the last part of its address, becomes part of this one."""
        body = {"team": checked(other, "team")}
        answer = self.site.send("POST", f"{self.base}/merges", json=body)
        return cast(Merge, body_of(answer))

    def merge(self, proposal: int) -> Merge:
        """A proposal by its id."""
        return cast(Merge, self.site.get(f"{self.base}/merges/{int(proposal)}"))

    def accept(self, proposal: int) -> OwnTeam:
        """Accept a proposal: become part of the other team, and return it."""
        return self._sent("POST", f"/merges/{int(proposal)}/accept", None)

    def decline(self, proposal: int) -> Merge:
        """Decline a proposal."""
        return self._ended(proposal, "decline")

    def withdraw(self, proposal: int) -> Merge:
        """Withdraw the team's own proposal."""
        return self._ended(proposal, "withdraw")

    def _ended(self, proposal: int, verb: str) -> Merge:
        path = f"{self.base}/merges/{int(proposal)}/{verb}"
        return cast(Merge, body_of(self.site.send("POST", path, again=True)))

    def _sent(self, method: str, path: str, body: dict[str, object] | None) -> OwnTeam:
        answer = self.site.send(method, f"{self.base}{path}", json=body)
        return cast(OwnTeam, body_of(answer))


def token_of(link: str, url: str) -> str:
    """Return the code of an invitation's link, or the code itself.

    Errors: UsageError for anything else, or a link of another site than `url`.
    """
    text = link.strip()
    if "/" in text:
        ours, theirs = urlsplit(url), urlsplit(text)
        if theirs.netloc.lower() != ours.netloc:
            raise UsageError(f"The link leads to {theirs.netloc or 'nowhere'}, not to {url}.")
        text = theirs.path.rstrip("/").rpartition("/")[2]
    if not SLUG.fullmatch(text):
        raise UsageError("That is not an invitation link. Copy all of it.")
    return text
