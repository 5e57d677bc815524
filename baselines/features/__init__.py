"""Numeric features of table rows and of record pairs, shared by the methods."""
