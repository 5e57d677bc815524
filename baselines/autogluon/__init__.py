"""AutoGluon on features of the public files. The library itself is imported by absolute name."""
