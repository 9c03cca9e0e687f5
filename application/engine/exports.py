"""Whether a signer's key has left: asked before coins go to it, and before an outcome is said.

The export is a fact of the tenant's stream (`tenant.signer-exported`; `tenant.signer-exposed` is
as good as one). That stream is read for those two appends alone, right before each, and its
version is expected by both: an export that lands in between makes them conflict. It moves rarely,
and a version that is only expected lets any number of appends through side by side.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from application.engine.recording import View
from domain.events import SignerAdded, SignerExported, SignerExposed
from domain.log import ConcurrentChange, EventLog, History
from domain.streams import StreamId, StreamKind, StreamVersion
from domain.values import SignerRef

PAYS_ITSELF = "this signer's key was exported: it pays for itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyExport:
    """What the log says of a signer's key at one moment."""

    at: int | None
    """Position of the first export; None where the log has none."""
    read: Mapping[StreamId, StreamVersion]
    """What was read to say so. An append that relies on it expects it."""

    def kept(self) -> Mapping[StreamId, StreamVersion]:
        """Return what an append expects that spends the treasury's coins on the signer.

        Raises:
            ConcurrentChange: the key was exported since it was asked before.
        """
        if self.at is not None:
            raise ConcurrentChange(f"the signer's key was exported at position {self.at}")
        return self.read


def key_export(log: EventLog, view: View) -> KeyExport:
    """Look whether the key of a deployment's signer was ever exported."""
    request = view.deployment.request
    history = log.read(StreamId(StreamKind.TENANT, str(request.tenant)))
    at = first_export(history, request.signer)
    return KeyExport(at=at, read={history.stream: history.version})


def first_export(history: History, signer: SignerRef) -> int | None:
    """Return the position of a key's first export in a tenant's history; None if there is none.

    A key is told by the address too: the same e-mail and password make the same key under
    another signer's id. One seed signs on both families, so it is gone for both, in whatever
    words it left.
    """
    same = {signer.id} | {
        event.signer
        for event in (recorded.event for recorded in history.events)
        if isinstance(event, SignerAdded) and signer.address in (event.algorand, event.evm)
    }
    exports = (
        recorded.position
        for recorded in history.events
        if isinstance(recorded.event, SignerExported | SignerExposed)
        and recorded.event.signer in same
    )
    return next(exports, None)
