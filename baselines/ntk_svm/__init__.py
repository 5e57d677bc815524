"""A support vector machine with the kernel of infinitely wide networks."""
