"""The one error that a caller of this package has to expect."""


class DatasetError(ValueError):
    """A data set, or what should become one, breaks the standard; the text says where and how."""
