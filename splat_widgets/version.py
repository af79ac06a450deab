"""The version of this package, read by the build, and where notebooks install it from."""

__version__ = "0.1.0"

# A requirement for pip: `splat-widgets @ https://…/splat_widgets-0.1.0-py3-none-any.whl` or
# `splat-widgets @ git+https://…`. Empty as long as there is no address: the bare name would install
# whatever somebody else publishes under it. `python notebooks/first_cell.py` writes it into the
# notebooks, which then take a wheel beside them.
SOURCE = ""
