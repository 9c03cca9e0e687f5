"""What a create of an Algorand asset accepts, what it refuses, and what it warns of."""

import base64
import csv
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from falcon import testing

from domain.events import (
    AttemptIncluded,
    AttemptSigned,
    DeploymentCompleted,
    DeploymentRequested,
    Evidence,
    PlannedStep,
    StepPurpose,
    StepsPlanned,
)
from domain.slots import AttemptKind, Inclusion
from domain.values import BlobRef, BlockRef
from infrastructure.addresses import algorand_address_text
from tests.api_world import CREATE, DEPLOYMENTS, TOKEN, User, World, deployments_in, refused

CREATE_ASSET = "/api/v1/token/asa-ft/create"
ASSET = {
    "name": "Gold",
    "unitName": "GLD",
    "totalSupply": "1000000000",
    "network": "algorand-localnet",
}
ROLES = ("managerAddress", "reserveAddress", "freezeAddress", "clawbackAddress")
OTHER = "5AHWQJ5D52K4GRW4JWQ5GMR53F7PDSJEGT4PXVFSBQYE7VXDVG3WSPWSBM"
ZERO = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAY5HFKQ"
HASH = base64.b64encode(b"h" * 32).decode()
EURO = "\u20ac"
GRIN = "\U0001f600"
LARGEST = 2**64 - 1


@pytest.fixture
def user() -> User:
    return World().user()


def create(user: User, key: str | None = None, **changes: Any) -> testing.Result:
    return user.post(CREATE_ASSET, ASSET | changes, key)


def without(user: User, member: str) -> testing.Result:
    return user.post(CREATE_ASSET, {name: ASSET[name] for name in ASSET if name != member})


def asked(user: User) -> DeploymentRequested:
    """Return the newest request of the log."""
    event = list(user.world.log.read_all())[-1].event
    assert isinstance(event, DeploymentRequested)
    return event


def refused_member(answer: testing.Result, member: str) -> str:
    """Return what is said of the one member that makes it impossible."""
    assert refused(answer) == (422, "INVALID_TOKEN_PARAMETERS", ["/" + member])
    return str(answer.json["errors"][0]["detail"])


def test_an_asset_is_accepted_and_signed_for_by_the_accounts_algorand_address(user: User) -> None:
    answer = create(user, url="ipfs://x#arc3", metadataHash=HASH, decimals=0)
    body = answer.json
    assert answer.status_code == 202
    assert answer.headers["location"] == body["links"]["deployment"]
    assert (body["status"], body["tokenType"]) == ("queued", "asa-ft")
    assert (body["name"], body["unitName"], body["decimals"]) == ("Gold", "GLD", 0)
    assert (body["url"], body["metadataHash"]) == ("ipfs://x#arc3", HASH)
    assert body["signerAddress"] == user.account["algorandAddress"]
    assert algorand_address_text(asked(user).signer.address) == body["signerAddress"]
    assert asked(user).network.id == body["network"] == "algorand-localnet"


def test_the_example_of_the_how_to_guide_is_taken(user: User) -> None:
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "create-an-asa.md"
    [body] = re.findall(r"-d '(\{.*?\})'", guide.read_text(encoding="utf-8"), re.DOTALL)
    answer = user.post(CREATE_ASSET, body)
    assert (answer.status_code, answer.json["totalInWholeTokens"]) == (202, "1000000")
    assert [one["pointer"] for one in answer.json["warnings"]] == ["/clawbackAddress"]


def test_what_is_left_out_is_the_incumbents_default_and_each_role_stays_with_the_signer(
    user: User,
) -> None:
    body = create(user).json
    assert (body["decimals"], body["defaultFrozen"]) == (6, False)
    assert (body["url"], body["metadataHash"]) == (None, None)
    assert {body[role] for role in ROLES} == {user.account["algorandAddress"]}
    assert body["warnings"] == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_named_by_an_address_or_given_away_by_null_with_a_warning(
    user: User, role: str
) -> None:
    named = create(user, **{role: OTHER}).json
    assert (named[role], named["warnings"]) == (OTHER, [])
    gone = create(user, **{role: None}).json
    assert gone[role] is None
    assert {gone[other] for other in ROLES if other != role} == {user.account["algorandAddress"]}
    [warning] = gone["warnings"]
    assert (warning["code"], warning["pointer"]) == ("ROLE_GIVEN_AWAY", "/" + role)
    assert "not even by us" in warning["detail"]
    assert asked(user).token.roles[role.removesuffix("Address")] is None


