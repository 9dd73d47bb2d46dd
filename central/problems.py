"""Writes every refusal as a problem of RFC 9457, with the request's id."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from central.errors import PROBLEM_MEDIA_TYPE, FieldProblem, Problem, problem_of
from central.logs import logger
from pos.errors import KilotillError, MachineFault

_log = logger(__name__)


def problem_response(problem: Problem, request_id: str) -> JSONResponse:
    """Return the answer; it never repeats what was sent."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.text,
        "code": problem.code,
        "request_id": request_id,
        **problem.extra,
    }
    if problem.errors:
        content["errors"] = [error.as_json() for error in problem.errors]
    return JSONResponse(content, problem.status, headers=problem.headers, media_type=PROBLEM_MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Let an application answer all its errors as problems."""
    app.add_exception_handler(KilotillError, _answer_ours)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(ClientDisconnect, _answer_gone)


async def _answer_ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, KilotillError)
    if isinstance(error, MachineFault):
        _log.error("machine fault", error_code=error.code, exc_info=error)
    problem = problem_of(error, request.app.state.clock.now())
    return problem_response(problem, request.state.request_id)


async def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [
        FieldProblem(".".join(str(part) for part in one["loc"]), one["type"], one["msg"])
        for one in error.errors()
    ]
    text = "The request has fields that are missing or not right; `errors` names them."
    problem = Problem("request.invalid", text, status=422, errors=errors)
    return problem_response(problem, request.state.request_id)


async def _answer_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem_response(_of_http(error), request.state.request_id)


async def _answer_gone(request: Request, error: Exception) -> JSONResponse:
    """Answer a caller whose line broke in the middle: nobody hears it, and it is no fault of ours."""
    assert isinstance(error, ClientDisconnect)
    problem = Problem("request.unreadable", "The request did not come in whole.", status=400)
    return problem_response(problem, request.state.request_id)


def _of_http(error: HTTPException) -> Problem:
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return Problem("request.not_found", "There is nothing at this address.", status=404)
    if error.status_code == 405:
        text = "This address does not take that method."
        return Problem("request.method", text, status=405, headers=headers)
    text = "The request could not be read."
    return Problem("request.unreadable", text, status=error.status_code, headers=headers)
