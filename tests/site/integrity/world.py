"""A task with twelve teams. Four of them cheat, and the integrity queue has to say which."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from podium import files
from podium.catalog.actions.versions import publish
from podium.challenges.models import Challenge, Task, Track
from podium.submissions.models import Submission
from podium.teams.models import Team
from scoring.runner import Scorer
from tabset import Column, ColumnType, Dataset, Kind, Licence, Source, Split, build
from tests.site import factories
from tests.site.pets import file_with, truth
from tests.site.submissions.rescores import scored_submission

CLASSES = ("cat", "dog", "owl")
ROWS = 2000
Codes = npt.NDArray[np.int64]
HONEST = tuple(f"Honest {n}" for n in range(8))
CHEATS = ("Twin", "Near", "Prober", "Jumper")


def make_task(challenge: Challenge, folder: Path) -> Task:
    """Return a task with 2,000 test rows."""
    draw = np.random.default_rng(3)
    labels = [CLASSES[code] for code in draw.integers(0, 3, ROWS + 60)]
    columns = {
        "id": [f"r{n:04d}" for n in range(ROWS + 60)],
        "weight": [float(n) for n in range(ROWS + 60)],
        "label": labels,
    }
    source = Source(
        dataset=Dataset(
            name="herd",
            title="Herd",
            description="Name the animal.",
            kind=Kind.CLASSIFICATION,
            classes=CLASSES,
            columns=(Column("weight", ColumnType.NUMERIC, "In kilograms."),),
            licence=Licence("CC0"),
            citation="None.",
            origin="Made for tests.",
            split=Split("at random"),
        ),
        train={name: values[:60] for name, values in columns.items()},
        test={name: values[60:] for name, values in columns.items()},
        groups=columns["id"][60:],
    )
    build(source, folder / "public", folder / "private", salt="salt of the herd")
    version = publish(public=folder / "public", private=folder / "private")
    track, _ = Track.objects.get_or_create(
        challenge=challenge, kind="classification", defaults={"title": "Classification"}
    )
    return Task.objects.create(
        challenge=challenge,
        track=track,
        slug="herd",
        title="Herd",
        headline="accuracy",
        step="0.01",
        daily_limit=100,
        dataset_version=version,
        solution=version.solutions.get(),
    )


@dataclass
class World:
    """A task, its right answers, and how hard its rows are for everybody."""

    task: Task
    folder: Path
    scorer: Scorer
    draw: np.random.Generator = field(default_factory=lambda: np.random.default_rng(11))
    ids: list[str] = field(init=False)
    truth: Codes = field(init=False)
    hardness: npt.NDArray[np.float64] = field(init=False)
    trap: Codes = field(init=False)

    def __post_init__(self) -> None:
        rows = truth(self.task)
        self.ids = [row["id"] for row in rows]
        self.truth = np.array([CLASSES.index(row["label"]) for row in rows])
        self.hardness = self.draw.beta(0.4, 0.8, len(rows))
        self.trap = (self.truth + self.draw.integers(1, 3, len(rows))) % 3

    def model(self, share: float) -> Codes:
        """Return answers with about this share of wrong ones, mostly in hard rows, by one trap."""
        chance = np.minimum(1.0, self.hardness * share / self.hardness.mean())
        wrong = self.draw.random(len(self.ids)) < chance
        return np.where(wrong, self.trap, self.truth)

    def edited(self, answers: Codes, share: float) -> Codes:
        """Return the answers with this share of the rows changed to another class."""
        rows = self.draw.random(len(answers)) < share
        return np.where(rows, (answers + 1) % 3, answers)

    def better(self, answers: Codes, share: float) -> Codes:
        """Return the answers with this share of the wrong ones corrected."""
        fixed = (answers != self.truth) & (self.draw.random(len(answers)) < share)
        return np.where(fixed, self.truth, answers)

    def send(self, name: str, answers: Codes, baseline: str = "") -> Submission:
        """Let a team, which is made if it is new, submit these answers and have them scored."""
        lines = [f"{row},{CLASSES[code]}" for row, code in zip(self.ids, answers, strict=True)]
        return self.send_text(name, "\n".join(["id,prediction", *lines]) + "\n", baseline)

    def send_text(self, name: str, text: str, baseline: str = "") -> Submission:
        team = Team.objects.filter(challenge=self.task.challenge, name=name).first()
        if team is None:
            people = [] if baseline else [factories.make_user(name.lower().replace(" ", "-"))]
            team = factories.make_team(self.task.challenge, name, *people, baseline=baseline)
        return scored_submission(team, self.task, file_with(text, self.folder), self.scorer)

    def sample(self) -> str:
        """Return the sample submission of the data set."""
        folder = self.task.dataset_version.folder
        return files.local(files.public(), f"{folder}/sample_submission.csv").read_text()

    def play_honest(self) -> None:
        """Eight teams: bad starts, gradual and large progress, correlated errors, a shared file."""
        self.send("Trivial", np.zeros(len(self.ids), dtype=np.int64), baseline="trivial")
        self.send("AutoGluon", self.model(0.17), baseline="autogluon")
        for name, shares in zip(
            HONEST,
            (
                (0.6, 0.16),  # from next to nothing to a good model at once
                (0.3, 0.25, 0.2, 0.17, 0.15),
                (0.2, 0.19, 0.18),
                (0.25, 0.14),
                (0.5, 0.2, 0.16, 0.15),
                (0.22,),
                (0.3, 0.28),
                (0.4, 0.13),
            ),
            strict=True,
        ):
            if name in HONEST[5:7]:
                self.send_text(name, self.sample())
            for share in shares:
                self.send(name, self.model(share))
        # Another threshold: a few dozen rows, several times.
        answers = self.model(0.16)
        for _ in range(6):
            answers = np.where(self.draw.random(len(answers)) < 0.02, self.model(0.16), answers)
            self.send("Honest 2", answers)

    def play_cheats(self) -> None:
        base = self.model(0.18)
        self.send("Twin", base)
        self.send("Near", self.model(0.3))
        self.send("Near", self.edited(base, 0.03))
        self.send("Prober", base)
        for n in range(6):
            asked = base.copy()
            asked[100 + n] = (asked[100 + n] + 1) % 3
            self.send("Prober", asked)
        first = self.model(0.2)
        for answers in (first, self.better(first, 0.1), self.better(first, 0.95)):
            self.send("Jumper", answers)
