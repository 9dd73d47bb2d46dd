"""The server as it is run: set up from the command line, started, asked over loopback, stopped."""

import json
import re
import socket
import sqlite3
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import httpx2 as httpx
import pytest

from central.demo import DEMO_PASSWORD
from tests.server.process import RunningServer, run_command, running, wait_until
from tests.server.rig import PASSWORD

KEYS = {
    "KILOTILL_SECRET_KEY": "00112233445566778899aabbccddeeff" * 2,
    "KILOTILL_SIGNING_KEY": "102132435465768798a9bacbdcedfe0f" * 2,
    "KILOTILL_VAULT_KEY": "2031425364758697a8b9cadbecfd0e1f" * 2,
}
BILL = {"type": "bill", "money_minor": 5000, "currency": "RWF"}


def _refused(answer: subprocess.CompletedProcess[str]) -> str:
    """The code of a command's refusal."""
    assert answer.returncode == 1, answer.stdout + answer.stderr
    return answer.stderr.rstrip().rpartition("[")[2].removesuffix("]")


def _sign_in(url: str, username: str, password: str) -> dict[str, str]:
    answer = httpx.post(f"{url}/token", data={"username": username, "password": password})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_one_shop_is_set_up_served_and_stopped(tmp_path: Path) -> None:
    made = run_command(tmp_path, "create-organisation", "shop", "--name", "Corner Shop")
    assert made.returncode == 0, made.stderr
    boss = run_command(
        tmp_path, "create-administrator", "boss", "--name", "The Boss", "--password-stdin", given=PASSWORD
    )
    assert boss.returncode == 0, boss.stderr

    with running(tmp_path) as server:
        headers = _sign_in(server.url, "boss", PASSWORD)
        answer = httpx.post(
            f"{server.url}/users/",
            json={"username": "aline", "full_name": "Aline", "role": "C", "password": PASSWORD},
            headers=headers,
        )
        second = run_command(tmp_path, "serve")
        code = server.stop()

    assert answer.status_code == 201
    assert _refused(second) == "server.in_use"
    assert code == 0
    log = server.log.read_text(encoding="utf-8")
    assert "Application shutdown complete" in log
    assert PASSWORD not in log
    assert (tmp_path / "keys.json").exists()
    names = run_command(tmp_path, "organisations").stdout
    assert names.startswith("shop\t")


def test_commands_say_what_is_wrong(tmp_path: Path) -> None:
    nobody = run_command(
        tmp_path, "create-administrator", "x", "--name", "X", "--password-stdin", given=PASSWORD
    )
    assert "create-organisation" in nobody.stderr
    assert (tmp_path / "central.sqlite").stat().st_mode & 0o077 == 0
    bad = run_command(tmp_path, "create-organisation", "Bad Slug", "--name", "X")
    made = run_command(tmp_path, "create-organisation", "shop", "--name", "Shop")
    assert (made.returncode, made.stderr) == (0, "")
    assert UUID(made.stdout.strip()).version == 7
    name = run_command(
        tmp_path, "create-administrator", "A Name", "--name", "X", "--password-stdin", given=PASSWORD
    )
    silent = run_command(tmp_path, "create-administrator", "x", "--name", "X")
    assert _refused(silent) == "password.no_terminal"
    unknown = run_command(tmp_path, "no-such-command")
    workers = run_command(tmp_path, "serve", KILOTILL_WORKERS="2")
    default = run_command(tmp_path, "serve", KILOTILL_SECRET_KEY="01" * 32)

    assert _refused(nobody) == "organisation.unknown"
    assert _refused(bad) == "organisation.slug"
    assert _refused(name) == "user.name"
    assert unknown.returncode == 2
    assert _refused(workers) == "settings.workers"
    assert _refused(default) == "settings.default_secret"


def test_address_that_somebody_else_has_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        answer = run_command(tmp_path, "serve", KILOTILL_PORT=port)

    assert _refused(answer) == "server.address"


