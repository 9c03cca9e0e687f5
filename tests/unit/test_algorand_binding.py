"""How a creation is bound to the grid, what its bytes say, who pays, and how it is read back."""

from base64 import b64encode
from dataclasses import dataclass, replace
from itertools import product
from typing import Any
from uuid import UUID

import msgpack
import orjson
import pytest
from algosdk import encoding, transaction

from application.engine.answers import Conformity, Later, Prepared, Refused
from application.engine.chain import ChainUnavailable, CreateToken, Place, SendCoins, Sponsorship
from domain.errors import BrokenRule
from domain.slots import Inclusion, LeaseSlot, Slot
from domain.streams import StreamId, StreamKind
from domain.tokens import AsaFungible
from domain.values import BlockRef, Family, NetworkRef
from infrastructure.addresses import algorand_address_text
from infrastructure.algorand import conformity, groups
from infrastructure.algorand.binding import ASSET_RESERVE, SIGNATURE, Binder, Terms
from infrastructure.algorand.blocks import Block, read_block
from infrastructure.algorand.grid import is_used, lease_of, window_at
from infrastructure.algorand.nodes import Nodes
from tests.algorand_blocks import GENESIS, Chain, answered, row
from tests.scripted_leases import FINAL_AT_ONCE

SEED, SPONSOR_SEED = b"u" * 32, b"s" * 32
USER, SPONSOR = groups.public_key(SEED), groups.public_key(SPONSOR_SEED)
DEPLOYMENT = UUID(int=7)
OPERATION = StreamId(StreamKind.DEPLOYMENT, str(DEPLOYMENT))
NETWORK = NetworkRef(id="by-hand", family=Family.ALGORAND, genesis_hash=GENESIS)
WIDTH, HEAD, HIGHEST = 8, 41, 10_000
TOKEN = AsaFungible(
    name="Gold Bond",
    unit_name="GLD",
    decimals=6,
    total=2**64 - 1,
    default_frozen=True,
    manager=b"1" * 32,
    reserve=b"2" * 32,
    freeze=b"3" * 32,
    clawback=b"4" * 32,
    url="https://example.com/gold",
    metadata_hash=b"\xff\7" * 16,
)
PLAIN = AsaFungible(name="One", unit_name="ONE", decimals=0, total=1)
EFFECT = CreateToken(token=TOKEN, deployment=DEPLOYMENT)


# ---- the grid


@pytest.mark.parametrize("width", range(4, 65))
def test_every_head_belongs_to_one_window_but_for_its_last_quarter(width: int) -> None:
    for head in range(3 * width):
        window, into = window_at(head, width), head % width
        if into >= width - width // 4:
            assert window is None
            continue
        assert window is not None
        assert window.number == head // width
        assert window.last == (window.number + 1) * width
        assert window.first == max(head, window.number * width + 1)
        assert window.number * width < window.first <= head + 1
        assert window.last - head > width // 4
        key = slot_key(window=window.number, first_valid=window.first, last_valid=window.last)
        assert key.opens == window.number * width + 1


def test_windows_follow_each_other_without_gap_or_overlap() -> None:
    for width in range(4, 65):
        windows = [window_at(number * width, width) for number in range(4)]
        rounds = [n for one in windows if one for n in range(one.first, one.last + 1)]
        assert rounds == list(range(1, 4 * width + 1))


def test_a_window_is_used_by_a_slot_in_it_or_in_a_later_one() -> None:
    window = window_at(HEAD, WIDTH)
    assert window is not None
    used = [
        is_used(window, (slot_key(window=number),))
        for number in (window.number - 1, window.number, window.number + 1)
    ]
    assert used == [False, True, True]
    assert not is_used(window, ())
    assert is_used(window, (slot_key(window=window.number), slot_key(window=0)))


def test_a_slot_of_a_grid_of_another_width_forbids_the_windows_that_it_reaches_into() -> None:
    window = window_at(4_000, 80)
    assert window is not None
    assert not is_used(window, (slot_key(window=99, width=40),))
    assert is_used(window, (slot_key(window=100, width=40),))
    assert not is_used(window, (slot_key(window=999, width=4),))


