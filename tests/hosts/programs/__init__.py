"""The hosts, by the names that select them."""

from hosts.programs.classic import Classic
from hosts.programs.firefox import Firefox
from hosts.programs.lab import Lab
from hosts.programs.marimo import Marimo
from hosts.programs.notebook import Notebook
from hosts.programs.voila import Voila

PROGRAMS = {one.name: one for one in (Lab, Notebook, Classic, Voila, Marimo, Firefox)}
