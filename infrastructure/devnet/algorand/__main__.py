"""Runs the development node until SIGTERM."""

import argparse
import fcntl
import os
import secrets
import signal
import sys
import threading
from pathlib import Path

from infrastructure.devnet.algorand.accounts import Accounts
from infrastructure.devnet.algorand.admin import Admin
from infrastructure.devnet.algorand.blocks import Blocks
from infrastructure.devnet.algorand.faults import Faults
from infrastructure.devnet.algorand.genesis import Genesis
from infrastructure.devnet.algorand.ledger import Ledger
from infrastructure.devnet.algorand.node import Node
from infrastructure.devnet.algorand.programs import Programs
from infrastructure.devnet.algorand.reads import Reads
from infrastructure.devnet.algorand.rounds import Rounds
from infrastructure.devnet.algorand.simulate import Simulation
from infrastructure.devnet.algorand.surface import Surface
from infrastructure.devnet.algorand.transactions import Transactions

FUNDED = 10**15
POLL = 0.05
"""Seconds in which a surface notices that it is to end."""


def main() -> None:
    options = _parser().parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    lock = (options.data / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"another process keeps the chain in {options.data}")
    token = (
        options.token or os.environ.get("ALGOD_TOKEN") or _kept_token(options.data / "algod.token")
    )
    file = options.data / "genesis.json"
    if not file.exists():
        Genesis.make(dict.fromkeys(options.fund, FUNDED)).write(file)
    ledger = Ledger(options.data, Genesis.read(file))
    nodes = [Node(ledger, Faults()) for _ in options.port]
    rounds = Rounds(ledger, nodes, options.round_seconds)
    surfaces = []
    for port, node in zip(options.port, nodes, strict=True):
        routes = [
            *Reads(node, rounds, token).routes(),
            *Transactions(node).routes(),
            *Accounts(ledger).routes(),
            *Programs(ledger.binary).routes(),
            *Simulation(ledger).routes(),
            *Blocks(ledger, options.retention).routes(),
            *Admin(node, rounds).routes(),
        ]
        surfaces.append(Surface(port, token, routes, node.faults.wait))
    ended = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: ended.set())
    rounds.start()
    for surface in surfaces:
        threading.Thread(target=surface.serve_forever, args=(POLL,), daemon=True).start()
    ended.wait()
    rounds.stop()
    for surface in surfaces:
        surface.shutdown()
    ledger.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infrastructure.devnet.algorand")
    parser.add_argument("--data", type=Path, required=True, help="folder that the chain is kept in")
    parser.add_argument(
        "--port", type=_ports, required=True, help="loopback port, or one for each node: 4001,4002"
    )
    parser.add_argument(
        "--round-seconds", type=float, default=1.0, help="0 lets rounds come by order alone"
    )
    parser.add_argument(
        "--retention", type=int, default=0, help="blocks served before the latest; 0 serves all"
    )
    parser.add_argument(
        "--token", default="", help="API token; else ALGOD_TOKEN, else one is made and kept"
    )
    parser.add_argument(
        "--fund", action="append", default=[], metavar="ADDRESS", help="rich in a new chain"
    )
    return parser


def _ports(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _kept_token(file: Path) -> str:
    if not file.exists():
        file.touch(0o600)
        file.write_text(secrets.token_hex(32), "ascii")
    return file.read_text("ascii").strip()


if __name__ == "__main__":
    main()
