"""The assembled experiments, one module a chapter."""
