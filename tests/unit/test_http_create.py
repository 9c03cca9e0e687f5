"""What a create accepts, what it refuses, and that each refusal points at what is wrong."""

import json

import pytest

from tests.api_world import CREATE, PASSWORD, TOKEN, World, deployments_in, refused

LARGEST = "115792089237316195423570985008687907853269984665640564039457.584007913129639935"
ONE_MORE = "115792089237316195423570985008687907853269984665640564039457.584007913129639936"
CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
WRONG_CHECKSUM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"


@pytest.fixture
def world() -> World:
    return World()


def with_member(spelled: str) -> str:
    """Return the token's JSON with one member more, spelled exactly."""
    return json.dumps(TOKEN)[:-1] + ", " + spelled + "}"


def test_a_create_is_accepted_at_once_and_says_where_to_follow_it(world: World) -> None:
    user = world.user()
    answer = user.create()
    body = answer.json
    assert answer.status_code == 202
    assert answer.headers["location"] == body["links"]["deployment"]
    assert answer.headers["location"].endswith(body["deploymentId"])
    assert (body["status"], body["tokenType"]) == ("queued", "erc20-mintable")
    assert (body["initialSupply"], body["cap"], body["decimals"]) == ("1000.5", "2000000", 18)
    signer = user.account["evmAddress"]
    assert body["owner"] == body["initialSupplyReceiver"] == body["signerAddress"] == signer
    assert user.get(answer.headers["location"]).status_code == 200


def test_amounts_are_exact_up_to_the_edge_of_the_type(world: World) -> None:
    user = world.user()
    body = user.create(cap=LARGEST, initialSupply=LARGEST).json
    assert body["cap"] == body["initialSupply"] == LARGEST
    assert user.create(decimals=0, cap=str(2**256 - 1), initialSupply="0").json["cap"] == str(
        2**256 - 1
    )
    for answer in (
        user.create(cap=ONE_MORE),
        user.create(decimals=0, cap=str(2**256), initialSupply="0"),
    ):
        assert refused(answer) == (422, "INVALID_TOKEN_PARAMETERS", ["/cap"])


@pytest.mark.parametrize(
    "amount",
    [
        "1e18",
        "1E5",
        "1_000",
        "1,000",
        "\uff15",
        "\u0663",
        " 5",
        "5 ",
        "+5",
        "-5",
        "-0",
        "0x10",
        "",
        ".",
        "5.",
        ".5",
        "5.5.5",
        "00123",
        "NaN",
        "Infinity",
        "5\n",
        "\u00b2",
        "1" * 400,
    ],
)
def test_an_amount_that_is_not_plain_decimal_digits_is_refused(world: World, amount: str) -> None:
    user = world.user()
    answer = user.create(initialSupply=amount)
    assert refused(answer) == (422, "INVALID_TOKEN_PARAMETERS", ["/initialSupply"])
    assert not deployments_in(world.log)


@pytest.mark.parametrize("number", ["5", "1e18", "1e400", "-1", "true", "null", "NaN", "[5]", "{}"])
def test_an_amount_that_is_not_text_is_refused(world: World, number: str) -> None:
    body = json.dumps(TOKEN | {"cap": "@"}).replace('"@"', number)
    assert refused(world.user().post(CREATE, body)) == (400, "INVALID_REQUEST", ["/cap"])


def test_more_digits_behind_the_point_than_the_token_has_are_refused_and_not_cut(
    world: World,
) -> None:
    user = world.user()
    fine = user.create(decimals=2, initialSupply="0.01", cap="0.10").json
    assert (fine["initialSupply"], fine["cap"]) == ("0.01", "0.1")
    answer = user.create(decimals=2, initialSupply="0.001")
    assert refused(answer) == (422, "INVALID_TOKEN_PARAMETERS", ["/initialSupply"])


