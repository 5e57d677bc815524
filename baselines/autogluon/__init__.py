"""AutoGluon on features of the public files. The real library is imported by absolute name."""
