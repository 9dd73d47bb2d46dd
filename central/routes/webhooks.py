"""Callbacks of providers: the signature is checked on the bytes as they came (docs/payments.md)."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from central.errors import Problem
from central.head_office import HeadOfficeDep
from central.routes.answers import problems
from central.services.webhooks import Callback
from pos.errors import UserError
from pos.gateways.webhooks import BYTES_MAX

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

log = structlog.get_logger(__name__)

_STATUS = {
    "webhook.unknown_provider": 404,
    "webhook.signature": 401,
    "webhook.too_long": 413,
}
_RAW = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.api_route(
    "/{provider}",
    methods=["POST", "PUT"],
    summary="Take a provider's callback",
    responses=problems(401, 404),
    openapi_extra=_RAW,
    operation_id="take_callback",
    include_in_schema=False,
)
@router.api_route(
    "/{provider}/{secret}",
    methods=["POST", "PUT"],
    summary="Take a provider's callback at a hidden address",
    responses=problems(401, 404),
    openapi_extra=_RAW,
    operation_id="take_hidden_callback",
    include_in_schema=False,
)
async def take(provider: str, request: Request, office: HeadOfficeDep, secret: str = "") -> Response:
    """A callback is only a hint to ask; one that came before changes nothing."""
    body = b""
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        body = await _body(request)
        is_new = await run_in_threadpool(office.webhooks.take, Callback(provider, body, headers, secret))
    except UserError as error:
        log.info("webhook.refused", provider=provider[:40], code=error.code, bytes=len(body))
        raise Problem(*(error.code, error.text), status=_STATUS.get(error.code, 400)) from error
    log.info("webhook.taken", provider=provider, is_new=is_new)
    # The answer that VTpass waits for; the others look at the status only.
    return Response(b'{"response":"success"}', media_type="application/json")


async def _body(request: Request) -> bytes:
    """Read the body. Raises UserError `webhook.too_long`, and `webhook.unreadable` where the line broke."""
    pieces, size = [], 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > BYTES_MAX:
                raise UserError("webhook.too_long", "This message is longer than any of a provider's.")
            pieces.append(piece)
    except ClientDisconnect as error:
        raise UserError("webhook.unreadable", "This message did not come in whole.") from error
    return b"".join(pieces)
