"""Code that loads a version of a data set, or trains on it; it runs as it is pasted."""

from collections.abc import Sequence

from django.http import HttpRequest

from podium.catalog.models import DatasetVersion, Kind
from podium.challenges.models import Task
from podium.web.help.client import install_command

PICTURE = 8  # pixels a side
TEXTS = {"text", "categorical", "boolean", "list", "datetime"}

CLIENT = """# {install}
from podium_client import Client

data = Client("{site}").task("{task}").load()
print(data.train.head())  # typed; images are paths
submission = data.sample_submission  # fill in your predictions, then:
submission.to_csv("submission.csv", index=False)
"""
PANDAS = """import pandas as pd

folder = "{folder}"
train = pd.read_parquet(folder + "train.parquet")
test = pd.read_parquet(folder + "test.parquet")
sample = pd.read_parquet(folder + "sample_submission.parquet")
print(train.head())
"""
CSV = """import pandas as pd

folder = "{folder}"
# CSV has no types: ids and labels are texts, only an empty cell is a missing value.
how = {{"dtype": {texts}, "keep_default_na": False, "na_values": [""]}}
train = pd.read_csv(folder + "train.csv", **how)
test = pd.read_csv(folder + "test.csv", **how)
print(train.head())
"""
CROISSANT = """import mlcroissant

data = mlcroissant.Dataset("{address}")
for row in data.records("train"):
    print(row)  # texts are bytes: row["train/id"].decode()
    break
"""
PICTURES = """

with {opened} as answer:
    images = zipfile.ZipFile(io.BytesIO(answer.read()))


def pixels(path):
    if pd.isna(path):
        return [np.nan] * {values}
    with Image.open(images.open(path)) as image:
        return np.asarray(image.convert("RGB").resize(({side}, {side})), dtype=float).ravel()
"""
ALIKE = """

def alike(left, right):
    \"\"\"The share of the words of two texts that is in both.\"\"\"
    words = [set(str(text).lower().split()) for text in (left, right)]
    return len(words[0] & words[1]) / max(len(words[0] | words[1]), 1)
"""


def site_of(request: HttpRequest) -> str:
    """Return this site's address without a slash at its end."""
    return request.build_absolute_uri("/").rstrip("/")


def path_of(task: Task) -> str:
    """Return what names a task in the client and in addresses: challenge/task."""
    return f"{task.challenge.slug}/{task.slug}"


def snippets(version: DatasetVersion, *, site: str, task: str) -> list[dict[str, str]]:
    """Return named pieces of code for a version; `site` is this site's address without a slash.

    With a task (challenge/task) the client's code comes first. Files of a restricted version are
    read from its unpacked zip: programs that only have an address are not signed in.
    """
    folder = f"{site}{version.get_absolute_url()}files/"
    address = f"{site}{version.get_absolute_url()}croissant.json"
    if version.is_restricted:
        folder = f"{version.archive.stem}/"
        address = f"{folder}croissant.json"
    found = (
        {"Python client": CLIENT.format(install=install_command("pandas"), site=site, task=task)}
        if task
        else {}
    )
    ids = ["id", *_named(version, {"id"}), "label"]
    found |= {
        "pandas, from Parquet": PANDAS.format(folder=folder),
        "pandas, from CSV": CSV.format(folder=folder, texts=dict.fromkeys(ids, "str")),
        "AutoGluon, up to a valid file": autogluon(version, folder),
        "Croissant": CROISSANT.format(address=address),
    }
    return [{"name": name, "code": code.strip("\n")} for name, code in found.items()]


