"""The window as a process of its own: what it loads, and what a killed one leaves."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from pos.bootstrap import Access, open_till
from pos.domain.permissions import Role
from pos.domain.shift import cash_count
from pos.system.paths import DataFolder

HEAVY = (
    *("alembic", "escpos", "reportlab", "pyqtgraph", "numpy", "openpyxl", "requests", "xlsxwriter"),
    *("urllib3", "pydantic", "phonenumbers", "PIL", "yaml", "httpx", "fastapi"),
    # What talks with head office and providers is loaded beside the window, when there is something to say.
    *("pos.sync.engine", "pos.sync.client", "pos.sync.http", "pos.contracts.wire"),
    *("pos.gateways.mtn_momo", "pos.gateways.airtel_money", "pos.gateways.paystack", "pos.gateways.vtpass"),
)

SHOW_SELL = """
import json, sys
from pathlib import Path
from pos.bootstrap import Access, open_till
from pos.system.paths import DataFolder
from pos.ui.app import make_application, make_style
from pos.ui.main_window import MainWindow
from pos.ui.picture import settle
from pos.ui.tasks import TaskRunner

with open_till(DataFolder(Path(sys.argv[1])), Access.WRITES) as till:
    style, tasks = make_style(make_application()), TaskRunner()
    window = MainWindow(till, tasks, style)
    window.resize(1366, 768)
    window.show()
    window.has_resumed = True
    window.sign_in_as(next(one for one in till.sign_in.people() if one.role.value == "C"))
    settle(tasks)
    window.grab()
    print(json.dumps(sorted(sys.modules)))
    window.close()
"""

# Sells by the presenter as the keys would, and is killed the moment the sale is durable: no paper, not shown.
SELL_AND_DIE = """
import os, signal, sys
from pathlib import Path
from pos.bootstrap import Access, open_till
from pos.system.paths import DataFolder
from pos.ui.app import make_application, make_style
from pos.ui.main_window import MainWindow
from pos.ui.picture import settle
from pos.ui.tasks import TaskRunner

with open_till(DataFolder(Path(sys.argv[1])), Access.WRITES) as till:
    style, tasks = make_style(make_application()), TaskRunner()
    window = MainWindow(till, tasks, style)
    window.resize(1366, 768)
    window.show()
    window.has_resumed = True
    window.sign_in_as(next(one for one in till.sign_in.people() if one.role.value == "C"))
    settle(tasks)
    presenter = window.screen_now.presenter
    sell = till.checkout.sell

    def sell_and_die(request, actor, *, approval=None):
        result = sell(request, actor, approval=approval)
        print(result.item["tokens"][0]["digits"], flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

    presenter.open_meter(sys.argv[2])
    settle(tasks)
    presenter.confirm()
    presenter.type_amount("5000")
    settle(tasks)
    presenter.commit_amount()
    settle(tasks)
    till.checkout.sell = sell_and_die
    presenter.pay()
    settle(tasks)
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        cwd=Path(__file__).parents[2],
    )


def a_meter(folder: Path) -> str:
    with open_till(DataFolder(folder), Access.READS) as till, till.units.read() as connection:
        return str(
            connection.exec_driver_sql(
                "SELECT drn FROM meter WHERE status = 'active' AND institution IS NULL AND service = 0 "
                "AND NOT EXISTS (SELECT 1 FROM sale_item WHERE meter_key = meter.key) LIMIT 1"
            ).scalar_one()
        )


def test_sell_screen_when_shown_then_heavy_libraries_are_not_loaded(made_shop: Path, tmp_path: Path) -> None:
    shutil.copytree(made_shop, tmp_path / "shop")

    result = run(SHOW_SELL, str(tmp_path / "shop"))

    assert result.returncode == 0, result.stderr
    loaded = set(json.loads(result.stdout.splitlines()[-1]))
    assert loaded >= {"PySide6.QtWidgets", "pos.ui.screens.sell.view"}
    assert loaded.isdisjoint(HEAVY)


def test_window_when_killed_after_the_sale_then_the_resume_screen_has_the_token(
    made_shop: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(made_shop, folder)
    with open_till(DataFolder(folder), Access.WRITES) as till:
        cashier = next(one for one in till.sign_in.people() if one.role is Role.CASHIER)
        till.shifts.open_shift(cashier, cash_count([(5000, 10)]))
    drn = a_meter(folder)

    result = run(SELL_AND_DIE, str(folder), drn)

    assert result.returncode == -signal.SIGKILL, result.stderr
    digits = result.stdout.split()[-1]
    with open_till(DataFolder(folder), Access.WRITES) as till:
        cashier = next(one for one in till.sign_in.people() if one.role is Role.CASHIER)
        report = till.after_stop.report(cashier)
        assert [(card.digits, card.item.drn) for card in report.cards] == [((digits,), drn)]
        assert report.is_chain_whole and not report.has_receipt_gap
        assert till.counter.has_unfinished(cashier)
        assert till.verify_books().is_clean
