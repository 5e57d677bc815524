"""pyarrow's submodules without types: its own annotations leave out most of their functions."""

from typing import Any

import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

compute: Any = pyarrow.compute
csv: Any = pyarrow.csv
parquet: Any = pyarrow.parquet
