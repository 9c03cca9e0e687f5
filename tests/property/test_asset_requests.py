"""Any asset can be asked for, is asked for exactly, and is answered as it was asked for."""

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.tokens import AsaFungible
from infrastructure.addresses import algorand_address, algorand_address_text
from interfaces.http.amounts import LARGEST_NUMBER, counted_units
from interfaces.http.asa import accepted, asa_fungible
from interfaces.http.bodies import convert
from interfaces.http.terms import CreateAsaFungibleRequest
from tests.event_strategies import HASHES, of

SIGNER = b"s" * 32
SHARED = {
    "deployment_id": "",
    "status": "queued",
    "token_type": "asa-ft",
    "network": "",
    "name": "",
    "signer_address": "",
    "requested_at": None,
    "links": None,
}


def spelled(token: AsaFungible) -> dict[str, Any]:
    """Return a token as somebody asks for it who leaves nothing out."""
    roles = {
        f"{role}Address": None if address is None else algorand_address_text(address)
        for role, address in token.roles.items()
    }
    digest = token.metadata_hash
    return roles | {
        "name": token.name,
        "unitName": token.unit_name,
        "totalSupply": str(token.total),
        "decimals": token.decimals,
        "defaultFrozen": token.default_frozen,
        "url": token.url,
        "metadataHash": None if digest is None else base64.b64encode(digest).decode(),
        "network": "any",
    }


@given(of(AsaFungible))
def test_an_asset_comes_through_a_request_and_an_answer_as_it_is(token: AsaFungible) -> None:
    body = spelled(token)
    assert asa_fungible(convert(body, CreateAsaFungibleRequest), SIGNER) == token
    answer = accepted(token, SHARED)
    told = {
        name: getattr(answer, name.replace("Address", "_address"))
        for name in body
        if name.endswith("Address")
    }
    assert told.items() <= body.items()
    assert (answer.total_supply, answer.url) == (body["totalSupply"], body["url"])
    assert answer.metadata_hash == body["metadataHash"]
    given_away = {f"/{role}Address" for role, address in token.roles.items() if address is None}
    assert {warning.pointer for warning in answer.warnings} == given_away


@given(HASHES)
def test_an_address_has_one_spelling(address: bytes) -> None:
    text = algorand_address_text(address)
    assert len(text) == 58
    assert algorand_address(text) == address


@given(HASHES, st.integers(0, 57), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567018=a "))
def test_no_slip_of_one_letter_is_another_address(address: bytes, place: int, sign: str) -> None:
    text = algorand_address_text(address)
    slipped = text[:place] + sign + text[place + 1 :]
    try:
        read = algorand_address(slipped)
    except ValueError:
        assert slipped != text
    else:
        assert (slipped, read) == (text, address)


@given(st.integers(0, 2**70), st.booleans())
def test_a_count_is_read_exactly_or_refused(count: int, as_number: bool) -> None:
    if as_number and count > LARGEST_NUMBER:
        return
    assert counted_units(count if as_number else str(count)) == count
