"""The checks, in the order of the table."""

from hosts.checks.busy import busy
from hosts.checks.containers import containers
from hosts.checks.cut_line import cut_line
from hosts.checks.download import download
from hosts.checks.inspector import inspector
from hosts.checks.left import left, reopened
from hosts.checks.reload import reload
from hosts.checks.restart import restart
from hosts.checks.save import save
from hosts.checks.studio import studio

CHECKS = {
    "Studio: drop two photos, Generate": studio,
    "`inspect`: pick, lasso": inspector,
    "inspectors in `HBox`, `VBox`, `Tab`, `Accordion`, `Output`, `interact`": containers,
    "save": save,
    "download": download,
    "page loaded anew": reload,
    "kernel restarted": restart,
    "kernel restarted, page loaded anew": left,
    "line cut for 0.2 s during a scene": cut_line,
    "Generate on a busy kernel": busy,
    "reopened without its kernel": reopened,
}
