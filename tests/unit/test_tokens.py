"""The terms of a token are valid from construction: what the chain would refuse is no value."""

from dataclasses import replace
from typing import Any

import pytest

from domain.tokens import FAMILY_OF, AsaFungible, TokenKind
from domain.values import LARGEST_UINT64, Family

KEY = b"k" * 32
BARE = AsaFungible(name="Gold", unit_name="GLD", decimals=6, total=1)
EURO = "\u20ac"
GRIN = "\U0001f600"


def test_every_kind_of_token_belongs_to_one_family() -> None:
    assert set(FAMILY_OF) == set(TokenKind)
    assert FAMILY_OF[BARE.kind] is Family.ALGORAND


@pytest.mark.parametrize(
    "terms",
    [
        {"name": "x"},
        {"name": EURO * 10 + "ab"},
        {"name": GRIN * 8},
        {"unit_name": EURO * 2 + "ab"},
        {"unit_name": GRIN * 2},
        {"url": "u" * 96},
        {"url": EURO * 32},
        {"decimals": 0},
        {"decimals": 19},
        {"total": LARGEST_UINT64},
        {"manager": KEY, "reserve": KEY, "freeze": KEY, "clawback": KEY},
        {"default_frozen": True, "freeze": KEY},
        {"metadata_hash": bytes(31) + b"\1"},
    ],
)
def test_an_asset_may_be_anything_up_to_the_limits(terms: dict[str, Any]) -> None:
    asset = replace(BARE, **terms)
    assert {name: getattr(asset, name) for name in terms} == terms


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"name": ""}, "name must have 1 to 32 bytes in UTF-8, it has 0"),
        ({"name": EURO * 11}, "name must have 1 to 32 bytes in UTF-8, it has 33"),
        ({"unit_name": EURO * 3}, "unitName must have 1 to 8 bytes in UTF-8, it has 9"),
        ({"url": "u" * 97}, "url must have 1 to 96 bytes in UTF-8, it has 97"),
        ({"url": ""}, "url must have 1 to 96 bytes"),
        ({"name": "Gold "}, "no blanks around"),
        ({"unit_name": "G\0D"}, "control characters"),
        ({"name": "\ud800"}, "control characters"),
        ({"decimals": 20}, "decimals must be 0 to 19"),
        ({"decimals": -1}, "decimals must be 0 to 19"),
        ({"total": 0}, "total must be 1"),
        ({"total": LARGEST_UINT64 + 1}, "total must be 1"),
        ({"manager": b""}, "manager must be a non-zero address"),
        ({"reserve": bytes(32)}, "reserve must be a non-zero address"),
        ({"freeze": KEY[1:]}, "freeze must be a non-zero address"),
        ({"clawback": KEY + b"k"}, "clawback must be a non-zero address"),
        ({"metadata_hash": bytes(32)}, "metadataHash must be 32 bytes"),
        ({"metadata_hash": KEY[1:]}, "metadataHash must be 32 bytes"),
        ({"default_frozen": True}, "needs a freeze address"),
    ],
)
def test_an_asset_that_the_chain_would_refuse_or_take_otherwise_is_none(
    terms: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        replace(BARE, **terms)
