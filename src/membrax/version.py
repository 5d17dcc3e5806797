"""The version, which pyproject.toml reads from here and results carry with them."""

__version__ = "0.1.0"