def test_leases_differ_wherever_operation_step_or_window_do() -> None:
    operations = [
        StreamId(kind, name)
        for kind, name in product(StreamKind, ("a", "a1", "1", "11", "a\x01", "\0", "a" * 300))
    ]
    numbers = [0, 1, 2, 11, 255, 256, 2**32, 2**63]
    inputs = list(product(operations, numbers, numbers))
    leases = {lease_of(*one) for one in inputs}
    assert len(leases) == len(inputs)
    assert {len(lease) for lease in leases} == {32}
    assert lease_of(OPERATION, 1, 5) == lease_of(StreamId.parse(str(OPERATION)), 1, 5)


# ---- what is bound


@dataclass
class SteadyNode:
    """An algod that answers the same again and again."""

    head: int = HEAD
    fee: int = 0
    failure: str = ""
    amount: int = 10**9
    operator: str = "one"
    simulated: tuple[bytes, ...] = ()

    def status(self) -> Any:
        return {"last-round": self.head, "time-since-last-round": 0}

    def params(self) -> Any:
        return {"min-fee": 1000, "fee": self.fee, "genesis-hash": b64encode(GENESIS).decode()}

    def account(self, _: str) -> Any:
        return {"round": self.head, "amount": self.amount, "min-balance": 100_000}

    def simulate(self, group: Any) -> Any:
        self.simulated = tuple(group)
        return {"txn-groups": [{"failure-message": self.failure} if self.failure else {}]}


def bind(node: SteadyNode, missing: int | None = None, **more: Any) -> Any:
    nodes = Nodes(NETWORK, [node], 1, 60.0)  # type: ignore[list-item]
    binder = Binder(NETWORK, FINAL_AT_ONCE, Terms(window=WIDTH, highest_fee=HIGHEST), nodes)
    pays = None if missing is None else Sponsorship(address=SPONSOR, missing=missing)
    place = Place(operation=OPERATION, step=1, sender=USER, nonce=None, sponsorship=pays)
    return binder.bind(more.pop("effect", EFFECT), replace(place, **more))


def prepared(node: SteadyNode | None = None, missing: int | None = None) -> Prepared:
    found = bind(node or SteadyNode(), missing)
    assert isinstance(found, Prepared)
    return found


def slot_key(window: int = 5, width: int = WIDTH, **more: Any) -> LeaseSlot:
    fields = {"genesis_hash": GENESIS, "sender": USER, "lease": b"l" * 32, "window": window}
    ends = {"first_valid": window * width + 1, "last_valid": (window + 1) * width}
    return LeaseSlot(**{**fields, **ends, **more})


def members_of(found: Prepared) -> list[transaction.Transaction]:
    """Return the members as algosdk reads them from the bytes that would be sent."""
    unsigned: Any = found.unsigned
    keys = {USER: SEED, SPONSOR: SPONSOR_SEED}
    raw = groups.signed_group(unsigned, keys)
    unpacker, at, members = msgpack.Unpacker(), 0, []
    unpacker.feed(raw)
    while at < len(raw):
        unpacker.skip()
        end = unpacker.tell()
        read = encoding.msgpack_decode(b64encode(raw[at:end]).decode())
        assert isinstance(read, transaction.SignedTransaction)
        members.append(read.transaction)
        at = end
    return members


def test_the_key_and_the_bytes_speak_of_one_window_of_the_grid() -> None:
    found = prepared()
    key = found.key
    assert key == slot_key(
        lease=lease_of(OPERATION, 1, 5), window=5, first_valid=41, last_valid=48, shape=("acfg",)
    )
    (creation,) = members_of(found)
    assert isinstance(key, LeaseSlot)
    assert (creation.first_valid_round, creation.last_valid_round) == (41, 48)
    assert (creation.lease, creation.group) == (key.lease, None)
    assert creation.sender == algorand_address_text(USER)
    assert creation.genesis_hash == b64encode(GENESIS).decode()
    assert creation.note == b'proofmint:j{"deployment":"00000000-0000-0000-0000-000000000007"}'
    name, _, told = creation.note.decode().partition(":j")  # ARC-2: <dapp>:<format><data>
    assert (name, orjson.loads(told)) == ("proofmint", {"deployment": str(DEPLOYMENT)})
    assert creation.dictify()["apar"] == {**conformity.asked_parameters(TOKEN)}


