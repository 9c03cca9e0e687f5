"""Signatures count where someone holds the key: what OpenSSL alone would let pass is refused."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from infrastructure.algorand.ed25519 import OF_ORDER_8, PRIME, SMALL_ORDER, holds
from tests.algod_forge import Key
from tests.wallet_hands import by_hand_as, proofs, refused

D = -121665 * pow(121666, -1, PRIME) % PRIME
"""Of the curve -x^2 + y^2 = 1 + dx^2y^2 (RFC 8032, section 5.1)."""
ROOT_OF_MINUS_1 = pow(2, (PRIME - 1) // 4, PRIME)
ORDER = 2**252 + 27742317777372353535851937790883648493
SIGN = 1 << 255
NEUTRAL = (0, 1)
KEY = Key(b"k" * 32)
MESSAGE = b"message"
SIGNATURE = KEY._signer.sign(MESSAGE).signature

Point = tuple[int, int]


def point(y: int) -> Point:
    square = (y * y - 1) * pow(D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * ROOT_OF_MINUS_1 % PRIME
    assert x * x % PRIME == square, "not on the curve"
    return x, y


def doubled(one: Point) -> Point:
    x, y = one
    both = D * x * x * y * y
    return (
        2 * x * y * pow(1 + both, -1, PRIME) % PRIME,
        (y * y + x * x) * pow(1 - both, -1, PRIME) % PRIME,
    )


def spelled(y: int) -> bytes:
    return y.to_bytes(32, "little")


SMALL = sorted(
    {spelled(y + sign) for y in SMALL_ORDER for sign in (0, SIGN)}
    | {spelled(y + PRIME + sign) for y in (0, 1) for sign in (0, SIGN)}
)


def test_the_listed_points_are_those_whose_order_divides_8() -> None:
    orders = {}
    for y in SMALL_ORDER:
        here, order = point(y), 1
        while here != NEUTRAL:
            here, order = doubled(here), 2 * order
        orders[y] = order
    assert sorted(orders.values()) == [1, 2, 4, 8, 8], "and those of 4 and 8 with both signs"
    assert orders[OF_ORDER_8] == 8


@pytest.mark.parametrize("key", SMALL, ids=lambda key: key.hex()[:8] + key.hex()[-2:])
def test_a_key_of_small_order_signs_nothing(key: bytes) -> None:
    neutral = spelled(1) + bytes(32)
    assert not any(holds(key, neutral, bytes([number])) for number in range(32))


def test_openssl_alone_lets_anyone_sign_for_the_neutral_point() -> None:
    key = spelled(1)
    Ed25519PublicKey.from_public_bytes(key).verify(key + bytes(32), b"whatever it is")
    assert not holds(key, key + bytes(32), b"whatever it is")


def test_a_signature_holds_for_its_key_and_its_message_alone() -> None:
    assert holds(KEY.public, SIGNATURE, MESSAGE)
    assert not holds(KEY.public, SIGNATURE, MESSAGE + b"!")
    assert not holds(Key().public, SIGNATURE, MESSAGE)
    assert not holds(KEY.public[:-1], SIGNATURE, MESSAGE)
    assert not holds(KEY.public, SIGNATURE[:-1], MESSAGE)


def test_a_signature_has_one_spelling() -> None:
    scalar = int.from_bytes(SIGNATURE[32:], "little") + ORDER
    assert not holds(KEY.public, SIGNATURE[:32] + spelled(scalar), MESSAGE)


def test_what_is_no_point_signs_nothing() -> None:
    for y in range(2, 40):
        try:
            point(y)
        except AssertionError:
            assert not holds(spelled(y), SIGNATURE, MESSAGE)
            with pytest.raises(InvalidSignature):
                Ed25519PublicKey.from_public_bytes(spelled(y)).verify(SIGNATURE, MESSAGE)


def test_nobody_signs_in_by_a_key_that_anyone_can_sign_for() -> None:
    neutral = spelled(1)
    forged = by_hand_as(sgnr=neutral, sig=neutral + bytes(32))
    assert "hold" in refused(proofs(), forged)
