"""Telling people, writing to addresses, delivering what was written, and seeing to what did not arrive."""

from portal.notifications.services.delivering import (
    find_followed,
    give_up,
    hand_over,
    mark_in_doubt,
    mark_sent,
    put_back,
    settle,
    start_sending,
)
from portal.notifications.services.digests import list_due, send_digest
from portal.notifications.services.reading import choose_settings, clean_mobile, mark_all_read, mark_read
from portal.notifications.services.settling import ask_for_sealed, leave, send_again, send_sealed_again
from portal.notifications.services.telling import send_text, tell
from portal.notifications.services.writing import send

__all__ = [
    "ask_for_sealed",
    "choose_settings",
    "clean_mobile",
    "find_followed",
    "give_up",
    "hand_over",
    "leave",
    "list_due",
    "mark_all_read",
    "mark_in_doubt",
    "mark_read",
    "mark_sent",
    "put_back",
    "send",
    "send_again",
    "send_digest",
    "send_sealed_again",
    "send_text",
    "settle",
    "start_sending",
    "tell",
]
