"""The MLCommons Croissant 1.0 description of a data set: files, and record sets over Parquet.

Source: https://docs.mlcommons.org/croissant/docs/croissant-spec.html
"""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from tabset.schema import Column, ColumnType, Dataset

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
MIME_TYPES = {
    ".csv": "text/csv",
    ".parquet": "application/x-parquet",
    ".zip": "application/zip",
}
DATA_TYPES = {
    ColumnType.NUMERIC: "sc:Float",
    ColumnType.DATETIME: "sc:DateTime",
    ColumnType.BOOLEAN: "sc:Boolean",
}
TERMS = (
    "citeAs column examples extract field fileProperty fileObject fileSet format includes "
    "isLiveDataset jsonPath key md5 parentField path recordSet references regex repeated replace "
    "samplingRate separator source subField transform"
)


def document(dataset: Dataset) -> dict[str, Any]:
    """The JSON-LD document; `dataset.files` must hold the data files with their hashes."""
    return {
        "@context": _context(),
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": dataset.name,
        "description": f"{dataset.title}. {dataset.description.strip()}",
        "version": "1.0.0",
        "license": dataset.licence.url or dataset.licence.name,
        "citeAs": dataset.citation,
        "distribution": [
            _file_object(name, dataset)
            for name in dataset.files
            if "/" not in name and PurePosixPath(name).suffix in MIME_TYPES
        ],
        "recordSet": _record_sets(dataset),
    }


def _context() -> dict[str, Any]:
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "sc": "https://schema.org/",
        "conformsTo": "dct:conformsTo",
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        **{term: f"cr:{term}" for term in TERMS.split()},
        "examples": {"@id": "cr:examples", "@type": "@json"},
    }


def _file_object(name: str, dataset: Dataset) -> dict[str, Any]:
    fact = dataset.files[name]
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{fact.bytes} B",
        "encodingFormat": MIME_TYPES[PurePosixPath(name).suffix],
        "sha256": fact.sha256,
    }


def _record_sets(dataset: Dataset) -> list[dict[str, Any]]:
    row_id = Column("id", ColumnType.ID, "Identifies the row.")
    label = Column("label", ColumnType.TEXT, "The label.")
    record_id = Column("record_id", ColumnType.ID, "Identifies the record.")
    sets = [
        _record_set("train", (row_id, *dataset.columns, label)),
        _record_set("test", (row_id, *dataset.columns)),
    ]
    sets += [_record_set(name, (record_id, *columns)) for name, columns in dataset.records.items()]
    return sets


def _record_set(table: str, columns: Sequence[Column]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "key": {"@id": f"{table}/{columns[0].name}"},
        "field": [_field(table, column) for column in columns],
    }


def _field(table: str, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table}/{column.name}",
        "name": f"{table}/{column.name}",
        "description": column.description,
        "dataType": DATA_TYPES.get(column.type, "sc:Text"),
        "source": {
            "fileObject": {"@id": f"{table}.parquet"},
            "extract": {"column": column.name},
        },
    }
    if column.type is ColumnType.LIST:
        field["repeated"] = True
    return field
