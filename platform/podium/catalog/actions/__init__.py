"""What happens to data set versions and to the imports from which they come."""

from podium.catalog.actions.imports import (
    CannotImport,
    cancel,
    discard,
    edit_draft,
    reopen,
    request_build,
    request_check,
    request_import,
    retry,
    start_import,
)
from podium.catalog.actions.licences import accept_licence, has_accepted
from podium.catalog.actions.raw import (
    add_raw_file,
    find_raw_file,
    remove_raw_file,
)
from podium.catalog.actions.versions import (
    CannotPublish,
    add_solution,
    count_download,
    publish,
    publish_version,
    restore,
    retire,
    set_access,
    store_built,
)

__all__ = [
    "CannotImport",
    "CannotPublish",
    "accept_licence",
    "add_raw_file",
    "add_solution",
    "cancel",
    "count_download",
    "discard",
    "edit_draft",
    "find_raw_file",
    "has_accepted",
    "publish",
    "publish_version",
    "remove_raw_file",
    "reopen",
    "request_build",
    "request_check",
    "request_import",
    "restore",
    "retire",
    "retry",
    "set_access",
    "start_import",
    "store_built",
]
