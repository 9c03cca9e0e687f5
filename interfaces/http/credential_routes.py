"""Routes of what stands beside a password: second factors, and wallets."""

from domain.roles import Right
from interfaces.http import account_messages as messages
from interfaces.http import credentials
from interfaces.http.route import AGAIN, STORED, V1, Route

CREDENTIAL_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path=f"{V1}/auth/second-factor/offer",
        handler=credentials.offer_second_factor,
        tag="accounts",
        summary="Get a key for one-time passwords",
        body=messages.ProofRequest,
        response=messages.OfferedResponse,
        needs=Right.SELF,
        throttled=True,
        errors=("SECOND_FACTOR_STATE", *AGAIN, *STORED),
    ),
    Route(
        method="POST",
        path=f"{V1}/auth/second-factor/confirm",
        handler=credentials.confirm_second_factor,
        tag="accounts",
        summary="Put the key in force by a code of it; recovery codes are shown once",
        body=messages.ConfirmSecondFactorRequest,
        response=messages.RecoveryCodesResponse,
        needs=Right.SELF,
        throttled=True,
        errors=("SECOND_FACTOR_STATE", "INVALID_SECOND_FACTOR", "CONFLICT", *STORED),
    ),
    Route(
        method="POST",
        path=f"{V1}/auth/second-factor/remove",
        handler=credentials.remove_second_factor,
        tag="accounts",
        summary="Take the second factor away",
        body=messages.ProofRequest,
        response=messages.DoneResponse,
        needs=Right.SELF,
        throttled=True,
        errors=("SECOND_FACTOR_STATE", *AGAIN, *STORED),
    ),
    Route(
        method="POST",
        path=f"{V1}/auth/wallet/challenge",
        handler=credentials.wallet_challenge,
        tag="accounts",
        summary="Get a nonce for a wallet to sign (ARC-14, a draft)",
        response=messages.ChallengeResponse,
        needs=None,
        throttled=True,
    ),
    Route(
        method="POST",
        path=f"{V1}/auth/wallet/login",
        handler=credentials.wallet_login,
        tag="accounts",
        summary="Sign in with what a wallet signed (ARC-14, a draft)",
        body=messages.WalletLoginRequest,
        response=messages.SessionResponse,
        needs=None,
        throttled=True,
        errors=(
            "INVALID_WALLET_PROOF",
            "INVALID_NETWORK",
            "FORBIDDEN",
            "NOT_FOUND",
            "BLOCKCHAIN_CONNECTION_ERROR",
            "CONFLICT",
            *STORED,
        ),
    ),
)