@pytest.mark.parametrize("missing", [1, HIGHEST, HIGHEST + 1, 2 * ASSET_RESERVE])
def test_a_sponsored_group_is_one_and_the_lease_is_on_the_creation_alone(missing: int) -> None:
    found = prepared(missing=missing)
    pays, creation = members_of(found)
    assert isinstance(found.key, LeaseSlot)
    assert (found.key.sponsor, found.key.shape) == (SPONSOR, ("pay", "acfg"))
    assert (pays.type, creation.type) == ("pay", "acfg")
    assert (pays.lease, creation.lease) == (None, found.key.lease)
    assert (pays.fee, creation.fee) == (2000, 0)
    assert pays.amt == max(0, missing - HIGHEST)
    assert pays.receiver == creation.sender == algorand_address_text(USER)
    assert pays.sender == algorand_address_text(SPONSOR)
    ends = {(one.first_valid_round, one.last_valid_round) for one in (pays, creation)}
    assert ends == {(41, 48)}
    assert pays.group == creation.group is not None
    bare = [transaction.Transaction.undictify(one.dictify()) for one in (pays, creation)]
    for one in bare:
        one.group = None
    assert transaction.calculate_group_id(bare) == pays.group
    gift = pays.amt
    assert [(cost.address, cost.most) for cost in found.costs] == [
        (USER, max(0, ASSET_RESERVE - gift)),
        (SPONSOR, gift + 2000),
    ]


def test_alone_the_sender_pays_the_fee_and_holds_the_reserve() -> None:
    assert [(cost.address, cost.most) for cost in prepared().costs] == [
        (USER, ASSET_RESERVE + 1000)
    ]


@pytest.mark.parametrize("missing", [None, 200_000])
def test_a_congested_network_is_paid_by_the_byte_and_not_above_the_policy(
    missing: int | None,
) -> None:
    node = SteadyNode(fee=10)
    members = members_of(prepared(node, missing))
    largest = max(map(len, node.simulated)) + SIGNATURE
    assert sum(one.fee for one in members) in range(
        10 * largest * len(members), 10 * (largest + 16) * len(members)
    )
    with pytest.raises(ChainUnavailable, match="the policy allows 10000"):
        bind(SteadyNode(fee=1000), missing)


def test_nothing_is_bound_in_the_last_quarter_nor_twice_in_a_window() -> None:
    assert isinstance(bind(SteadyNode(head=46)), Later)
    assert isinstance(bind(SteadyNode(head=45)), Prepared)
    assert isinstance(bind(SteadyNode(), used=(slot_key(),)), Later)
    assert isinstance(bind(SteadyNode(), used=(slot_key(window=4),)), Prepared)


def test_what_is_simulated_is_what_is_signed() -> None:
    node = SteadyNode()
    members = members_of(prepared(node, 200_000))
    assert node.simulated == tuple(groups.encoded(one) for one in members)


def test_a_failing_simulation_refuses_only_what_can_never_land() -> None:
    for_ever = "invalid : transaction asset name too big: 40 > 32"
    found = bind(SteadyNode(failure=for_ever))
    assert isinstance(found, Refused)
    for words in ("overspend (account X, data {})", "something that nobody has heard"):
        with pytest.raises(ChainUnavailable):
            bind(SteadyNode(failure=words))


def test_only_assets_are_made_here() -> None:
    with pytest.raises(BrokenRule):
        bind(SteadyNode(), effect=SendCoins(to=USER, amount=1))


# ---- how it is read back


def block_of(effect: CreateToken, changes: dict[str, Any], **more: Any) -> Block:
    """Make a block of one row whose parameters, and members, are changed; None takes one away."""
    creator = groups.Creator(more.pop("sender", USER), b"l" * 32, groups.note_of(DEPLOYMENT))
    validity = groups.Validity(GENESIS, 1, 50)
    (built,) = groups.creation_group(validity, effect.token, creator, 1000, None)  # type: ignore[arg-type]
    fields = {key: value for key, value in built.dictify().items() if key != "gh"}
    fields["apar"] = with_changes(fields["apar"], changes)
    created = more.pop("created", 77)
    entry = row(with_changes(fields, more), **({"caid": created} if created else {}))
    return read_block(answered(Chain().add(entry)))


def compared(effect: CreateToken, changes: dict[str, Any], **more: Any) -> Conformity:
    block = block_of(effect, changes, **more)
    at = BlockRef(number=block.round, hash=block.hash)
    inclusion = Inclusion(block=at, index=0, succeeded=True)
    slot = Slot(number=1, key=slot_key(), most=1)
    return conformity.compare(effect, slot, inclusion, block)


