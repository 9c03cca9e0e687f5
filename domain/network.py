"""Networks: the highest block an outcome was decided at, and whether a chain contradicts it."""

from domain.events import Event, FinalityViolated, FinalizedAdvanced
from domain.streams import StreamId, StreamKind
from domain.values import BlockRef, NetworkRef


def stream_of(network: NetworkRef) -> StreamId:
    return StreamId(StreamKind.NETWORK, network.key)


def highest_final(last: Event | None) -> BlockRef | None:
    """Return the highest block that the log relied on as final; None before the first."""
    match last:
        case FinalizedAdvanced(block=block) | FinalityViolated(known=block):
            return block
        case _:
            return None


def is_held(last: Event | None) -> bool:
    """Whether a node contradicted what was final, and no operator has looked since."""
    return isinstance(last, FinalityViolated)
