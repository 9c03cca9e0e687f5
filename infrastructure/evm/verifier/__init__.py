"""Verifies EVM certificates. Imports nothing else of ours: an auditor can run it alone."""

from infrastructure.evm.verifier.certificate import SlotFacts, verify
from infrastructure.evm.verifier.primitives import Refused

__all__ = ["Refused", "SlotFacts", "verify"]
