"""Writes the fixture database of the newest schema version: `python -m tests.db.make_fixture`.

Run it once for each released version, never again for an old one: the test upgrades every file that is there.
"""

import sys
import tempfile
from pathlib import Path
from uuid import uuid4

from pos.models.database_copy import copy_database
from pos.models.history import newest_version
from pos.models.schema import open_till_database
from pos.services.sale_values import SaleRequest
from tests.factories.shop import make_shop

FIXTURES = Path(__file__).with_name("fixtures")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        open_till_database(Path(folder)).close()
        shop = make_shop(Path(folder))
        for serial in (1, 2, 3):
            asked = SaleRequest(sale_id=uuid4(), drn=shop.add_meter(serial), money_minor=5000)
            shop.checkout.sell(asked, shop.cashier)
        FIXTURES.mkdir(exist_ok=True)
        copy_database(Path(folder, "till.sqlite"), FIXTURES / f"v{newest_version()}.sqlite", pause_s=0)
        shop.units.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
