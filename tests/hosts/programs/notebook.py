"""Notebook 7, which is Lab's parts on a page of one notebook."""

from hosts.programs.jupyter import LabLike, installed


class Notebook(LabLike):
    """Outputs stand in the page itself."""

    name = "notebook"
    path = "/notebooks"
    command = ("-m", "notebook", "--JupyterNotebookApp.expose_app_in_browser=True")

    def versions(self) -> str:
        return installed("notebook", "ipywidgets", "ipykernel")