def with_changes(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**fields, **changes}.items() if value is not None}


@pytest.mark.parametrize("token", [TOKEN, PLAIN])
def test_what_was_asked_is_found_and_zeros_are_as_good_as_nothing(token: AsaFungible) -> None:
    found = compared(CreateToken(token=token, deployment=DEPLOYMENT), {})
    assert found.differences == ()
    report = orjson.loads(found.report)
    assert (report["conforms"], report["asset"]) == (True, "77")
    assert {one["field"] for one in report["compared"]} >= set(conformity.NAMES.values())


WRONG: dict[str, list[Any]] = {
    "t": [2**64 - 2, 1, None],
    "dc": [5, 7, None],
    "df": [None],
    "un": ["GLd", "GLD ", "GL", None],
    "an": ["Gold bond", "Gold Bond\0", b"\xff", None],
    "au": ["https://example.com/silver", None],
    "am": [b"\xff\7" * 15 + b"\xff\6", None],
    "m": [b"2" * 32, b"\xee" * 32, None],
    "r": [b"1" * 32, b"\xee" * 32, None],
    "f": [b"1" * 32, b"\xee" * 32, None],
    "c": [b"1" * 32, b"\xee" * 32, None],
}


@pytest.mark.parametrize(("key", "value"), [(k, v) for k, vs in WRONG.items() for v in vs])
def test_each_parameter_that_is_wrong_is_exactly_one_difference(key: str, value: Any) -> None:
    (told,) = compared(EFFECT, {key: value}).differences
    assert told.startswith(f"{conformity.NAMES[key]}: asked ")


@pytest.mark.parametrize("key", ["dc", "df", "au", "am", "m", "r", "f", "c"])
def test_what_was_not_asked_for_and_is_there_is_a_difference(key: str) -> None:
    there = conformity.asked_parameters(TOKEN)[key]
    plain = CreateToken(token=PLAIN, deployment=DEPLOYMENT)
    (told,) = compared(plain, {key: there}).differences
    assert told.startswith(f"{conformity.NAMES[key]}: asked None, found ")


@pytest.mark.parametrize(
    ("asked", "found"), [("0xff", b"\xff"), ("0xff00", b"\xff\0"), ("0x0a", "\n"), ("1", b"\x01")]
)
def test_a_name_that_spells_bytes_is_not_those_bytes(asked: str, found: Any) -> None:
    effect = CreateToken(token=replace(TOKEN, name=asked), deployment=DEPLOYMENT)
    assert compared(effect, {}).differences == ()
    (told,) = compared(effect, {"an": found}).differences
    assert told.startswith("name: ")


def test_what_is_beside_the_parameters_is_compared_too() -> None:
    note = groups.note_of(UUID(int=8))
    cases = {
        "creator": compared(EFFECT, {}, sender=b"x" * 32),
        "note": compared(EFFECT, {}, note=note),
        "changes": compared(EFFECT, {}, caid=76, created=0),
        "otherParameters": compared(EFFECT, {"zz": 1}),
    }
    told = {name: [one.split(":")[0] for one in found.differences] for name, found in cases.items()}
    assert told == {
        "creator": ["creator"],
        "note": ["note"],
        "changes": ["changes", "asset"],
        "otherParameters": ["otherParameters"],
    }


def test_a_destroyed_or_reconfigured_asset_is_no_creation() -> None:
    destroyed = compared(EFFECT, {}, apar=None, caid=76, created=0).differences
    assert {one.split(":")[0] for one in destroyed} >= {"changes", "total", "name", "asset"}
    another = compared(EFFECT, {}, type="pay", apar=None, created=0).differences
    assert {one.split(":")[0] for one in another} >= {"type", "total", "asset"}


def test_what_is_proven_is_what_was_compared() -> None:
    def proven(changes: dict[str, Any], **more: Any) -> bool:
        return conformity.makes_what_was_asked(EFFECT, block_of(EFFECT, changes, **more).rows[0])

    assert proven({})
    wrong = [{key: value} for key, values in WRONG.items() for value in values]
    assert not any(proven(one) for one in wrong)
    assert not proven({"zz": 1})
    assert not proven({}, note=groups.note_of(UUID(int=8)))
    assert not proven({}, created=0)
