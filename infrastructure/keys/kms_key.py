"""A key-encryption key in AWS KMS: data keys are wrapped there, and the key never leaves it.

Speaks through boto3, which is an optional dependency and loaded only where KMS is configured.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from domain.log import KeysUnavailable
from infrastructure.keys.key_encryption import Bound, NotOpened
from infrastructure.keys.provider import LENGTH, BadKey

PATIENCE = 2.0
"""Seconds to connect, and to wait for an answer: a request thread waits for it."""
MOST_TRIES = 3
"""Of one call, where the first was throttled, timed out or met trouble inside KMS."""
TALKATIVE = ("boto3", "botocore", "urllib3")
"""At level DEBUG they log what they send and get, and here that is keys."""
WRONG = {"InvalidCiphertextException", "IncorrectKeyException"}
"""What Decrypt says where a ciphertext was changed, is of another context or of another key."""
ARN_PARTS = 6
"""Of ``arn:partition:kms:region:account:key/id``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KmsAddress:
    key: str
    """ARN, id or alias of a symmetric key."""
    endpoint: str = ""
    """Where KMS answers, if not where AWS has it."""

    @property
    def is_open(self) -> bool:
        """Whether data keys would go over the wire in the clear."""
        return bool(self.endpoint) and urlsplit(self.endpoint).scheme != "https"

    @property
    def region(self) -> str | None:
        """The region that an ARN names; without one boto3's environment decides."""
        parts = self.key.split(":")
        return parts[3] if len(parts) >= ARN_PARTS else None


class KmsKey:
    """Implements KeyEncryption. Its calls may be made by many threads at once."""

    # boto3 makes the class of its client while it runs: there is no type to name.
    def __init__(self, client: Any, arn: str, *, is_development: bool = False) -> None:
        self._client = client
        self._arn = arn
        self.key_id = "kms-" + sha256(b"key-id" + arn.encode()).hexdigest()[:16]
        self.is_development = is_development

    def wrap(self, data_key: bytes, bound: Bound) -> bytes:
        with _named_errors("Encrypt"):
            answer = self._client.encrypt(
                KeyId=self._arn, Plaintext=data_key, EncryptionContext=_context(bound)
            )
            return bytes(answer["CiphertextBlob"])

    def unwrap(self, key_id: str, wrapped: bytes, bound: Bound) -> bytes:
        if key_id != self.key_id:
            raise NotOpened(f"wrapped under {key_id}, and this is {self.key_id}")
        if not wrapped:
            raise NotOpened("there is no data key")
        with _named_errors("Decrypt"):
            answer = self._client.decrypt(
                KeyId=self._arn, CiphertextBlob=wrapped, EncryptionContext=_context(bound)
            )
            data_key = bytes(answer["Plaintext"])
        if len(data_key) != LENGTH:
            raise NotOpened(f"the data key has {len(data_key)} bytes, not {LENGTH}")
        return data_key


def open_kms_key(address: KmsAddress) -> KmsKey:
    """Connect to KMS, and learn which key an alias stands for.

    Credentials and region come from boto3's ordinary places.

    Raises:
        BadKey: boto3 is not installed, or does not know the region.
        KeysUnavailable: KMS cannot be reached, or knows no such key.
    """
    try:
        import boto3  # type: ignore[import-untyped]
        from botocore.config import Config  # type: ignore[import-untyped]
        from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]
    except ImportError:
        raise BadKey("boto3 is not installed: pip install boto3") from None
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    config = Config(
        connect_timeout=PATIENCE,
        read_timeout=PATIENCE,
        # Else AWS_ENDPOINT_URL could lead data keys over a wire that production refuses.
        ignore_configured_endpoint_urls=True,
        retries={"mode": "standard", "total_max_attempts": MOST_TRIES},
    )
    try:
        client = boto3.session.Session().client(
            "kms",
            region_name=address.region,
            endpoint_url=address.endpoint or None,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        raise BadKey(f"KMS cannot be asked: {type(error).__name__}") from None
    with _named_errors("DescribeKey"):
        arn = str(client.describe_key(KeyId=address.key)["KeyMetadata"]["Arn"])
    return KmsKey(client, arn, is_development=address.is_open)


def _context(bound: Bound) -> dict[str, str]:
    """Return what KMS binds, and writes in the clear into its own audit log: pseudonyms."""
    return {
        "proofmint:owner": str(bound.owner),
        "proofmint:purpose": bound.purpose,
        "proofmint:version": str(bound.version),
    }


@contextmanager
def _named_errors(call: str) -> Iterator[None]:
    """Speak of KMS's troubles in the port's words, and repeat nothing of what was sent."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code in WRONG:
            raise NotOpened("KMS does not open the data key: changed, or elsewhere") from None
        raise KeysUnavailable(f"KMS refuses {call}: {code}") from None
    except (BotoCoreError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise KeysUnavailable(f"KMS does not answer {call}: {type(error).__name__}") from None
