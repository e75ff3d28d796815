"""A family of models: see `kerasgen.models`."""
