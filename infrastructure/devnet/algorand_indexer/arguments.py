"""What a question's parameters mean, and the real indexer's words for what is wrong with them."""

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand.encoding import ADDRESS, CHECKSUM, digest

MOST = 2**64
MOST_SEARCHED = 2**63 - 1
TOO_GREAT = (
    "searching by round or application-id or asset-id or filter by value greater than"
    " 9223372036854775807 is not supported"
)
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
TRUE = {"1", "t", "T", "TRUE", "true", "True"}
FALSE = {"0", "f", "F", "FALSE", "false", "False"}
DISABLED: Mapping[str, tuple[str, ...]] = {
    "/v2/accounts/{account}/transactions": (
        "note-prefix",
        "tx-type",
        "sig-type",
        "asset-id",
        "before-time",
        "after-time",
        "rekey-to",
    ),
    "/v2/assets": ("name", "unit"),
    "/v2/assets/{asset}/balances": ("currency-greater-than", "currency-less-than"),
    "/v2/transactions": (
        "note-prefix",
        "tx-type",
        "sig-type",
        "asset-id",
        "before-time",
        "after-time",
        "currency-greater-than",
        "currency-less-than",
        "address-role",
        "exclude-close-to",
        "rekey-to",
        "application-id",
        "group-id",
    ),
}
"""What the real one refuses until its operator starts it with `--enable-all-parameters`."""


class Reading:
    """The parameters of one question, each bound to its type."""

    def __init__(self, asked: Asked, kinds: Mapping[str, Callable[[str, str], Any]]) -> None:
        given = asked.query
        self._values = {
            name: read(name, given[name]) for name, read in kinds.items() if name in given
        }

    def refuse(self, asked: Asked, disabled: Iterable[str]) -> None:
        """Raises:
        Failed: a parameter is given that is not enabled.
        """
        for name in disabled:
            if asked.query.get(name):
                raise Failed(400, f"provided disabled parameter: {name}")

    def get(self, name: str, default: Any = None) -> Any:
        return self._values.get(name, default)


def bad(name: str, why: str) -> Failed:
    return Failed(400, f"Invalid format for parameter {name}: {why}")


def number(name: str, text: str) -> int:
    why = ""
    if not (text.isascii() and text.isdigit()):
        why = "invalid syntax"
    elif int(text) >= MOST:
        why = "value out of range"
    if why:
        raise bad(
            name, f'error binding string parameter: strconv.ParseUint: parsing "{text}": {why}'
        )
    return int(text)


def flag(name: str, text: str) -> bool:
    if text not in TRUE | FALSE:
        words = f'strconv.ParseBool: parsing "{text}": invalid syntax'
        raise bad(name, f"error binding string parameter: {words}")
    return text in TRUE


def words(_: str, text: str) -> str:
    return text


def moment(name: str, text: str) -> float:
    """Seconds since 1970 of a time or a date."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
        if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text):
            return datetime.fromisoformat(text).timestamp()
    except ValueError:
        pass
    why = f'parsing time "{text}" as "2006-01-02": cannot parse "{text}" as "2006"'
    raise bad(name, f"error parsing '{text}' as RFC3339 or 2006-01-02 time: {why}")


def base32_fault(text: str) -> str:
    """What Go says of text that is no base32; nothing if it is."""
    at = next((place for place, letter in enumerate(text) if letter not in BASE32), None)
    return "" if at is None else f"illegal base32 data at input byte {at}"


def address(text: str) -> bytes:
    """Read an address.

    Raises:
        ValueError: with the SDK's words.
    """
    if fault := base32_fault(text):
        raise ValueError(fault)
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        data = b""
    if len(data) != ADDRESS + CHECKSUM:
        raise ValueError(
            f"decoded address is the wrong length, should be {ADDRESS + CHECKSUM} bytes"
        )
    if digest(data[:ADDRESS])[-CHECKSUM:] != data[ADDRESS:]:
        raise ValueError("address checksum is incorrect, did you copy the address correctly?")
    return data[:ADDRESS]


def path_address(text: str) -> bytes:
    try:
        return address(text)
    except ValueError as error:
        raise Failed(400, f"unable to parse address: {error}") from None


def path_number(name: str, text: str) -> int:
    """A number in the path; what no database holds is not found."""
    value = number(name, text)
    if value > MOST_SEARCHED:
        raise Failed(404, TOO_GREAT)
    return value


def base64_fault(text: str, alphabet: str) -> str:
    """What Go says of text that is no base64; nothing if it is."""
    at = next((place for place, one in enumerate(text.rstrip("=")) if one not in alphabet), None)
    if at is None and len(text) % 4:
        at = len(text) // 4 * 4
    return "" if at is None else f"illegal base64 data at input byte {at}"
