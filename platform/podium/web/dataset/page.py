"""What the page of a data set version shows."""

from collections.abc import Mapping

import structlog

from podium.catalog.models import DatasetVersion
from podium.web.base.presenters import Context
from podium.web.dataset.preview import preview, tables
from podium.web.dataset.profile import hidden_columns, profile, schema_tables
from tabset import schema
from tabset.citation import bibtex

log = structlog.get_logger(__name__)

FIRST_ROWS = 4
PANDAS = """import pandas as pd

train = pd.read_parquet("train.parquet")
test = pd.read_parquet("test.parquet")
# from CSV read ids and labels as text:
train = pd.read_csv("train.csv", dtype=str, keep_default_na=False)"""
AUTOGLUON = """import pandas as pd
from autogluon.tabular import TabularPredictor

train = pd.read_parquet("train.parquet")
test = pd.read_parquet("test.parquet")
predictor = TabularPredictor(label="label").fit(train.drop(columns="id"))
predictions = predictor.predict_proba(test.drop(columns="id"))"""
TABSET = """from pathlib import Path

import tabset

data = tabset.load(Path("{folder}"))
data.train, data.test, data.dataset.labels"""
CROISSANT = """import mlcroissant

data = mlcroissant.Dataset("croissant.json")
for row in data.records("train"):
    ..."""


def shown(version: DatasetVersion, *, may_download: bool) -> Context:
    """Return the page's content; rows and images only for those who may download the files."""
    facts = version.facts
    found = profile(version)
    described = schema_tables(version, found)
    return {
        "facts_json": facts,
        "facts": header_facts(version),
        "licence_url": licence_url(version),
        "profile": found,
        "columns": described,
        "hidden_columns": hidden_columns(version),
        "table_names": tables(version),
        "preview": _first_rows(version) if may_download else None,
        "snippets": snippets(version),
        "bibtex": bibtex(schema.from_json(facts)),
        "may_download": may_download,
    }


def licence_url(version: DatasetVersion) -> str:
    """Return the address of the licence if it is one that can be followed, or else nothing."""
    url = str(version.facts["licence"].get("url", ""))
    return url if schema.ADDRESS.fullmatch(url) else ""


def _first_rows(version: DatasetVersion) -> dict[str, object] | None:
    try:
        return preview(version, "train", 1, FIRST_ROWS)
    except FileNotFoundError:  # the page shows the facts without rows as well
        log.exception("training rows are lost", version=str(version))
        return None


def header_facts(version: DatasetVersion) -> list[dict[str, object]]:
    """Return what one wants to know first: the kind, how many rows, columns and classes."""
    rows: Mapping[str, int] = version.facts["rows"]
    facts: list[dict[str, object]] = [
        {"label": "Kind", "value": version.get_kind_display()},
        {"label": "Training rows", "value": f"{rows['train']:,}"},
        {"label": "Test rows", "value": f"{rows['test']:,}"},
        {"label": "Feature columns", "value": f"{len(version.facts['columns']):,}"},
    ]
    if version.classes:
        facts.append({"label": "Classes", "value": f"{len(version.classes):,}"})
    facts.append({"label": "Version", "value": version.number, "detail": version.content_hash[:12]})
    return facts


def snippets(version: DatasetVersion) -> list[dict[str, str]]:
    """Return how to load the version with each common tool, from its unpacked folder."""
    folder = version.archive.stem
    return [
        {"name": "pandas", "code": PANDAS},
        {"name": "AutoGluon", "code": AUTOGLUON},
        {"name": "tabset, with types", "code": TABSET.format(folder=folder)},
        {"name": "Croissant", "code": CROISSANT},
    ]
