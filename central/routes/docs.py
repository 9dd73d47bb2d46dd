"""The page that shows the OpenAPI document and tries it out; all of it comes from this server.

A script of somebody else beside the sign-in could read passwords, and a server in a shop may have no
internet. So the page has no script in it, its parts are files of an installed package, and a browser takes
nothing else.
"""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from central.errors import Problem

router = APIRouter(include_in_schema=False)

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # The pictures of the style are written into it.
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
_KEPT = {"Cache-Control": "public, max-age=86400"}
_PARTS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_START = "start.js"

# Addresses without a beginning, so that a proxy may serve all of it under a folder.
_PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kilotill head office</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/{_START}"></script>
</body>
</html>
"""
# No validator: it would be asked about the document on the internet.
_SCRIPT = """const ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  layout: "BaseLayout",
  presets: [SwaggerUIBundle.presets.apis],
  showExtensions: true,
  showCommonExtensions: true,
  validatorUrl: null,
});
ui.initOAuth({ clientId: "kilotill-docs", usePkceWithAuthorizationCodeGrant: false });
"""


@router.get("/docs")
def read_page() -> HTMLResponse:
    """Show the API."""
    return HTMLResponse(_PAGE, headers=_HEADERS)


@router.get("/docs/{name}")
def read_part(name: str) -> Response:
    """Give a part of the page."""
    if name == _START:
        return Response(_SCRIPT, headers=_HEADERS, media_type="text/javascript")
    if name not in _PARTS:
        raise Problem("request.not_found", "There is nothing at this address.", status=404)
    found = files("fastapi_offline").joinpath("static", name)
    return Response(found.read_bytes(), headers=_HEADERS | _KEPT, media_type=_PARTS[name])
