"""Amounts between whole tokens in decimal text and base units: exact, never cut, never rounded."""

import re

WHOLE_TOKENS = re.compile(r"(0|[1-9][0-9]{0,77})(?:\.([0-9]{1,77}))?", re.ASCII)
"""Digits, and a point with digits behind it; no sign, exponent, blank or other script's digits."""
COUNTED = re.compile(r"0|[1-9][0-9]{0,77}", re.ASCII)
LARGEST_NUMBER = 2**53 - 1
"""The largest whole number that no reader or writer of JSON rounds (RFC 7493)."""


def base_units(text: str, decimals: int) -> int:
    """Read an amount of whole tokens.

    Raises:
        ValueError: not the grammar, or more digits behind the point than the token has.
    """
    found = WHOLE_TOKENS.fullmatch(text)
    if found is None:
        raise ValueError("must be digits, with a point and more digits if need be")
    whole, fraction = found.group(1), found.group(2) or ""
    if len(fraction) > decimals:
        raise ValueError(f"has {len(fraction)} digits behind the point, the token has {decimals}")
    return int(whole + fraction.ljust(decimals, "0"))


def whole_tokens(units: int, decimals: int) -> str:
    """Spell base units in whole tokens, without idle zeros."""
    digits = str(units).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def counted_units(given: int | str) -> int:
    """Read an amount that is given in base units.

    Raises:
        ValueError: not digits alone, or a number that may have been rounded on its way here.
    """
    if isinstance(given, int):
        if abs(given) > LARGEST_NUMBER:
            raise ValueError("is a number beyond 2^53 - 1, which many programs round: send text")
        return given
    if COUNTED.fullmatch(given) is None:
        raise ValueError("must be digits alone: it counts base units, which have no fraction")
    return int(given)
