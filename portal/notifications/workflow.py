"""What staff decide about a message that did not arrive. Its delivery itself is nobody's act."""

from __future__ import annotations

from portal.core.transitions import Lifecycle, Transition
from portal.notifications import policy
from portal.notifications.states import UNDELIVERED, MessageState

MESSAGE = Lifecycle(
    of="message",
    transitions=(
        Transition(
            name="send_again",
            title="Send again",
            source=frozenset(UNDELIVERED),
            target=MessageState.QUEUED,
            policy=policy.can_settle,
            event="message.sent_again",
        ),
        Transition(
            name="leave",
            title="Leave it",
            source=frozenset(UNDELIVERED),
            target=MessageState.LEFT,
            policy=policy.can_settle,
            event="message.left",
        ),
    ),
    sealed=lambda message: message.sealed_round_id,
)
