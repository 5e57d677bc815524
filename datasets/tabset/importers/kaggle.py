"""The files of a Kaggle competition: train, test with its solution, and a sample submission."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import compute

from tabset.draft import ROWS, Draft, Roles
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.importers import files, options, pictures, rows
from tabset.importers.base import Importer, Option, Request
from tabset.importers.lookup import Lookup, read
from tabset.readers import Raw

OPTIONS = (
    Option("label", "column that holds the label; without it the one that test lacks"),
    Option("id", "column that holds the row's id; without it the one that test and solution share"),
    *options.ROLES,
    options.IMAGES,
    *options.COMMON,
)
TRAIN = ("train", "training")
TEST = ("test", "testing")
SOLUTION = ("solution", "solutions", "test_solution", "test_labels")
SAMPLE = ("sample_submission", "samplesubmission", "sample-submission")


@dataclass(frozen=True)
class Given:
    """The files that were given, each under its part."""

    train: Path
    test: Path | None
    solution: Path | None
    sample: Path | None


@dataclass(frozen=True)
class Answers:
    """The solution by test id; `usage` is empty if it does not say which rows are public."""

    file: str
    lookup: Lookup
    label: str
    usage: str

    @property
    def columns(self) -> list[str]:
        """The columns that the test rows get from the solution."""
        return [self.label, self.usage] if self.usage else [self.label]


@dataclass(frozen=True)
class Competition:
    """Both tables and the solution, with the names that their columns have when staged."""

    train: Raw
    test: Raw
    test_file: str
    answers: Answers
    roles: Mapping[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of train, then those that only test has."""
        return tuple(dict.fromkeys((*self.train.names, *self.test.names)))


def run(request: Request) -> Draft:
    """Stages train and the solved test rows with the given split, or only train."""
    given = _files(request)
    if given.test and given.solution:
        return _train_and_test(request, given, given.test, given.solution)
    if given.test:
        raise DatasetError(
            f"{given.test.name} has no solution: give solution.csv with the test ids, the label"
            " and, if there is one, the column Usage; or leave the test file out, so that the"
            " train file is divided"
        )
    return _train_alone(request, given.train)


def _files(request: Request) -> Given:
    found = files.tables(request.paths)
    train = found[0] if len(found) == 1 else files.by_stem(found, TRAIN)
    test, solution, sample = (files.by_stem(found, stems) for stems in (TEST, SOLUTION, SAMPLE))
    if train is None or train in (test, solution, sample):
        names = ", ".join(path.name for path in found)
        raise DatasetError(
            f"there is no train file among {names}; name the files train, test, solution and"
            " sample_submission, with an ending such as .csv"
        )
    if solution and not test:
        raise DatasetError(f"{solution.name} has no test file next to it; give test.csv as well")
    for path in found:
        if path not in (train, test, solution, sample):
            request.tell(
                Level.INFO, "file-ignored", f"{path.name} is none of the known files: left out."
            )
    return Given(train, test, solution, sample)


def _train_alone(request: Request, train: Path) -> Draft:
    raw = request.open(train, pictures.Sink(request.out))
    label = request.options["label"]
    if not label:
        raise DatasetError(
            f"which column of {train.name} is the label? Name it by the option label; the columns"
            f" are {', '.join(raw.names[:50])}"
        )
    options.require(raw.names, label, "label", train.name)
    return _staged(request, raw.names, raw.batches, {"label": label})


def _train_and_test(request: Request, given: Given, test: Path, solution: Path) -> Draft:
    sink = pictures.Sink(request.out)
    sides = request.open(given.train, sink), request.open(test, sink)
    solved = request.open(solution)
    key = _key(request, sides, solved)
    label = _label(request, sides, solved)
    answers = _answers(solved, solution.name, key, label)
    if given.sample:
        _compare(request, given.sample, key, answers)
    taken = {name for side in sides for name in side.names}
    roles = {"id": key, "label": label, "split": rows.free("split", taken)}
    if answers.usage:
        roles["usage"] = rows.free("usage", taken)
    found = Competition(*sides, test.name, answers, roles)
    names = [*found.columns, *(roles[role] for role in ("split", "usage") if role in roles)]
    return _staged(request, names, _batches(request, found), roles, _one_sided(request, found))


def _staged(
    request: Request,
    names: Sequence[str],
    batches: Iterable[pa.RecordBatch],
    roles: Mapping[str, str],
    hidden: Collection[str] = (),
) -> Draft:
    where = "the tables"
    chosen = {**options.chosen_roles(request, names, where), **roles}
    found = Roles(slices=options.chosen_slices(request, names, where), **chosen)
    return rows.stage(request, rows.Rows(names, batches, found, pictures.gallery(request), hidden))


