"""The trivial method: class priors, or the prevalence as every score."""
