"""The form of a deployment certificate: which members it has, and what may stand in each.

Outside `facts` and `proof` everything is spelled as in the API. Inside them bytes are
lower-case hexadecimal without a prefix, as the families' verifiers read them.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

FORMAT = "proofmint.deployment-certificate@1"
LARGEST = 128 << 20
"""Bytes. The blocks of a few windows that were full come near it."""
MOST_CONTAINERS = 20_000
"""Lists and objects. Python's reader overflows its stack where the limit of frames was raised."""
MOST = 2**63 - 1
"""Of any number that is counted here."""
FAMILIES = ("evm", "algorand")
FATES = ("landed", "reverted", "dead", "burned")
NETWORK = re.compile(r"[a-z0-9.-]{1,100}", re.ASCII)
CODE = re.compile(r"[A-Z][A-Z_]{0,99}", re.ASCII)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
GENESIS = re.compile(r"0x[0-9a-f]{64}", re.ASCII)
HEXADECIMAL = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)
NOT_EXPORTED = (
    "Up to this outcome the log held no export of the signer's key. That nobody else could sign "
    "with it is not said: whoever knows the e-mail address and the password can derive it."
)
EXPORTED = (
    "The signer's key was exported before this outcome: others could sign with it. The proofs are "
    "as strong, for they show what became of slots. That nobody else signed is not said."
)
Json = Any


class Refused(Exception):
    """The file does not show what it says. That tells nothing of the deployment itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One decided slot, and what proves its fate."""

    step: int
    purpose: str
    """`fund` or `issue`."""
    slot: int
    """Its place among the slots of the step: 1, 2, 3."""
    fate: str
    block_number: int
    block_hash: str
    """Of the block that has to be trusted, as the chain's tools spell it."""
    facts: Json
    content: Json
    """A certificate of the family."""

    @property
    def kind(self) -> str:
        return str(self.content["kind"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    asset: str
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    cause: str
    leftovers: tuple[str, ...]
    never_signed: bool
    """The log says that no signature of the issuing step is in it. No chain proves that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    deployment: UUID
    network: str
    family: str
    chain_id: int | None
    genesis_hash: str
    signer: str
    exported: int | None
    """Position of the first export of the signer's key; None where the log held none."""
    position: int
    """Of the outcome's event."""
    time: str
    outcome: Completed | Failed
    proofs: tuple[Proof, ...]


def canonical(document: Json) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def need(condition: object, why: str) -> None:
    if not condition:
        raise Refused(why)


def read(data: bytes) -> Certificate:
    """Read a certificate whose members are in order; nothing in it is proven by that.

    Raises:
        Refused: it is not one. So are ValueError, RecursionError and the like, of garbage.
    """
    need(len(data) <= LARGEST, "larger than any certificate")
    need(
        data.count(b"[") + data.count(b"{") <= MOST_CONTAINERS,
        "more lists and objects than any certificate has",
    )
    document = json.loads(data)
    need(isinstance(document, dict), "not a JSON object")
    need(document.get("format") == FORMAT, f"another format than {FORMAT}")
    need(canonical(document) == data, "not canonical")
    need("signerExported" in document, "it does not say whether the signer's key was exported")
    whole = members(
        document,
        "deploymentId format network outcome proofs signerAddress signerExported "
        "signerExportedMeans",
    )
    network = members(whole["network"], "chainId family genesisHash id")
    position, time, outcome = _outcome(whole["outcome"])
    exported = _exported(whole["signerExported"], position)
    meaning = NOT_EXPORTED if exported is None else EXPORTED
    need(
        whole["signerExportedMeans"] == meaning,
        "signerExportedMeans does not belong to that signerExported",
    )
    need(isinstance(whole["proofs"], list), "proofs are a list")
    family = one_of(network["family"], FAMILIES)
    chain_id = count(network["chainId"]) if family == "evm" else None
    need(chain_id == network["chainId"], "only an EVM network has a chain id")
    return Certificate(
        deployment=_uuid(whole["deploymentId"]),
        network=_text(network["id"], NETWORK),
        family=family,
        chain_id=chain_id,
        genesis_hash=_text(network["genesisHash"], GENESIS),
        signer=_printable(whole["signerAddress"]),
        exported=exported,
        position=position,
        time=time,
        outcome=outcome,
        proofs=tuple(map(_proof, whole["proofs"])),
    )


def members(value: Json, names: str) -> dict[str, Json]:
    """Return an object that has exactly these members."""
    need(isinstance(value, dict) and set(value) == set(names.split()), "other members than these")
    found: dict[str, Json] = value
    return found


def count(value: Json, least: int = 0) -> int:
    need(type(value) is int and least <= value <= MOST, "a number is expected")
    number: int = value
    return number


def one_of(value: Json, words: Sequence[str]) -> str:
    need(type(value) is str and value in words, f"expected one of: {', '.join(words)}")
    return str(value)


def octets(value: Json, length: int) -> bytes:
    """Return bytes of so many, spelled in the one way that is canonical."""
    raw = bytes.fromhex(_text(value, HEXADECIMAL))
    need(len(raw) == length, f"{length} bytes are expected")
    return raw


def digests(value: Json) -> frozenset[bytes]:
    """Return a set of hashes that is spelled in order, each once."""
    need(isinstance(value, list) and value == sorted(set(value)), "a sorted list is expected")
    return frozenset(octets(one, 32) for one in value)


def _proof(value: Json) -> Proof:
    one = members(value, "blockHash blockNumber facts fate kind proof purpose slot step")
    need(isinstance(one["proof"], dict), "a proof is an object")
    need(one["kind"] == one["proof"].get("kind"), "a proof calls itself another kind")
    return Proof(
        step=count(one["step"], 1),
        purpose=one_of(one["purpose"], ("fund", "issue")),
        slot=count(one["slot"], 1),
        fate=one_of(one["fate"], FATES),
        block_number=count(one["blockNumber"]),
        block_hash=_printable(one["blockHash"]),
        facts=one["facts"],
        content=one["proof"],
    )


def _outcome(value: Json) -> tuple[int, str, Completed | Failed]:
    need(isinstance(value, dict), "an outcome is an object")
    status = one_of(value.get("status"), ("completed", "failed"))
    if status == "completed":
        one = members(value, "assetIdentifier position status time transactionHash")
        said: Completed | Failed = Completed(
            asset=_printable(one["assetIdentifier"]), transaction=_printable(one["transactionHash"])
        )
    else:
        one = members(value, "cause leftovers neverSigned position status time")
        need(isinstance(one["leftovers"], list), "leftovers are a list")
        need(type(one["neverSigned"]) is bool, "neverSigned is true or false")
        said = Failed(
            cause=_text(one["cause"], CODE),
            leftovers=tuple(map(_printable, one["leftovers"])),
            never_signed=one["neverSigned"],
        )
    return count(one["position"], 1), _text(one["time"], TIME), said


def _exported(value: Json, outcome: int) -> int | None:
    if value is None:
        return None
    need(count(value, 1) < outcome, "the export that it names is not before the outcome")
    return int(value)


def _uuid(value: Json) -> UUID:
    need(type(value) is str and str(UUID(value)) == value, "not a deployment's id")
    return UUID(value)


def _text(value: Json, pattern: re.Pattern[str]) -> str:
    need(type(value) is str and pattern.fullmatch(value), "a text is not spelled as it has to be")
    return str(value)


def _printable(value: Json) -> str:
    need(type(value) is str and value.isprintable(), "a text that can be printed is expected")
    return str(value)
