"""What goes in and out of the create routes: the terms of each kind of token."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from domain.status import Status
from interfaces.http.messages import Links, Request, Response

AMOUNT = "Whole tokens, as a decimal string: at most `decimals` digits behind the point."
Amount = Annotated[str, Meta(description=AMOUNT, examples=["1000000.5"])]
BASE_UNITS = "Base units: a string of digits, or a number up to 2^53 - 1."
ROLE = (
    "58 characters of base32, checksum verified. Left out: the account that signs. "
    "null: given away for ever."
)
Role = Annotated[str | msgspec.UnsetType | None, Meta(description=ROLE)]
RECEIVER = (
    "40 hexadecimal digits after 0x, EIP-55 checksum verified where the case is mixed. "
    "Left out: the account that signs."
)
Receiver = Annotated[str | None, Meta(description=RECEIVER)]
SIGNER = "Which chain account of the tenant signs. Left out: the first one."
NETWORK = "An EVM network, by its id, its chain id or both: one is needed."


class CreateMintableErc20Request(Request):
    """Compliance metadata is not taken yet."""

    name: Annotated[str, Meta(description="1 to 50 characters.")]
    symbol: Annotated[str, Meta(description="1 to 10 characters.")]
    initial_supply: Amount
    cap: Amount
    decimals: Annotated[int, Meta(description="0 to 18.")] = 18
    initial_supply_receiver: Receiver = None
    owner: Receiver = None
    network: Annotated[str | None, Meta(description=NETWORK)] = None
    chain_id: Annotated[int | None, Meta(description=NETWORK)] = None
    signer_id: Annotated[str | None, Meta(description=SIGNER)] = None


class CreateAsaFungibleRequest(Request):
    """All of this but the four roles is fixed for ever once the asset exists."""

    name: Annotated[str, Meta(description="1 to 32 bytes in UTF-8.")]
    unit_name: Annotated[str, Meta(description="1 to 8 bytes in UTF-8.")]
    total_supply: Annotated[int | str, Meta(description=BASE_UNITS)]
    network: Annotated[str, Meta(description="The id of an Algorand network.")]
    decimals: Annotated[int, Meta(description="0 to 19.")] = 6
    default_frozen: Annotated[bool, Meta(description="true needs a freezeAddress.")] = False
    manager_address: Role = msgspec.UNSET
    reserve_address: Role = msgspec.UNSET
    freeze_address: Role = msgspec.UNSET
    clawback_address: Role = msgspec.UNSET
    url: Annotated[str | None, Meta(description="1 to 96 bytes in UTF-8.")] = None
    metadata_hash: Annotated[str | None, Meta(description="32 bytes in base64.")] = None
    signer_id: Annotated[str | None, Meta(description=SIGNER)] = None


class TokenWarning(Response):
    """What was accepted as asked, and cannot be undone."""

    code: str
    pointer: str
    detail: str


class AcceptedResponse(Response):
    """A pure function of the first event: a repeat gets the same bytes."""

    deployment_id: str
    status: Status
    token_type: str
    network: str
    name: str
    signer_address: str
    requested_at: datetime
    warnings: list[TokenWarning]
    links: Links


class MintableErc20Accepted(AcceptedResponse):
    symbol: str
    decimals: int
    initial_supply: Amount
    cap: Amount
    initial_supply_receiver: str
    owner: str


class AsaFungibleAccepted(AcceptedResponse):
    unit_name: str
    decimals: int
    total_supply: Annotated[str, Meta(description="Base units.")]
    total_in_whole_tokens: Amount
    default_frozen: bool
    manager_address: str | None
    reserve_address: str | None
    freeze_address: str | None
    clawback_address: str | None
    url: str | None
    metadata_hash: str | None
