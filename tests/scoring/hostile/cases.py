"""Which hostile file is number n of a seed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random

from tests.scoring.hostile.foreign import FOREIGN
from tests.scoring.hostile.tables import TABLES
from tests.scoring.hostile.texts import TEXTS, wide
from tests.scoring.hostile.world import WORLDS, World

_MAKERS = (*TEXTS, *TABLES, *FOREIGN)
_WIDE_EVERY = 60  # such a file takes as long as twenty others


@dataclass(frozen=True)
class Case:
    """A file that is not valid for its world, and a name that says how to make it again."""

    name: str
    world: World
    data: bytes


def case(seed: int, number: int) -> Case:
    """The hostile file of this number; the same arguments give the same bytes."""
    digest = hashlib.sha256(f"{seed}/{number}".encode()).digest()
    random = Random(digest)
    maker = wide if number % _WIDE_EVERY == 0 else _MAKERS[number % len(_MAKERS)]
    world = random.choice(WORLDS)
    kind = world.spec.kind
    name = f"{seed}/{number} {maker.__module__.rpartition('.')[2]}.{maker.__name__} {kind}"
    return Case(name, world, maker(random, world))
