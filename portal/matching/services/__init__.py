"""What placement officers and placements leads do: save a search, ask, answer, choose, place."""

from portal.matching.services.answering import lapse_enquiry, offer_place, turn_down
from portal.matching.services.choosing import Terms, choose_offer, decline_offer
from portal.matching.services.counting import keep_week
from portal.matching.services.placing import abandon_placement, end_placement, start_placement
from portal.matching.services.searches import change_search, close_search, record_in_house, save_search
from portal.matching.services.sending import send_enquiries, send_to_spot_providers

__all__ = [
    "Terms",
    "abandon_placement",
    "change_search",
    "choose_offer",
    "close_search",
    "decline_offer",
    "end_placement",
    "keep_week",
    "lapse_enquiry",
    "offer_place",
    "record_in_house",
    "save_search",
    "send_enquiries",
    "send_to_spot_providers",
    "start_placement",
    "turn_down",
]
