"""JupyterLab, as `constraints.txt` has it."""

from hosts.programs.jupyter import LabLike, installed


class Lab(LabLike):
    """Outputs stand in the page itself."""

    name = "lab"
    path = "/lab/tree"
    command = ("-m", "jupyterlab", "--LabApp.expose_app_in_browser=True")

    def versions(self) -> str:
        return installed("jupyterlab", "ipywidgets", "ipykernel")
