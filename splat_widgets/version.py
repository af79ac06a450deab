"""The version of this package, read by the build, and where notebooks install it from."""

__version__ = "0.1.0"

# A requirement for pip: the name, `splat-widgets @ https://…/splat_widgets-0.1.0-py3-none-any.whl`
# or `splat-widgets @ git+https://…`. `python notebooks/first_cell.py` writes it into the notebooks.
SOURCE = "splat-widgets"