def autogluon(version: DatasetVersion, folder: str) -> str:
    """Return code that trains AutoGluon as long as the baseline and writes a submission.

    Ids are dropped, pictures become pixels, and the records of a pair are compared.
    """
    pictures = _named(version, {"image"})
    is_pair = version.kind == Kind.MATCHING
    standard = ["io", "urllib.request", "zipfile"] if pictures else []
    libraries = ["import pandas as pd", "from autogluon.tabular import TabularPredictor"]
    if pictures:
        libraries = ["import numpy as np", *libraries, "from PIL import Image"]
    head = "\n".join(f"import {name}" for name in standard)
    lines = [
        f"{head}\n\n" * bool(standard) + "\n".join(libraries),
        "",
        f'folder = "{folder}"',
        'train = pd.read_parquet(folder + "train.parquet")',
        'test = pd.read_parquet(folder + "test.parquet")',
        *([] if is_pair else ['sample = pd.read_parquet(folder + "sample_submission.parquet")']),
    ]
    code = "\n".join(lines)
    if pictures:
        call = "open({}, 'rb')" if version.is_restricted else "urllib.request.urlopen({})"
        opened = call.format('folder + "images.zip"').replace("'", '"')
        code += PICTURES.format(opened=opened, values=3 * PICTURE**2, side=PICTURE)
    if is_pair:
        code += ALIKE
    return f"{code}\n\n{_features(version, pictures)}\n\n\n{_training(version)}"


def _features(version: DatasetVersion, pictures: Sequence[str]) -> str:
    """Return the function that makes a table of features from training or test rows."""
    lines = ["", "def features(rows):"]
    lines.append(f"    rows = rows.drop(columns={['id', *_named(version, {'id'})]})")
    if version.kind == Kind.MATCHING:
        lines += _comparing(version)
    if pictures:
        lines += [
            f"    for name in {list(pictures)}:",
            "        small = pd.DataFrame([pixels(path) for path in rows[name]], rows.index)",
            '        rows = rows.drop(columns=name).join(small.add_prefix(name + "_"))',
        ]
    if lists := _named(version, {"list"}):
        lines += [
            f"    for name in {lists}:",
            "        lists = rows[name]",
            '        rows[name] = [None if each is None else " ".join(each) for each in lists]',
        ]
    return "\n".join([*lines, "    return rows"])


def _comparing(version: DatasetVersion) -> list[str]:
    """Return the lines that compare the columns that both records of a pair have."""
    types = {column["name"]: column["type"] for column in version.facts["columns"]}
    sides = [name.removeprefix("left_") for name in types if name.startswith("left_")]
    shared = [name for name in sides if f"right_{name}" in types]
    texts = [name for name in shared if types[f"left_{name}"] in TEXTS]
    numbers = [
        name for name in shared if types[f"left_{name}"] == types[f"right_{name}"] == "numeric"
    ]
    lines = []
    if texts:
        lines += [
            f"    for name in {texts}:",
            '        both = zip(rows["left_" + name], rows["right_" + name], strict=True)',
            '        rows[name + "_alike"] = [alike(*pair) for pair in both]',
        ]
    if numbers:
        lines += [
            f"    for name in {numbers}:",
            '        rows[name + "_apart"] = (rows["left_" + name] - rows["right_" + name]).abs()',
        ]
    return lines


def _training(version: DatasetVersion) -> str:
    if version.kind == Kind.MATCHING:
        positive = version.facts["positive_label"]
        return "\n".join(
            [
                'predictor = TabularPredictor("label", eval_metric="average_precision")',
                "predictor.fit(features(train), time_limit=30)",
                f"score = predictor.predict_proba(features(test))[{positive!r}]",
                'submission = pd.DataFrame({"id": test["id"], "score": score})',
                'submission.to_csv("submission.csv", index=False)',
            ]
        )
    return "\n".join(
        [
            'predictor = TabularPredictor("label", eval_metric="f1_macro")',
            "predictor.fit(features(train), time_limit=30)",
            "chances = predictor.predict_proba(features(test))",
            "chances = chances.reindex(columns=sample.columns[1:], fill_value=0)",
            'chances.insert(0, "id", test["id"])',
            'chances.to_csv("submission.csv", index=False)',
        ]
    )


def _named(version: DatasetVersion, types: set[str]) -> list[str]:
    return [column["name"] for column in version.facts["columns"] if column["type"] in types]
