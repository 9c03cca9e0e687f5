"""Runs the development indexer until SIGTERM."""

import argparse
import os
import signal
import threading
from pathlib import Path

from infrastructure.devnet.algorand.surface import Surface
from infrastructure.devnet.algorand_indexer.accounts import Accounts
from infrastructure.devnet.algorand_indexer.applications import Applications
from infrastructure.devnet.algorand_indexer.assets import Assets
from infrastructure.devnet.algorand_indexer.blocks import Blocks
from infrastructure.devnet.algorand_indexer.database import Database
from infrastructure.devnet.algorand_indexer.follow import Follower
from infrastructure.devnet.algorand_indexer.health import Health
from infrastructure.devnet.algorand_indexer.transactions import Transactions
from infrastructure.devnet.algorand_indexer.upstream import Upstream


def main() -> None:
    options = _parser().parse_args()
    database = Database(options.data)
    token = options.algod_token or os.environ.get("ALGOD_TOKEN", "")
    follower = Follower(Upstream(options.algod, token), database, options.lag_rounds)
    all_enabled = options.enable_all_parameters
    routes = [
        *Health(database, follower).routes(),
        *Transactions(database, all_enabled=all_enabled).routes(),
        *Assets(database, all_enabled=all_enabled).routes(),
        *Applications(database).routes(),
        *Accounts(database).routes(),
        *Blocks(database).routes(),
    ]
    surface = Surface(options.port, "", routes, lambda: None)
    ended = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: ended.set())
    threading.Thread(target=follower.run, daemon=True).start()
    threading.Thread(target=surface.serve_forever, daemon=True).start()
    ended.wait()
    surface.shutdown()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infrastructure.devnet.algorand_indexer")
    parser.add_argument("--algod", required=True, help="URL of the algod that is followed")
    parser.add_argument("--algod-token", default="", help="its API token; else ALGOD_TOKEN")
    parser.add_argument("--data", type=Path, required=True, help="file of the database")
    parser.add_argument("--port", type=int, required=True, help="loopback port")
    parser.add_argument(
        "--enable-all-parameters",
        action="store_true",
        help="answer what the real one refuses by default, as note-prefix",
    )
    parser.add_argument(
        "--lag-rounds", type=int, default=0, help="rounds to stay behind the latest"
    )
    return parser


if __name__ == "__main__":
    main()
