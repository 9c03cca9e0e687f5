"""Amounts between whole tokens in decimal text and base units: exact, never cut, never rounded."""

import re

WHOLE_TOKENS = re.compile(r"(0|[1-9][0-9]{0,77})(?:\.([0-9]{1,77}))?", re.ASCII)
"""Digits, and a point with digits behind it; no sign, exponent, blank or other script's digits."""


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
