"""What goes in and out of the routes of accounts."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from domain.events import KeyForm
from interfaces.http.messages import Request, Response

Password = Annotated[str, Meta(description="16 to 256 characters, hard to guess.")]
Code = Annotated[
    str | None,
    Meta(description="One-time password or recovery code, where the account has a second factor."),
]
Token = Annotated[str, Meta(min_length=1, max_length=200)]


Device = Annotated[
    str,
    Meta(max_length=200, description="From an earlier session: others cannot lock it out."),
]


class RegisterRequest(Request):
    email: str
    password: Password
    confirm_password: str | None = None


class LoginRequest(Request):
    email: str
    password: str
    second_factor: Code = None
    tenant_id: str | None = None
    device_token: Device | None = None


class RefreshRequest(Request):
    refresh_token: Token


class ChangePasswordRequest(Request):
    current_password: str
    new_password: Password
    second_factor: Code = None


class AskResetRequest(Request):
    email: str


class ResetPasswordRequest(Request):
    token: Token
    new_password: Password
    second_factor: Code = None


class LinkRequest(Request):
    token: Token


class ProofRequest(Request):
    """What somebody who is signed in gives again before something grave."""

    password: str
    second_factor: Code = None


class ConfirmRequest(Request):
    """What confirms that it is really the person who asks, not a copy of their session."""

    password: Annotated[
        str | None, Meta(description="Left out by who signed in with a wallet, freshly.")
    ] = None
    second_factor: Code = None


class ConfirmSecondFactorRequest(Request):
    code: str


class ExportRequest(Request):
    signer_id: str
    format: KeyForm
    password: str
    second_factor: Code = None


class WalletProofRequest(Request):
    """What a wallet signed, fresh, in place of a password."""

    network: str
    nonce: Annotated[str, Meta(max_length=200)]
    signed_transaction: Annotated[
        str, Meta(max_length=8192, description="The signed transaction: msgpack, in base64.")
    ]


class WalletLoginRequest(WalletProofRequest):
    tenant_id: str | None = None


class SessionResponse(Response):
    account_id: str
    tenant_id: str
    session_id: str
    access_token: str
    token_type: str
    expires_at: datetime
    refresh_token: str
    session_expires_at: datetime
    device_token: str | None


class AddressesResponse(Response):
    signer_id: str
    derivation: str
    slot: int
    exported: bool
    algorand_address: str
    evm_address: str


class SignersResponse(AddressesResponse):
    """The first one's members stand at the top, as they always did."""

    signers: list[AddressesResponse]


class ProfileResponse(Response):
    account_id: str
    tenant_id: str
    role: str
    email: str | None
    email_verified: bool
    second_factor: bool
    wallet_address: str | None
    tenants: list[str]
    signers: list[AddressesResponse]


class RegisteredResponse(SessionResponse):
    email: str
    algorand_address: str
    evm_address: str
    custody: str


class NewPasswordResponse(Response):
    note: str
    device_token: Annotated[
        str, Meta(description="In place of all earlier ones: they are good no longer.")
    ]


class DoneResponse(Response):
    """What was asked for is done; `note` says what follows from it, and what does not."""

    note: str


class OpenSession(Response):
    session_id: str
    current: bool
    proof: str
    second_factor: bool
    opened_at: datetime
    last_used_at: datetime
    expires_at: datetime
    source_ip: str | None
    user_agent: str | None


class SessionsResponse(Response):
    sessions: list[OpenSession]


class OfferedResponse(Response):
    secret: str
    uri: str
    note: str


class RecoveryCodesResponse(Response):
    recovery_codes: list[str]
    note: str


class ExportedResponse(Response):
    signer_id: str
    format: KeyForm
    words: str
    note: str


class ChallengeResponse(Response):
    nonce: str
    note: str
    note_base64: str
    expires_at: datetime