@pytest.mark.parametrize("decimals", ["18.0", "true", "false", '"18"', "1e1", "null", "NaN", "[]"])
def test_decimals_are_a_whole_number_and_nothing_like_one(world: World, decimals: str) -> None:
    answer = world.user().post(CREATE, with_member(f'"decimals": {decimals}'))
    assert refused(answer) == (400, "INVALID_REQUEST", ["/decimals"])


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("decimals", 19),
        ("decimals", -1),
        ("decimals", 10**30),
        ("cap", "0"),
        ("initialSupply", "2000001"),
        ("name", ""),
        ("name", " Gold"),
        ("name", "x" * 51),
        ("name", "Go\u0000ld"),
        ("name", "Go\u202eld"),
        ("name", "Go\nld"),
        ("symbol", ""),
        ("symbol", "x" * 11),
        ("symbol", "G\tD"),
        ("owner", "0x" + "0" * 40),
        ("owner", WRONG_CHECKSUM),
        ("owner", CHECKSUMMED[2:]),
        ("owner", CHECKSUMMED + "00"),
        ("owner", "0x" + "\uff10" * 40),
        ("owner", ""),
        ("owner", "ada.eth"),
        ("initialSupplyReceiver", WRONG_CHECKSUM),
        ("initialSupplyReceiver", "0x" + "0" * 40),
    ],
)
def test_a_rule_of_the_token_that_is_broken_is_named(
    world: World, member: str, value: object
) -> None:
    answer = world.user().create(**{member: value})
    assert refused(answer) == (422, "INVALID_TOKEN_PARAMETERS", ["/" + member])
    assert not deployments_in(world.log)


def test_everything_that_is_wrong_is_told_at_once(world: World) -> None:
    answer = world.user().create(name="", symbol="", owner=WRONG_CHECKSUM, cap="x")
    assert set(refused(answer)[2]) == {"/name", "/symbol", "/owner", "/cap"}
    answer = world.user("bob@example.com").create(name=None, cap=5, extra="x")
    assert refused(answer)[:2] == (400, "INVALID_REQUEST")
    assert {(one["pointer"], one["code"]) for one in answer.json["errors"]} == {
        ("/name", "MISSING_REQUIRED_FIELD"),
        ("/cap", "INVALID_REQUEST"),
        ("/extra", "INVALID_REQUEST"),
    }


def test_no_answer_grows_with_what_was_wrong(world: World) -> None:
    body = json.dumps(TOKEN | {f"member{number}": 1 for number in range(2_000)})
    answer = world.user().post(CREATE, body)
    assert answer.status_code == 400
    assert len(answer.content) < 10_000


@pytest.mark.parametrize("address", [CHECKSUMMED, CHECKSUMMED.lower()])
def test_an_address_comes_back_with_its_checksum(world: World, address: str) -> None:
    body = world.user().create(owner=address, initialSupplyReceiver=address).json
    assert body["owner"] == body["initialSupplyReceiver"] == CHECKSUMMED


@pytest.mark.parametrize("member", ["name", "symbol", "initialSupply", "cap"])
def test_a_missing_member_is_named(world: World, member: str) -> None:
    answer = world.user().create(**{member: None})
    assert refused(answer) == (400, "MISSING_REQUIRED_FIELD", ["/" + member])


@pytest.mark.parametrize("name", ["complianceMetadata", "Name", "a/b~c", "\ud800"])
def test_an_unknown_member_is_refused(world: World, name: str) -> None:
    status, code, [pointer] = refused(world.user().create(**{name: "x"}))
    assert (status, code) == (400, "INVALID_REQUEST")
    assert pointer in {"/complianceMetadata", "/Name", "/a~1b~0c", "/\\ud800"}


@pytest.mark.parametrize(
    ("network", "chain", "expected"),
    [
        ("devnet", None, "devnet"),
        (None, 8453, "second"),
        ("second", 8453, "second"),
    ],
)
def test_a_network_is_named_by_its_id_or_its_chain_or_both(
    world: World, network: str | None, chain: int | None, expected: str
) -> None:
    assert world.user().create(network=network, chainId=chain).json["network"] == expected


@pytest.mark.parametrize(
    ("network", "chain", "code", "pointer"),
    [
        (None, None, "MISSING_REQUIRED_FIELD", "/network"),
        ("mars", None, "INVALID_NETWORK", "/network"),
        ("", None, "INVALID_NETWORK", "/network"),
        ("algorand-localnet", None, "INVALID_NETWORK", "/network"),
        (None, 1, "INVALID_NETWORK", "/chainId"),
        (None, -1, "INVALID_NETWORK", "/chainId"),
        ("devnet", 8453, "INVALID_NETWORK", "/chainId"),
        ("algorand-localnet", 8453, "INVALID_NETWORK", "/chainId"),
    ],
)
def test_a_network_that_is_not_there_or_does_not_fit_is_refused(
    world: World, network: str | None, chain: int | None, code: str, pointer: str
) -> None:
    answer = world.user().create(network=network, chainId=chain)
    assert refused(answer) == (400, code, [pointer])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"{} {}",
        b"{'name': 1}",
        b'{"name": "\xff"}',
        b'{"name": "\xed\xa0\x80"}',
        b"\xef\xbb\xbf{}",
        json.dumps(TOKEN).encode("utf-16"),
        json.dumps(TOKEN).encode("utf-32"),
        b'{"a": ' + b"[" * 20_000,
        b'{"a": ' + b"1" * 5_000 + b"}",
        with_member('"name": "Silver"').encode(),
        with_member('"x": {"y": 1, "y": 2}').encode(),
        b'{"\\ud800": 1, "\\ud800": 2}',
        json.dumps(TOKEN | {"name": "\ud800"}).encode(),
    ],
)
def test_what_is_not_one_plain_json_object_is_refused(world: World, body: bytes) -> None:
    status, code, _ = refused(world.user().post(CREATE, body))
    assert (status, code) in {(400, "MALFORMED_JSON"), (422, "INVALID_TOKEN_PARAMETERS")}
    assert not deployments_in(world.log)


