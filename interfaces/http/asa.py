"""Algorand Standard Assets: where a request becomes terms, and terms become an answer."""

import base64
import binascii
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from domain.tokens import (
    LONGEST_ASSET_NAME,
    LONGEST_UNIT_NAME,
    LONGEST_URL,
    MOST_ASSET_DECIMALS,
    AsaFungible,
    check_bytes,
)
from domain.values import HASH_LENGTH, LARGEST_UINT64
from infrastructure.addresses import algorand_address, algorand_address_text
from interfaces.http.amounts import counted_units, whole_tokens
from interfaces.http.problems import field_problems
from interfaces.http.terms import AsaFungibleAccepted, CreateAsaFungibleRequest, TokenWarning
from interfaces.http.tokens import Fields

LOST = {
    "manager": "nobody can ever change a role, or destroy the asset",
    "reserve": "no reserve address can ever be named",
    "freeze": "no account can ever be frozen",
    "clawback": "nothing can ever be taken back from an account",
}
"""What it means for ever that a role is given away."""
GIVEN_AWAY = "ROLE_GIVEN_AWAY"


def asa_fungible(body: CreateAsaFungibleRequest, signer: bytes) -> AsaFungible:
    """Make the terms of an asset; each role is the signer's unless named or given away.

    A role that is left out stays with the signer, who can still give it away: what is
    for ever is only done where it is said.

    Raises:
        Problem: INVALID_TOKEN_PARAMETERS, with every field that is wrong.
    """
    fields = Fields()
    fields.take("name", lambda: check_bytes(body.name, "name", LONGEST_ASSET_NAME), None)
    fields.take(
        "unitName", lambda: check_bytes(body.unit_name, "unitName", LONGEST_UNIT_NAME), None
    )
    url = body.url
    if url is not None:
        fields.take("url", lambda: check_bytes(url, "url", LONGEST_URL), None)
    if not 0 <= body.decimals <= MOST_ASSET_DECIMALS:
        fields.refuse("decimals", f"must be 0 to {MOST_ASSET_DECIMALS}")
    total = fields.take("totalSupply", lambda: _total(body.total_supply), 1)
    digest = fields.take("metadataHash", lambda: _metadata_hash(body.metadata_hash), None)
    roles = {
        role: fields.take(f"{role}Address", partial(_role, given, signer), None)
        for role, given in _given_roles(body).items()
    }
    if body.default_frozen and not isinstance(body.freeze_address, str):
        fields.refuse("defaultFrozen", "needs a freezeAddress: name who may thaw")
    if fields.problems:
        raise field_problems(fields.problems)
    return AsaFungible(
        name=body.name,
        unit_name=body.unit_name,
        decimals=body.decimals,
        total=total,
        default_frozen=body.default_frozen,
        url=url,
        metadata_hash=digest,
        **roles,
    )


def accepted(token: AsaFungible, shared: Mapping[str, Any]) -> AsaFungibleAccepted:
    roles = {role: _spelled(address) for role, address in token.roles.items()}
    digest = token.metadata_hash
    return AsaFungibleAccepted(
        **shared,
        warnings=[
            TokenWarning(
                code=GIVEN_AWAY, pointer=f"/{role}Address", detail=f"{LOST[role]}, not even by us"
            )
            for role, address in roles.items()
            if address is None
        ],
        unit_name=token.unit_name,
        decimals=token.decimals,
        total_supply=str(token.total),
        total_in_whole_tokens=whole_tokens(token.total, token.decimals),
        default_frozen=token.default_frozen,
        manager_address=roles["manager"],
        reserve_address=roles["reserve"],
        freeze_address=roles["freeze"],
        clawback_address=roles["clawback"],
        url=token.url,
        metadata_hash=None if digest is None else base64.b64encode(digest).decode(),
    )


def _given_roles(body: CreateAsaFungibleRequest) -> dict[str, str | msgspec.UnsetType | None]:
    return {
        "manager": body.manager_address,
        "reserve": body.reserve_address,
        "freeze": body.freeze_address,
        "clawback": body.clawback_address,
    }


def _role(given: str | msgspec.UnsetType | None, signer: bytes) -> bytes | None:
    if given is msgspec.UNSET:
        return signer
    if given is None:
        return None
    if not given:
        raise ValueError("is empty: leave it out for your own account, or give it away by null")
    address = algorand_address(given)
    if not any(address):
        raise ValueError("is the zero address, which is nobody's: give the role away by null")
    return address


def _total(given: int | str) -> int:
    total = counted_units(given)
    if not 1 <= total <= LARGEST_UINT64:
        raise ValueError("must be 1 to 2^64 - 1 base units")
    return total


def _metadata_hash(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be 32 bytes in base64") from None
    if len(digest) != HASH_LENGTH:
        raise ValueError(f"must be 32 bytes in base64, it has {len(digest)}")
    if base64.b64encode(digest).decode() != text:
        raise ValueError("must be base64 whose last digit holds no idle bits")
    if not any(digest):
        raise ValueError("is all zero, which the chain cannot tell from none")
    return digest


def _spelled(address: bytes | None) -> str | None:
    return None if address is None else algorand_address_text(address)
