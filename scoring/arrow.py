"""Arrow's modules whose functions are made at run time or carry no types, as untyped names."""

from typing import Any

import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

compute: Any = pyarrow.compute
csv: Any = pyarrow.csv
parquet: Any = pyarrow.parquet
