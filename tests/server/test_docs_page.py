"""The page of the API: whole without internet, and closed to everything from elsewhere."""

import re
from html.parser import HTMLParser

import pytest

from tests.server.rig import Server


class _Addresses(HTMLParser):
    """Everything a browser would fetch for a page, and every script that stands in it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inner: list[str] = []
        self._is_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "action")]
        self._is_script = tag in ("script", "style")
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]

    def handle_data(self, data: str) -> None:
        if self._is_script and data.strip():
            self.inner.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._is_script = False


def test_page_names_no_foreign_host_and_all_its_parts_are_here(server: Server) -> None:
    answer = server.client.get("/docs")
    page = _Addresses()
    page.feed(answer.text)

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.inner == []
    assert "//" not in answer.text
    own = [one for one in page.found if not one.startswith("data:")]
    assert own == ["docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js"]
    parts = [server.client.get(f"/{one}") for one in own]
    assert [one.status_code for one in parts] == [200] * 3
    assert [one.headers["Content-Type"] for one in parts] == [
        "text/css; charset=utf-8",
        "text/javascript; charset=utf-8",
        "text/javascript; charset=utf-8",
    ]


def test_parts_of_the_page_fetch_nothing_from_elsewhere(server: Server) -> None:
    style = server.client.get("/docs/swagger-ui.css").text
    start = server.client.get("/docs/start.js").text

    assert all(one.startswith(("data:", '"data:')) for one in re.findall(r"url\(([^)]*)", style))
    assert "@import" not in style
    assert "//" not in start
    assert 'url: "openapi.json"' in start
    assert "validatorUrl: null" in start


@pytest.mark.parametrize("path", ["/docs", "/docs/start.js", "/docs/swagger-ui-bundle.js"])
def test_policy_of_the_page_lets_a_browser_take_only_what_comes_from_here(server: Server, path: str) -> None:
    policy = server.client.get(path).headers["Content-Security-Policy"]

    rules = {name: sources for name, *sources in (rule.split() for rule in policy.split(";"))}
    assert rules.pop("img-src") == ["'self'", "data:"]
    assert rules.pop("default-src") == ["'none'"]
    assert {source for sources in rules.values() for source in sources} == {"'self'", "'none'"}
    assert {"script-src", "style-src", "connect-src", "base-uri", "form-action", "frame-ancestors"} == set(
        rules
    )


@pytest.mark.parametrize(
    "path",
    [
        "/redoc",
        "/docs/oauth2-redirect",
        "/docs/redoc.standalone.js",
        "/docs/../core.py",
        "/docs/%2e%2e%2fcore.py",
    ],
)
def test_page_has_no_other_parts(server: Server, path: str) -> None:
    answer = server.client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "request.not_found")


def test_document_of_the_api_names_the_sign_in_and_no_foreign_host(server: Server) -> None:
    document = server.client.get("/openapi.json")

    flow = document.json()["components"]["securitySchemes"]["OAuth2PasswordBearer"]["flows"]["password"]
    assert (flow["tokenUrl"], flow["refreshUrl"]) == ("token", "v1/auth/refresh")
    assert re.findall(r"https?://[^\"\s]*", document.text) == []
