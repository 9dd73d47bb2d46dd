"""Who may call MTN in the sandbox: subscription keys, API users, tokens, target environments."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import partial
from typing import Any

from pos.gateways.sandbox.core import Core
from pos.gateways.sandbox.credentials import MTN_API_KEY, MTN_SUBSCRIPTION_KEYS, MTN_USER
from pos.gateways.sandbox.mtn_answers import error, gateway_error, is_uuid, reference_of
from pos.gateways.sandbox.mtn_data import CURRENCIES, SANDBOX, USER_INFO
from pos.gateways.sandbox.tokens import Tokens
from pos.gateways.sandbox.wire import Answer, Request, Route, empty_answer, json_answer

TOKEN_LIFETIME_S = 3600
PRODUCTS = tuple(MTN_SUBSCRIPTION_KEYS)
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_KEY = re.compile(r"[0-9a-z]{32}", re.IGNORECASE)


@dataclass(slots=True)
class User:
    """An API user; `product` is that of the subscription key that made it, empty if that is not known."""

    callback_host: str
    product: str = ""
    api_key: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, and into which environment."""

    user: str
    environment: str
    callback_hosts: frozenset[str]


class Access:
    """API users and their tokens."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._users = {MTN_USER: User("localhost", api_key=MTN_API_KEY)}
        self._tokens = Tokens(core.timeline.now, lifetime_s=TOKEN_LIFETIME_S)
        self._consents: dict[str, str] = {}

    def routes(self) -> tuple[Route, ...]:
        routes = [
            Route("POST", "v1_0/apiuser", self._make_user),
            Route("GET", "v1_0/apiuser/{id}", self._show_user),
            Route("POST", "v1_0/apiuser/{id}/apikey", self._make_key),
        ]
        for product in PRODUCTS:
            routes.append(Route("POST", f"{product}/token", partial(self._make_token, product)))
            routes.append(
                Route("POST", f"{product}/oauth2/token", partial(self._make_consent_token, product))
            )
            routes.append(Route("POST", f"{product}/v1_0/bc-authorize", partial(self._ask_consent, product)))
            routes.append(Route("GET", f"{product}/oauth2/v1_0/userinfo", partial(self._consented, product)))
        return tuple(routes)

    def caller(self, product: str, request: Request) -> Caller | Answer:
        """Return who calls, or the refusal."""
        if (wrong := _wrong_key(request, product)) is not None:
            return wrong
        grant = self._tokens.find(request.bearer())
        if grant is None or grant.scope != product:
            return json_answer(401, {"error": "invalid_token"})
        environment = request.header("x-target-environment")
        if not environment:
            return error(400, "BAD_REQUEST", "The header X-Target-Environment is missing.")
        user = self._users[grant.owner]
        if environment not in CURRENCIES or user.product not in ("", product):
            return error(500, "NOT_ALLOWED_TARGET_ENVIRONMENT")
        is_own = grant.owner == MTN_USER
        hosts = LOOPBACK_HOSTS if is_own else frozenset({user.callback_host.lower()})
        return Caller(grant.owner, environment, hosts)

    def revoke(self, request: Request) -> None:
        self._tokens.revoke(request.bearer())

    def _make_user(self, request: Request) -> Answer:
        if (wrong := _wrong_key(request)) is not None:
            return wrong
        reference, host = reference_of(request), request.fields().get("providerCallbackHost")
        if not is_uuid(reference):
            return error(400, "BAD_REQUEST", "X-Reference-Id must be a UUID.")
        if not isinstance(host, str) or not host.strip():
            return error(400, "BAD_REQUEST", "providerCallbackHost is missing.")
        user = User(host.strip(), _product_of(_key(request)))
        if self._users.setdefault(reference, user) is not user:
            return error(409, "RESOURCE_ALREADY_EXIST")
        return empty_answer(201)

    def _show_user(self, request: Request) -> Answer:
        if (wrong := _wrong_key(request)) is not None:
            return wrong
        user = self._user(request.named["id"])
        if isinstance(user, Answer):
            return user
        return json_answer(200, {"providerCallbackHost": user.callback_host, "targetEnvironment": SANDBOX})

    def _make_key(self, request: Request) -> Answer:
        if (wrong := _wrong_key(request)) is not None:
            return wrong
        user = self._user(request.named["id"])
        if isinstance(user, Answer):
            return user
        if request.named["id"].lower() == MTN_USER:
            return error(500, "NOT_ALLOWED")
        user.api_key = self._core.dice.hex(32)
        return json_answer(201, {"apiKey": user.api_key})

    def _user(self, reference: str) -> User | Answer:
        if not is_uuid(reference):
            return error(400, "BAD_REQUEST", "The id of the user must be a UUID.")
        return self._users.get(reference.lower()) or error(404, "RESOURCE_NOT_FOUND")

    def _make_token(self, product: str, request: Request) -> Answer:
        if (wrong := _wrong_key(request, product)) is not None:
            return wrong
        owner = self._basic_user(request)
        if owner is None:
            return json_answer(401, {"error": "login_failed"})
        return json_answer(200, self._token(owner, product))

    def _token(self, owner: str, product: str) -> dict[str, Any]:
        token = self._tokens.issue(
            f"eyJ0eXAiOiJKV1QifQ.{self._core.dice.hex(48)}", owner=owner, scope=product
        )
        return {"access_token": token, "token_type": "access_token", "expires_in": TOKEN_LIFETIME_S}

    def _ask_consent(self, product: str, request: Request) -> Answer:
        """Begin the consent flow; libraries come with the login of the API user or with a token."""
        owner = None if _wrong_key(request, product) is not None else self._basic_user(request)
        if owner is None:
            caller = self.caller(product, request)
            if isinstance(caller, Answer):
                return caller
            owner = caller.user
        consent = self._core.dice.uuid()
        self._consents[consent] = owner
        return json_answer(200, {"auth_req_id": consent, "interval": 5, "expires_in": TOKEN_LIFETIME_S})

    def _make_consent_token(self, product: str, request: Request) -> Answer:
        if (wrong := _wrong_key(request, product)) is not None:
            return wrong
        owner = self._basic_user(request)
        if owner is None:
            return json_answer(401, {"error": "login_failed"})
        if self._consents.get(str(request.fields().get("auth_req_id", ""))) != owner:
            return json_answer(400, {"error": "invalid_grant"})
        refresh = {"refresh_token": self._core.dice.hex(48), "refresh_token_expired_in": TOKEN_LIFETIME_S}
        return json_answer(200, self._token(owner, product) | {"scope": "profile"} | refresh)

    def _consented(self, product: str, request: Request) -> Answer:
        caller = self.caller(product, request)
        if isinstance(caller, Answer):
            return caller
        return json_answer(200, {"sub": caller.user, **USER_INFO})

    def _basic_user(self, request: Request) -> str | None:
        scheme, _, text = request.header("authorization").partition(" ")
        try:
            name, _, key = base64.b64decode(text.strip(), validate=True).decode().partition(":")
        except ValueError:
            return None
        name = name.lower()
        user = self._users.get(name)
        is_right = scheme.lower() == "basic" and user is not None and bool(key) and user.api_key == key
        return name if is_right else None


def _key(request: Request) -> str:
    return request.header("ocp-apim-subscription-key") or request.query.get("subscription-key", "")


def _product_of(key: str) -> str:
    return next((product for product, keys in MTN_SUBSCRIPTION_KEYS.items() if key in keys), "")


def _wrong_key(request: Request, product: str = "") -> Answer | None:
    key = _key(request)
    if _KEY.fullmatch(key) is None or (product and _product_of(key) not in ("", product)):
        return gateway_error(401, "Access denied due to invalid subscription key.")
    return None