def test_an_asset_without_any_role_is_taken_and_warned_of_four_times(user: User) -> None:
    body = create(user, **dict.fromkeys(ROLES)).json
    assert [one["pointer"] for one in body["warnings"]] == ["/" + role for role in ROLES]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "is empty"),
        (ZERO, "is the zero address"),
        ("creator", "58 characters"),
        (OTHER[:-1], "58 characters"),
        (OTHER + "A", "58 characters"),
        (" " + OTHER[1:], "base32"),
        (OTHER.lower(), "base32"),
        (OTHER[:-1] + "=", "base32"),
        ("B" + OTHER[1:], "checksum"),
        (OTHER[:-1] + "N", "checksum"),
        ("\uff21" * 58, "58 characters"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "58 characters"),
    ],
)
def test_a_role_that_is_no_address_is_refused(
    user: User, role: str, given: str, words: str
) -> None:
    assert words in refused_member(create(user, **{role: given}), role)
    assert not deployments_in(user.world.log)


@pytest.mark.parametrize("given", [0, False, [], {}])
def test_a_role_is_text_or_null(user: User, given: object) -> None:
    answer = create(user, managerAddress=given)
    assert refused(answer) == (400, "INVALID_REQUEST", ["/managerAddress"])


@pytest.mark.parametrize(
    ("member", "given"),
    [
        ("name", "x"),
        ("name", "x" * 32),
        ("name", EURO * 10 + "ab"),
        ("name", GRIN * 8),
        ("unitName", "x"),
        ("unitName", "x" * 8),
        ("unitName", EURO * 2 + "ab"),
        ("unitName", GRIN * 2),
        ("url", "x"),
        ("url", "https://example.com/".ljust(96, "x")),
        ("url", EURO * 32),
        ("decimals", 0),
        ("decimals", 19),
        ("metadataHash", HASH),
    ],
)
def test_every_limit_is_reached_exactly(user: User, member: str, given: object) -> None:
    answer = create(user, **{member: given})
    assert (answer.status_code, answer.json[member]) == (202, given)


@pytest.mark.parametrize(
    ("member", "given", "words"),
    [
        ("name", "", "1 to 32 bytes in UTF-8, it has 0"),
        ("name", "x" * 33, "1 to 32 bytes in UTF-8, it has 33"),
        ("name", EURO * 11, "1 to 32 bytes in UTF-8, it has 33"),
        ("name", " Gold", "no blanks around"),
        ("name", "Go\u0000ld", "control characters"),
        ("name", "Go\u202eld", "control characters"),
        ("unitName", "", "1 to 8 bytes in UTF-8, it has 0"),
        ("unitName", "x" * 9, "1 to 8 bytes in UTF-8, it has 9"),
        ("unitName", EURO * 3, "1 to 8 bytes in UTF-8, it has 9"),
        ("unitName", GRIN * 2 + "a", "1 to 8 bytes in UTF-8, it has 9"),
        ("unitName", "G\tD", "control characters"),
        ("url", "", "1 to 96 bytes in UTF-8, it has 0"),
        ("url", "x" * 97, "1 to 96 bytes in UTF-8, it has 97"),
        ("url", EURO * 32 + "x", "1 to 96 bytes in UTF-8, it has 97"),
        ("url", "https://a\nb", "control characters"),
        ("decimals", 20, "0 to 19"),
        ("decimals", -1, "0 to 19"),
        ("decimals", 10**30, "0 to 19"),
        ("metadataHash", "", "32 bytes in base64, it has 0"),
        ("metadataHash", base64.b64encode(b"h" * 31).decode(), "it has 31"),
        ("metadataHash", base64.b64encode(b"h" * 33).decode(), "it has 33"),
        ("metadataHash", HASH.rstrip("="), "32 bytes in base64"),
        ("metadataHash", HASH[:-2] + "h=", "idle bits"),
        ("metadataHash", "-" + HASH[1:], "32 bytes in base64"),
        ("metadataHash", "0x" + "68" * 32, "base64"),
        ("metadataHash", "\u00e9" * 44, "32 bytes in base64"),
        ("metadataHash", base64.b64encode(bytes(32)).decode(), "all zero"),
    ],
)
def test_one_more_than_a_limit_is_refused_with_the_figures(
    user: User, member: str, given: object, words: str
) -> None:
    assert words in refused_member(create(user, **{member: given}), member)
    assert not deployments_in(user.world.log)


