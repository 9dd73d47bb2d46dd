"""Tries the packaged program as a shop would: `python -m tools.smoke_frozen [folder of the program]`.

It makes a shop and its database, opens a shift, sells a token and prints it to a file, opens the window and
closes it, and checks the books. Nothing of Python's or the checkout's is within its reach but what lies in
its folder. It prints how long each step took and how large the folder is.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pos.config import PRINTER
from pos.system.machine_file import read_machine_file, write_machine_file

ROOT = Path(__file__).parents[1]
CASHIER, PIN = "Aline", "24680"
WINDOW_S = 8
STEP_S = 180
_LEFT_OUT = ("DISPLAY", "WAYLAND_DISPLAY", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "QT_PLUGIN_PATH")


class Smoke:
    """One run of the packaged program in a folder of its own."""

    def __init__(self, program: Path, room: Path) -> None:
        self._program, self._room = program, room
        self._till = room / "till"
        kept = {name: text for name, text in os.environ.items() if name not in _LEFT_OUT}
        kept = {name: text for name, text in kept.items() if not name.startswith("PYTHON")}
        own = {
            name: str(room / name) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
        }
        self._environment = kept | own | {"QT_QPA_PLATFORM": "offscreen"}

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """Return what is tried, in order."""
        return [
            ("version", lambda: self._expect("kilotill", self._run("--version"))),
            ("sts self-test", self._test_engine),
            ("new shop and database", self._make_shop),
            ("sale, printed to a file", self._sell),
            ("receipt as PDF", self._write_pdf),
            ("set-up of a real till", self._set_up),
            ("picture of the window", self._draw),
            ("window, and out again", self._open_window),
            ("books", self._verify),
        ]

    def _test_engine(self) -> None:
        answer = json.loads(self._run("sts", "self-test", "--json"))
        assert not answer["failed"], answer

    def _make_shop(self) -> None:
        answer = self._json("demo", "--json")
        self._meter = answer["meters"][0]
        paper = self._room / "paper.bin"
        paper.touch()
        write_machine_file(self._till, read_machine_file(self._till) | {PRINTER.key: f"file:{paper}"})

    def _sell(self) -> None:
        who = ("--operator", CASHIER, "--pin-stdin", "--json")
        self._json("shift", "open", "--float", "50000", *who, typed=PIN)
        sale = self._json("sell", "--meter", self._meter, "--amount", "5000", *who, typed=PIN)
        assert len(sale["token"]) == 20, sale
        printed = (self._room / "paper.bin").read_bytes()
        assert sale["receipt_number"].encode() in printed, "the receipt was not printed"

    def _write_pdf(self) -> None:
        path = self._room / "receipt.pdf"
        self._run("--data", str(self._till), "receipt", self._meter, "--pdf", str(path))
        assert path.read_bytes().startswith(b"%PDF"), "no PDF"

    def _set_up(self) -> None:
        plan = next(self._program.parent.rglob("shop.json"))
        phrases = {"KILOTILL_OPENING_PHRASE": "a phrase to try", "KILOTILL_PASSPHRASE": "another to try"}
        folder = str(self._room / "real")
        answer = json.loads(self._run("--data", folder, "init", "--from", str(plan), "--json", **phrases))
        assert answer, "nothing was set up"

    def _draw(self) -> None:
        if sys.platform != "linux":
            return
        self._run("--data", str(self._till), "--demo")
        assert (self._till / "sell.png").stat().st_size > 10_000, "the Sell screen was not drawn"

    def _open_window(self) -> None:
        """Open the window and ask the program to stop, as Ctrl-C in its terminal does."""
        if sys.platform == "win32":
            return
        command = [str(self._program), "--data", str(self._till)]
        environment = self._environment | {"DISPLAY": "none"}
        with subprocess.Popen(  # noqa: S603 - the program that was just built
            command, env=environment, cwd=self._room, stderr=subprocess.PIPE
        ) as running:
            try:
                _, trouble = running.communicate(timeout=WINDOW_S)
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGINT)
                _, trouble = running.communicate(timeout=STEP_S)
            else:
                raise AssertionError(f"the window did not stay open: {trouble.decode()}")
        assert running.returncode == 0, f"{running.returncode}: {trouble.decode()}"
        assert b"Traceback" not in trouble, trouble.decode()

    def _verify(self) -> None:
        answer = self._json("verify", "--json")
        assert not answer["findings"], answer

    def _json(self, *arguments: str, typed: str = "") -> Any:
        return json.loads(self._run("--data", str(self._till), *arguments, typed=typed))

    def _run(self, *arguments: str, typed: str = "", **more: str) -> str:
        answer = subprocess.run(  # noqa: S603 - the program that was just built
            [str(self._program), *arguments],
            env=self._environment | more,
            cwd=self._room,
            input=typed,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=STEP_S,
            check=False,
        )
        assert answer.returncode == 0, f"{arguments} ended with {answer.returncode}:\n{answer.stderr}"
        return answer.stdout

    @staticmethod
    def _expect(text: str, answer: str) -> None:
        assert text in answer, answer


def size_mb(folder: Path) -> float:
    """Return the size of a folder in MB; a link counts nothing."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6


def main(arguments: list[str]) -> int:
    """Try the program; return 0 if everything went well, 1 if not."""
    folder = Path(arguments[0] if arguments else ROOT / "dist" / "kilotill").resolve()
    program = folder / ("kilotill.exe" if sys.platform == "win32" else "kilotill")
    print(f"{folder.name}: {size_mb(folder):.0f} MB")
    with tempfile.TemporaryDirectory() as room:
        for name, step in Smoke(program, Path(room).resolve()).steps():
            started = time.monotonic()
            try:
                step()
            except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as error:
                print(f"{name}: FAILED\n{error}", file=sys.stderr)
                return 1
            print(f"{name}: {time.monotonic() - started:.1f} s")
    print("The packaged program works.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
