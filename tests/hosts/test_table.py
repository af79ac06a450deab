"""The table of hosts and checks."""

from hosts.records import Outcome
from hosts.table import NOT_TRIED, table


def test_the_table_has_a_cell_for_each_host_and_check():
    text = table(
        {
            "lab": {"save": Outcome("works"), "restart": Outcome("works with a word", "Gone.")},
            "voila": {"save": Outcome("does not", "a | b"), "restart": Outcome("-", "no way")},
            "firefox": {"": Outcome("-", "not tried: no screen")},
        },
        {"lab": "jupyterlab 4"},
        ["save", "restart"],
    )
    assert text.splitlines()[:4] == [
        "|  | lab | voila | firefox |",
        "| --- | --- | --- | --- |",
        "| save | works | **does not: a / b** | not tried: no screen |",
        "| restart | works with a word: Gone. | no way | not tried |",
    ]
    assert "lab: jupyterlab 4." in text and text.endswith(NOT_TRIED)
