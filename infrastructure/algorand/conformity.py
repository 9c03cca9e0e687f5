"""Compares the asset that a transaction made with what was asked, from the row of its block.

Never the present state: a manager may have changed or destroyed the asset since.
"""

from typing import Any

import orjson

from application.engine.answers import Conformity
from application.engine.chain import CreateToken
from domain.slots import Inclusion, LeaseSlot, Slot
from domain.tokens import AsaFungible
from infrastructure.addresses import algorand_address_text
from infrastructure.algorand.blocks import Block, Row
from infrastructure.algorand.groups import CREATES_ASSET, note_of

LONGEST_DIFFERENCE = 400
NAMES = {
    "t": "total",
    "dc": "decimals",
    "df": "defaultFrozen",
    "un": "unitName",
    "an": "name",
    "au": "url",
    "am": "metadataHash",
    "m": "managerAddress",
    "r": "reserveAddress",
    "f": "freezeAddress",
    "c": "clawbackAddress",
}
"""Members of an asset's parameters on chain, and what the API calls them."""


def compare(effect: CreateToken, slot: Slot, inclusion: Inclusion, block: Block) -> Conformity:
    """Return every difference, and the report of what was compared.

    Args:
        effect: what was asked.
        slot: whose transaction it is.
        inclusion: where it stands.
        block: that very block, by its bytes.
    """
    assert isinstance(slot.key, LeaseSlot)
    assert isinstance(effect.token, AsaFungible)
    row = block.rows[inclusion.index]
    found = row.fields.get("apar")
    found = found if isinstance(found, dict) else {}
    wanted = asked_parameters(effect.token)
    rows = [
        _row("creator", algorand_address_text(slot.key.sender), algorand_address_text(row.sender)),
        _row("type", CREATES_ASSET, row.type),
        _row("note", note_of(effect.deployment).hex(), row.note.hex()),
        _row("changes", None, row.fields.get("caid")),
        *(_row(name, _told(wanted.get(key)), _told(found.get(key))) for key, name in NAMES.items()),
        _row("otherParameters", [], sorted(str(key) for key in found.keys() - NAMES.keys())),
    ]
    differences = tuple(
        f"{one['field']}: asked {one['asked']}, found {one['found']}"[:LONGEST_DIFFERENCE]
        for one in rows
        if one["asked"] != one["found"]
    )
    if row.created is None:
        differences += ("asset: asked one, found none made",)
    report = {
        "asset": row.created and str(row.created),
        "round": {"number": block.round, "hash": block.hash.hex()},
        "compared": rows,
        "conforms": not differences,
    }
    return Conformity(
        differences=differences, report=orjson.dumps(report, option=orjson.OPT_SORT_KEYS)
    )


def asked_parameters(token: AsaFungible) -> dict[str, Any]:
    """Return an asset's parameters as the chain writes them: what is zero is left out."""
    every = {
        "t": token.total,
        "dc": token.decimals,
        "df": token.default_frozen,
        "un": token.unit_name,
        "an": token.name,
        "au": token.url,
        "am": token.metadata_hash,
        "m": token.manager,
        "r": token.reserve,
        "f": token.freeze,
        "c": token.clawback,
    }
    return {key: value for key, value in every.items() if value}


def makes_what_was_asked(effect: CreateToken, row: Row) -> bool:
    """Whether a row makes this very token, and names its deployment."""
    assert isinstance(effect.token, AsaFungible)
    made = row.fields.get("apar")
    return (
        row.created is not None
        and row.note == note_of(effect.deployment)
        and isinstance(made, dict)
        and {key: _told(value) for key, value in made.items()}
        == {key: _told(value) for key, value in asked_parameters(effect.token).items()}
    )


def _row(field: str, asked: Any, found: Any) -> dict[str, Any]:
    return {"field": field, "asked": asked, "found": found}


def _told(value: Any) -> str | bool | None:
    """Spell a value of the chain: bytes that are no text in hexadecimal, numbers in decimal.

    Different bytes are never spelled alike: what looks like hexadecimal is no text here.
    """
    match value:
        case bytes():
            try:
                text = value.decode()
            except UnicodeDecodeError:
                return "0x" + value.hex()
            is_text = text.isprintable() and not text.startswith("0x")
            return text if is_text else "0x" + value.hex()
        case str():
            return _told(value.encode())
        case int() if not isinstance(value, bool):
            return str(value)
        case bool() | None:
            return value
        case _:
            return repr(value)[:LONGEST_DIFFERENCE]
