"""Who may open the app: visitors without its key see a page of ours that says what to do.

Voila loads this file in its own process; it is the only one here that needs Jupyter's server.
"""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import PasswordIdentityProvider
from jupyter_server.base.handlers import JupyterHandler

PAGE = "token.html.j2"
_MOST = 2000  # characters of what somebody pastes


class Visitors(PasswordIdentityProvider):
    """Jupyter's rules for tokens and cookies, with our page in place of its form."""

    def get_handlers(self) -> list[tuple[str, object]]:
        """The page that every other one leads to until the key is known."""
        return [(r"/login", NeedsKey)]


class NeedsKey(JupyterHandler):
    """Says that the whole address is needed, and takes it."""

    @allow_unauthenticated
    def get(self) -> None:
        """The page; with `given`, on to the address that it names."""
        given = self.get_argument("given", "")
        if self.current_user:
            self.redirect(self.base_url)
        elif given.strip():
            self.redirect(f"{self.base_url}?token={quote(key_in(given), safe='')}")
        else:
            was_wrong = "token=" in self.get_argument("next", "")
            page = self.settings["voila_jinja2_env"].get_template(PAGE)
            self.set_status(403)
            self.finish(page.render(base_url=self.base_url, was_wrong=was_wrong))


def key_in(text: str) -> str:
    """The token in what somebody pasted: the app's whole address, a part of it or the token."""
    text = text.strip()[:_MOST]
    query = urlsplit(text).query if "?" in text else text
    return parse_qs(query).get("token", [text])[0].strip()