def test_lost_password_and_maintenance_are_set_from_the_command_line(tmp_path: Path) -> None:
    run_command(tmp_path, "create-organisation", "shop", "--name", "Shop")
    run_command(tmp_path, "create-administrator", "boss", "--name", "B", "--password-stdin", given=PASSWORD)

    new = run_command(tmp_path, "set-password", "boss", "--password-stdin", given="another good password")
    missing = run_command(tmp_path, "set-password", "nobody", "--password-stdin", given=PASSWORD)
    on = run_command(tmp_path, "maintenance", "on", "--minutes", "5", "--note", "New disk")

    assert (new.returncode, missing.returncode, on.returncode) == (0, 1, 0)
    assert _refused(missing) == "user.unknown"
    with sqlite3.connect(tmp_path / "central.sqlite") as database:
        note, until = database.execute(
            "SELECT maintenance_note, maintenance_until FROM organisation"
        ).fetchone()
        kinds = [row[0] for row in database.execute("SELECT kind FROM security_event ORDER BY id")]
    database.close()
    assert (note, until is not None) == ("New disk", True)
    assert kinds == ["organisation_created", "user_created", "password_set", "maintenance_on"]
    assert run_command(tmp_path, "maintenance", "off").returncode == 0


def test_demo_is_served_at_once_and_never_becomes_live(tmp_path: Path) -> None:
    with running(tmp_path, ["--demo"]) as server:
        headers = _sign_in(server.url, "alice", DEMO_PASSWORD)
        document = httpx.get(f"{server.url}/openapi.json").json()
        page = httpx.get(f"{server.url}/docs")
        me = httpx.get(f"{server.url}/users/me/", headers=headers).json()

    assert me["full_name"] == "Alice Mukamana"
    assert document["info"]["title"] == "Kilotill head office"
    assert page.status_code == 200
    live = run_command(tmp_path, "serve")
    assert _refused(live) == "data.demo"


def test_request_under_way_is_finished_when_the_server_stops(tmp_path: Path) -> None:
    """A sign-in takes its time for the hash: it is asked for, then the server is told to stop."""
    with running(tmp_path, ["--demo"]) as server, ThreadPoolExecutor(4) as pool:
        begun = threading.Barrier(5, timeout=30)

        def sign_in(username: str) -> int:
            with httpx.Client(base_url=server.url, timeout=30) as client:
                client.get("/health")
                begun.wait()
                data = {"username": username, "password": DEMO_PASSWORD}
                return client.post("/token", data=data).status_code

        asked = [pool.submit(sign_in, name) for name in ("alice", "aline", "samuel", "felix")]
        begun.wait()
        wait_until(lambda: _is_asked(server), server.log)
        code = server.stop()
        answers = [one.result() for one in asked]

    assert code == 0
    assert answers == [200] * 4


def _is_asked(server: RunningServer) -> bool:
    """Somebody's request is under way: the one that asks for the figures, and others."""
    figures = httpx.get(f"{server.url}/metrics").text
    (running_now,) = re.findall(r"^kilotill_requests_running (\S+)$", figures, re.MULTILINE)
    return float(running_now) > 1


@pytest.mark.postgres
def test_two_workers_on_postgresql_serve_one_truth(postgres_database_url: str, tmp_path: Path) -> None:
    environment = {**KEYS, "KILOTILL_DATABASE_URL": postgres_database_url, "KILOTILL_WORKERS": "2"}
    run_command(tmp_path, "create-organisation", "grid", "--name", "Grid", **environment)
    run_command(
        tmp_path,
        "create-administrator",
        "boss",
        "--name",
        "B",
        "--password-stdin",
        given=PASSWORD,
        **environment,
    )

    with running(tmp_path, environment=environment | {"KILOTILL_RATE_USER": "100000"}) as server:
        headers = _sign_in(server.url, "boss", PASSWORD) | {"Idempotency-Key": "once"}

        def make(_: int) -> str:
            # A connection of its own each time, so that both workers are asked.
            answer = httpx.post(f"{server.url}/transactions/", json=BILL, headers=headers)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["id"])

        with ThreadPoolExecutor(8) as pool:
            made = set(pool.map(make, range(40)))
        listed = httpx.get(f"{server.url}/transactions/", headers=headers).json()["items"]
        figures = httpx.get(f"{server.url}/metrics").text
        code = server.stop()

    assert (len(made), len(listed), code) == (1, 1, 0)
    assert 'kilotill_requests_total{method="POST",route="/transactions/",status="201"} 40.0' in figures
    started = [
        json.loads(line)
        for line in server.log.read_text(encoding="utf-8").splitlines()
        if "Started server process" in line
    ]
    assert len(started) == 2
