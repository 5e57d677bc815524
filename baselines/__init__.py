"""Reference methods: a public data set folder in, one predictions file out."""
