"""Verifies Algorand certificates. Imports nothing else of ours: an auditor can run it alone."""

from infrastructure.algorand.verifier.certificate import SlotFacts, verify
from infrastructure.algorand.verifier.primitives import Refused

__all__ = ["Refused", "SlotFacts", "verify"]
