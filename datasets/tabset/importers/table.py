"""One table with a label column, in one file or several with the same columns."""

from tabset.draft import Draft, Roles
from tabset.importers import files, options, pictures, rows
from tabset.importers.base import Importer, Option, Request

OPTIONS = (
    Option("label", "column that holds the label", required=True),
    Option("id", "column that holds the row's id; without it rows are numbered"),
    *options.ROLES,
    Option("split", "column that says train or test"),
    options.IMAGES,
    *options.COMMON,
)


def run(request: Request) -> Draft:
    """Stages the table; image columns are those whose cells name files of the image folder."""
    paths = files.tables(request.paths)
    names, batches = rows.appended(request, paths)
    where = paths[0].name
    label = options.require(names, request.options["label"], "label", where)
    roles = Roles(
        label=label,
        slices=options.chosen_slices(request, names, where),
        **options.chosen_roles(request, names, where),
    )
    images = pictures.gallery(request)
    return rows.stage(request, rows.Rows(names, batches, roles, images))


IMPORTER = Importer("table", "one table with a label column, with or without images", OPTIONS, run)
