"""The third sense: one small check of an endpoint at a time."""
