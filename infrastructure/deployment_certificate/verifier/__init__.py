"""Checks deployment certificates. Imports nothing else of ours than the two families' verifiers:
an auditor can run the three folders alone.
"""

from infrastructure.deployment_certificate.verifier.certificate import Checked, check
from infrastructure.deployment_certificate.verifier.form import Refused

__all__ = ["Checked", "Refused", "check"]
