"""Spells a requested token as the constructor arguments of our contract."""

from application.engine.chain import CreateToken
from domain.errors import BrokenRule
from domain.tokens import MintableErc20
from infrastructure.evm.token_code import TokenCodeTerms


def terms_of(effect: CreateToken) -> TokenCodeTerms:
    token = effect.token
    if not isinstance(token, MintableErc20):
        raise BrokenRule(f"an EVM chain makes no {token.kind}")
    return TokenCodeTerms(
        name=token.name,
        symbol=token.symbol,
        decimals=token.decimals,
        cap=token.cap,
        initial_supply=token.initial_supply,
        receiver=token.receiver,
        owner=token.owner,
        deployment_id=effect.deployment.bytes,
    )