def test_frozen_from_the_start_needs_somebody_named_who_may_thaw(user: User) -> None:
    for answer in (
        create(user, defaultFrozen=True),
        create(user, defaultFrozen=True, freezeAddress=None),
    ):
        assert "freezeAddress" in refused_member(answer, "defaultFrozen")
    body = create(user, defaultFrozen=True, freezeAddress=OTHER).json
    assert (body["defaultFrozen"], body["freezeAddress"]) == (True, OTHER)


@pytest.mark.parametrize(
    ("given", "total"),
    [
        ("1", 1),
        (1, 1),
        (2**53 - 1, 2**53 - 1),
        (str(2**53), 2**53),
        (str(2**53 + 1), 2**53 + 1),
        (str(LARGEST - 1), LARGEST - 1),
        (str(LARGEST), LARGEST),
    ],
)
def test_a_supply_is_exact_up_to_the_edge_of_the_type(
    user: User, given: int | str, total: int
) -> None:
    body = create(user, totalSupply=given, decimals=19).json
    assert body["totalSupply"] == str(total)
    whole, _, fraction = body["totalInWholeTokens"].partition(".")
    assert int(whole + fraction.ljust(19, "0")) == total
    assert asked(user).token.total == total


def test_a_supply_counts_base_units_and_the_answer_says_what_that_is_in_tokens(user: User) -> None:
    body = create(user, totalSupply="1000000").json
    assert (body["totalSupply"], body["totalInWholeTokens"]) == ("1000000", "1")
    body = create(user, totalSupply="1000000", decimals=2).json
    assert (body["totalSupply"], body["totalInWholeTokens"]) == ("1000000", "10000")


@pytest.mark.parametrize(
    "given", ["0", 0, -1, str(LARGEST + 1), "9" * 78, "-1", "+1", "1.0", "1.5", "1e3", "01", ""]
)
def test_a_supply_that_is_none_or_too_much_is_refused(user: User, given: int | str) -> None:
    refused_member(create(user, totalSupply=given), "totalSupply")
    assert not deployments_in(user.world.log)


@pytest.mark.parametrize(
    "given", [" 5", "5 ", "5\n", "1_000", "0x10", "\uff15", "\u0663", "9" * 79]
)
def test_a_supply_in_text_is_digits_alone(user: User, given: str) -> None:
    assert "digits alone" in refused_member(create(user, totalSupply=given), "totalSupply")


@pytest.mark.parametrize("number", [2**53, LARGEST, LARGEST + 1, 10**30, -(2**53)])
def test_a_number_that_programs_round_is_refused_rather_than_trusted(
    user: User, number: int
) -> None:
    assert "send text" in refused_member(create(user, totalSupply=number), "totalSupply")


@pytest.mark.parametrize("spelled", ["1e3", "1.0", "1e400", "1.8446744073709552e19", "NaN", "true"])
def test_a_supply_is_no_fraction_and_nothing_like_one(user: User, spelled: str) -> None:
    body = json.dumps(ASSET | {"totalSupply": "@"}).replace('"@"', spelled)
    assert refused(user.post(CREATE_ASSET, body)) == (400, "INVALID_REQUEST", ["/totalSupply"])


@pytest.mark.parametrize("member", ASSET)
def test_a_missing_member_is_named(user: User, member: str) -> None:
    assert refused(without(user, member)) == (400, "MISSING_REQUIRED_FIELD", ["/" + member])


@pytest.mark.parametrize("member", ["complianceMetadata", "chainId", "symbol", "creator", "cap"])
def test_an_unknown_member_is_refused(user: User, member: str) -> None:
    assert refused(create(user, **{member: 1})) == (400, "INVALID_REQUEST", ["/" + member])


def test_everything_that_is_wrong_is_told_at_once(user: User) -> None:
    answer = create(user, name="", decimals=20, totalSupply=0, managerAddress="", url="")
    assert refused(answer)[2] == ["/name", "/url", "/decimals", "/totalSupply", "/managerAddress"]