@pytest.mark.parametrize("member", [*TOKEN, "owner", "decimals", "chainId"])
def test_half_a_surrogate_pair_is_refused_wherever_it_stands(world: World, member: str) -> None:
    for value in ("\ud800", ["\ud800"], {"\ud800": "\ud800"}):
        answer = world.user(f"{member}{len(str(value))}@example.com").create(**{member: value})
        assert answer.status_code in {400, 422}
        assert refused(answer)[1] in {"INVALID_REQUEST", "MALFORMED_JSON"}
    assert not deployments_in(world.log)


def test_a_member_that_stands_twice_is_named(world: World) -> None:
    answer = world.user().post(CREATE, with_member('"name": "Gold"'))
    assert refused(answer) == (400, "MALFORMED_JSON", ["/name"])


def test_nesting_of_any_depth_is_refused_and_never_a_fault(world: World) -> None:
    user = world.user()
    for depth in [*range(900, 1_010), 5_000, 10_000]:
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            body = b'{"a":' + opening * depth + b"1" + closing * depth + b"}"
            assert user.post(CREATE, body).status_code in {400, 413}


def test_a_body_of_more_than_64_kib_is_refused(world: World) -> None:
    user = world.user()
    padded = json.dumps(TOKEN).ljust(64 * 1024)
    assert user.post(CREATE, padded).status_code == 202
    assert refused(user.post(CREATE, padded + " "))[:2] == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "json", ""])
def test_a_body_that_does_not_say_it_is_json_is_refused(world: World, kind: str) -> None:
    answer = world.user().post(CREATE, TOKEN, **{"Content-Type": kind})
    assert refused(answer)[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_the_charset_of_json_may_be_said(world: World) -> None:
    kind = "Application/JSON; charset=utf-8"
    assert world.user().post(CREATE, TOKEN, **{"Content-Type": kind}).status_code == 202


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer x", "Basic YWRhOng=", "bearer x.y.z", "Bearer " + "x" * 5_000],
)
def test_nobody_deploys_without_a_token_of_ours(world: World, header: str) -> None:
    headers = {"Authorization": header, "Idempotency-Key": "k"}
    answer = world.client.simulate_post(CREATE, json=TOKEN, headers=headers)
    assert refused(answer)[:2] == (401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_sign_up_and_sign_in_give_a_token_and_the_chain_addresses(world: World) -> None:
    user = world.user("Ada@Example.com")
    login = {"email": "ada@example.com", "password": PASSWORD}
    session = world.client.simulate_post("/api/v1/auth/login", json=login).json
    assert session["accountId"] == user.account["accountId"]
    addresses = user.get("/api/v1/account/addresses").json
    assert addresses["evmAddress"] == user.account["evmAddress"]
    assert user.get("/api/v1/auth/profile").json["email"] == "Ada@Example.com"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": "nobody", "password": PASSWORD}, 422, "INVALID_EMAIL"),
        ({"email": "a@b.cd", "password": "short"}, 422, "WEAK_PASSWORD"),
        ({"email": "ada@example.com", "password": PASSWORD}, 409, "USER_ALREADY_EXISTS"),
        ({"email": "a@b.cd"}, 400, "MISSING_REQUIRED_FIELD"),
        ({"email": "a@b.cd", "password": PASSWORD, "confirmPassword": ""}, 400, "INVALID_REQUEST"),
    ],
)
def test_a_sign_up_that_breaks_a_rule_is_refused(
    world: World, body: dict[str, str], status: int, code: str
) -> None:
    world.user()
    answer = world.client.simulate_post("/api/v1/auth/register", json=body)
    assert refused(answer)[:2] == (status, code)
    assert PASSWORD not in answer.text
