"""Firefox on Lab, in a window of a virtual screen."""

from hosts.programs.jupyter import installed
from hosts.programs.lab import Lab


class Firefox(Lab):
    """The same Lab in the other engine."""

    name = "firefox"

    def versions(self) -> str:
        browser = self.page.context.browser
        return f"Firefox {browser.version if browser else ''}, {installed('jupyterlab')}"