def _key(request: Request, sides: Sequence[Raw], solved: Raw) -> str:
    if given := request.options["id"]:
        for side in (*sides, solved):
            options.require(side.names, given, "id", "one of train, test and solution")
        return given
    shared = [name for name in solved.names if all(name in side.names for side in sides)]
    if not shared:
        raise DatasetError(
            "train, test and solution share no column that could be the id; give them one, and"
            " name it by the option id"
        )
    return shared[0]


def _label(request: Request, sides: Sequence[Raw], solved: Raw) -> str:
    train, test = sides
    if given := request.options["label"]:
        return options.require(train.names, given, "label", "the train file")
    lacking = [name for name in train.names if name not in test.names]
    found = [name for name in lacking if name in solved.names] or lacking
    if len(found) != 1:
        raise DatasetError(
            "which column is the label? Name it by the option label; the columns that only the"
            f" train file has: {', '.join(found) or 'none'}"
        )
    return found[0]


def _answers(solved: Raw, file: str, key: str, label: str) -> Answers:
    usage = next((name for name in solved.names if name.lower() == "usage"), "")
    others = [name for name in solved.names if name not in (key, usage)]
    column = label if label in others else others[0] if len(others) == 1 else ""
    if not column:
        raise DatasetError(
            f"{file} has no column {label!r}, and none or several that could be the label:"
            f" {', '.join(others) or 'none'}; name it as in the train file"
        )
    wanted = [key, column, usage] if usage else [key, column]
    return Answers(file, Lookup(read(solved, wanted), file, key), column, usage)


def _compare(request: Request, sample: Path, key: str, answers: Answers) -> None:
    """A warning if the sample submission has other ids than the solution."""
    raw = request.open(sample)
    odd = sum(
        len(answers.lookup.unknown(batch[key])) if key in raw.names else batch.num_rows
        for batch in raw.batches
    )
    if odd:
        request.tell(
            Level.WARNING,
            "sample-ids",
            f"{odd} rows of {sample.name} have an id that {answers.file} lacks: make sure that"
            " the files are of one competition.",
            count=odd,
        )


def _one_sided(request: Request, found: Competition) -> set[str]:
    """The columns that only train or only test has; they are left out of the features."""
    odd = (set(found.train.names) ^ set(found.test.names)) - {found.roles["label"]}
    for name in sorted(odd):
        side = "train" if name in found.train.names else "test"
        request.tell(
            Level.WARNING,
            "column-on-one-side",
            f"Only the {side} file has the column {name!r}, so it is left out.",
            table=ROWS,
            column=name,
        )
    return odd


def _batches(request: Request, found: Competition) -> Iterator[pa.RecordBatch]:
    """The rows of train, then those of test with label and usage from the solution."""
    names, roles, answers = found.columns, found.roles, found.answers
    for batch in found.train.batches:
        added = {roles["split"]: rows.constant(batch, rows.TRAIN)}
        if answers.usage:
            added[roles["usage"]] = rows.constant(batch, None)
        yield rows.extended(rows.aligned(batch, names), added)
    start, unsolved = 1, []
    for batch in found.test.batches:
        (label, *usage), unknown = answers.lookup.take(batch[roles["id"]], answers.columns)
        unsolved += [start + place for place in unknown]
        start += batch.num_rows
        added = {roles["split"]: rows.constant(batch, rows.TEST)}
        if answers.usage:
            added[roles["usage"]] = compute.utf8_lower(usage[0])
        whole = rows.set_column(rows.aligned(batch, names), roles["label"], label)
        yield rows.extended(whole, added)
    _report(request, found, unsolved, start - 1)


def _report(request: Request, found: Competition, unsolved: Sequence[int], count: int) -> None:
    file, answers = found.test_file, found.answers
    if unsolved and len(unsolved) == count:
        raise DatasetError(
            f"{answers.file} has none of the ids of {file} in {found.roles['id']!r}; name the id"
            " column by the option id, or give the solution of these test rows"
        )
    if unsolved:
        request.tell(
            Level.ERROR,
            "test-unsolved",
            f"{len(unsolved)} rows of {file} have an id that {answers.file} lacks: add them to the"
            " solution, or take the rows out of the test file.",
            rows=unsolved,
        )
    if unused := answers.lookup.unused:
        request.tell(
            Level.WARNING,
            "solution-unused",
            f"{len(unused)} rows of {answers.file} have an id that {file} lacks; they are left"
            " out.",
            rows=unused,
        )


IMPORTER = Importer(
    "kaggle",
    "train, test and solution files of a Kaggle competition, or only train",
    OPTIONS,
    run,
)
