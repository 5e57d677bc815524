"""What an event leaves: who was notified of what, and the event of each act."""

import json
from collections import Counter

from tests.live.event.setting_up import SLUG
from tests.live.event.world import COMMITTEE, TEAMS
from tools.scratch_site import Site, wait_for

NOTICES = """
    SELECT u.email FROM notices_notice n
    JOIN accounts_user u ON u.id = n.user_id WHERE n.kind = ?
"""
EVENTS = "SELECT verb, facts FROM audit_event WHERE challenge = ? AND actor = 'Olga'"
# How often the owner did each act, and what its event says in addition to actor and time.
ACTS: dict[str, tuple[int, tuple[str, ...]]] = {
    "created challenge": (1, ()),
    "changed challenge": (14, ()),
    "gave role": (4, ("role",)),
    "moved time": (10, ("time", "after")),
    "rehearsed challenge": (1, ("steps",)),
    "decided case": (1, ("before", "after", "why")),
    "announced to teams": (1, ("title", "audience")),
    "sent message": (1, ("team",)),
    "added solution": (1, ("before", "after", "why")),
    "published rescore": (1, ("before", "solution", "why")),
    "granted attempts": (1, ("attempts", "task", "why")),
    "retried submission": (1, ()),
    "merged teams": (1, ("why",)),
    "moved member": (1, ("why",)),
    "hid write-up": (1, ("why",)),
    "showed write-up": (1, ()),
    "queued baselines": (1, ("method", "tasks", "seconds", "seeds")),
    "withdrew submission": (1, ("why",)),
    "restored submission": (1, ("why",)),
    "answered question": (1, ()),
    "downloaded teams": (1, ()),
    "disqualified team": (1, ("why",)),
    "reinstated team": (1, ("why",)),
    "revealed": (1, ()),
    "published winners": (1, ("after",)),
    "downloaded archive": (1, ("edition",)),
}
# The people notified of the acts up to the close: each is named as often as acts concern them.
NOTIFIED: dict[str, list[str]] = {
    "role": ["oscar", "oscar", "mary", "vera"],  # and an offer to edit a data set
    "announcement": [*TEAMS, *COMMITTEE, *TEAMS],
    "message": ["olga", "oscar", "mary", "ann03"],
    "rescored": [*TEAMS],
    "moved": [*TEAMS],
    "failed": ["ann07"],
    "standing": ["ann03", "ann09", "ann10", "ann08", "ann09", "ann10", "ann12", "ann12"],
    "ruling": ["ann02", "ann02"],
    "question": ["olga", "oscar", "mary"],
    "answer": ["ann04"],
}


def each_person_has_one_notice_of_each_act(site: Site) -> None:
    """Wait until exactly the people concerned have been notified, and nobody twice of one act."""
    for kind, names in NOTIFIED.items():
        expected = Counter(f"{name}@example.org" for name in names)
        wait_for(
            f"notices of {kind}", lambda kind=kind, of=expected: notified(site, kind) >= of, 90
        )  # type: ignore[misc]
        found = notified(site, kind)
        assert found == expected, (kind, found - expected, expected - found)


def notified(site: Site, kind: str) -> Counter[object]:
    """Return how often each person was notified of something of this kind."""
    return Counter(email for (email,) in site.query(NOTICES, kind))


def each_act_has_its_event(site: Site) -> None:
    """Check that each act of the owner left as many events as it was done, with its facts."""
    found: dict[str, list[dict[str, object]]] = {}
    for verb, facts in site.query(EVENTS, SLUG):
        found.setdefault(str(verb), []).append(json.loads(str(facts)))
    for verb, (times, names) in ACTS.items():
        assert len(found.get(verb, [])) == times, (verb, found.get(verb))
        for facts in found[verb]:
            assert not [name for name in names if facts.get(name) in (None, "")], (verb, facts)