def test_a_kind_of_token_on_a_network_of_the_other_family_is_refused_both_ways(user: User) -> None:
    for answer, words in (
        (create(user, network="devnet"), "is an EVM network, and asa-ft is for Algorand ones"),
        (
            user.create(network="algorand-localnet"),
            "is an Algorand network, and erc20-mintable is for EVM ones",
        ),
        (create(user, network="testnet-v1.0"), "is not one of GET /api/v1/networks"),
    ):
        assert refused(answer) == (400, "INVALID_NETWORK", ["/network"])
        assert answer.json["errors"][0]["detail"] == words
    assert not deployments_in(user.world.log)


def test_a_repeat_gets_the_same_bytes_and_another_body_is_refused(user: User) -> None:
    first, again = (
        create(user, "one", clawbackAddress=None),
        create(user, "one", clawbackAddress=None),
    )
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    for other in ({}, {"clawbackAddress": OTHER}, {"clawbackAddress": None, "decimals": 6}):
        assert refused(create(user, "one", **other))[1] == "IDEMPOTENCY_KEY_MISMATCH"
    assert len(deployments_in(user.world.log)) == 1


def test_a_key_means_something_else_on_the_route_of_another_kind(user: User) -> None:
    assert user.post(CREATE, TOKEN, "one").status_code == create(user, "one").status_code == 202
    assert len(deployments_in(user.world.log)) == 2


def test_a_refused_request_does_not_burn_its_key(user: User) -> None:
    assert create(user, "one", decimals=20).status_code == 422
    assert create(user, "one").status_code == 202


def test_an_asset_is_listed_by_its_kind_beside_the_others(user: User) -> None:
    asset, token = create(user).json["deploymentId"], user.deploy()
    for kind, expected in (("asa-ft", asset), ("erc20-mintable", token)):
        [listed] = user.get(DEPLOYMENTS, params={"tokenType": kind}).json["deployments"]
        assert (listed["deploymentId"], listed["tokenType"]) == (expected, kind)
        assert (listed["name"], listed["symbol"]) == ("Gold", "GLD")


def test_a_deployment_and_its_trail_are_spelled_as_algorand_does(user: User) -> None:
    deployment = create(user).json["deploymentId"]
    block, digest, place = BlockRef(number=7, hash=b"\7" * 32), b"t" * 32, {"step": 1, "slot": 1}
    inclusion = Inclusion(block=block, index=0, succeeded=True)
    blob = BlobRef(sha256=bytes(32), size=0)
    user.world.record(
        deployment,
        StepsPlanned(steps=(PlannedStep(number=1, purpose=StepPurpose.ISSUE),), most=1),
        AttemptSigned(
            **place, attempt=1, kind=AttemptKind.EFFECT, transaction_id=digest, raw=b"raw"
        ),
        AttemptIncluded(**place, attempt=1, inclusion=inclusion),
        DeploymentCompleted(
            asset=(2**63 + 1).to_bytes(8, "big"),
            transaction_id=digest,
            inclusion=inclusion,
            evidence=Evidence(block=blob, report=blob),
        ),
    )
    one, signer = f"{DEPLOYMENTS}/{deployment}", user.account["algorandAddress"]
    transaction = base64.b32encode(digest).decode().rstrip("=")
    body = user.get(one).json
    assert (body["signerAddress"], body["assetIdentifier"]) == (signer, "9223372036854775809")
    assert body["transactionHash"] == transaction
    assert body["blockHash"] == base64.b32encode(block.hash).decode().rstrip("=")
    history = user.get(f"{one}/history").json["history"]
    assert history[2]["transactionHash"] == transaction
    assert history[0]["message"] == "requested Gold (GLD) on algorand-localnet"
    trail = user.get(f"{one}/audit-trail").json
    assert (trail["signerAddress"], trail["statusHistory"]) == (signer, history)
    exported = user.get(f"{one}/audit-trail", params={"format": "csv"}).text
    [*_, last] = csv.DictReader(StringIO(exported, newline=""))
    assert (last["TokenType"], last["TokenSymbol"], last["DeployedBy"]) == ("asa-ft", "GLD", signer)
    assert last["AssetIdentifier"] == "'9223372036854775809"
    assert last["TransactionHash"] == transaction
