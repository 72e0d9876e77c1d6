"""The states of enquiries and placements, and the lists that their reasons come from."""

from __future__ import annotations

from enum import StrEnum


class EnquiryState(StrEnum):
    """`lapsed`: no answer by the time asked for, or none wanted any more."""

    SENT = "sent"
    OFFERED = "offered"
    CANNOT = "cannot"
    LAPSED = "lapsed"
    CHOSEN = "chosen"
    NOT_CHOSEN = "not_chosen"

    @property
    def label(self) -> str:
        return {
            "sent": "Awaiting an answer",
            "offered": "Offered",
            "cannot": "Cannot offer",
            "lapsed": "Not answered in time",
            "chosen": "Chosen",
            "not_chosen": "Not chosen",
        }[self.value]

    @property
    def tone(self) -> str:
        tones = {"sent": "warning", "offered": "info", "chosen": "good"}
        return tones.get(self.value, "neutral")


class Tier(StrEnum):
    """The steps of the call-off order that go to providers, after the council's own carers."""

    FRAMEWORK = "framework"
    SPOT = "spot"

    @property
    def label(self) -> str:
        return {"framework": "Framework providers", "spot": "Spot providers"}[self.value]


class SearchOutcome(StrEnum):
    """Why no place is looked for any more."""

    PLACED = "placed"
    IN_HOUSE = "in_house"
    NOT_NEEDED = "not_needed"
    NOT_FOUND = "not_found"

    @property
    def label(self) -> str:
        return {
            "placed": "Placed",
            "in_house": "Placed with in-house carers",
            "not_needed": "A placement is no longer needed",
            "not_found": "No suitable placement was found",
        }[self.value]

    @property
    def tone(self) -> str:
        return {"placed": "good", "in_house": "good", "not_found": "bad"}.get(self.value, "neutral")


class InHouse(StrEnum):
    """What the council's own fostering service answered."""

    NOBODY = "nobody"
    PLACED = "placed"

    @property
    def label(self) -> str:
        return {"nobody": "No in-house carer can take the child", "placed": "Placed with in-house carers"}[
            self.value
        ]


class CannotReason(StrEnum):
    """Why a provider cannot offer a place."""

    NO_PLACE = "no_place"
    AGE_OR_GENDER = "age_or_gender"
    SIBLINGS = "siblings"
    NEEDS = "needs"
    OTHER_CHILDREN = "other_children"
    DISTANCE = "distance"
    TOO_SOON = "too_soon"
    OTHER = "other"

    @property
    def label(self) -> str:
        return {
            "no_place": "The place is no longer free",
            "age_or_gender": "The carers are not approved for this age or gender",
            "siblings": "Brothers and sisters cannot be placed together here",
            "needs": "The carers cannot meet these needs",
            "other_children": "It would not suit the children who live there",
            "distance": "Too far from school or family",
            "too_soon": "There was not enough time",
            "other": "Another reason",
        }[self.value]


class DeclineReason(StrEnum):
    """Why an offer was not chosen, as its provider is told. Nothing in it speaks of another provider (rule 9)."""

    BETTER_MATCH = "better_match"
    NEARER = "nearer"
    SIBLINGS = "siblings"
    OTHER_CHILDREN = "other_children"
    START = "start"
    CONDITIONS = "conditions"
    NOT_NEEDED = "not_needed"
    OTHER = "other"

    @property
    def label(self) -> str:
        return {
            "better_match": "Another place met the child’s needs better",
            "nearer": "A place nearer to school or family was found",
            "siblings": "A place for all brothers and sisters together was found",
            "other_children": "It would not have suited the children who live there",
            "start": "The place was not free soon enough",
            "conditions": "The conditions of the offer could not be met",
            "not_needed": "A placement is no longer needed",
            "other": "Another reason",
        }[self.value]


class PlacementState(StrEnum):
    """`agreed` until the child has moved in."""

    AGREED = "agreed"
    LIVE = "live"
    ENDED = "ended"

    @property
    def label(self) -> str:
        return self.value.capitalize()

    @property
    def tone(self) -> str:
        return {"agreed": "info", "live": "good"}.get(self.value, "neutral")


class KeyServiceLine(StrEnum):
    """What the councils buy under the framework (domain handbook §1)."""

    CARE_AND_SUPPORT = "care_and_support"
    DISABILITY = "disability"
    ASYLUM = "asylum"

    @property
    def label(self) -> str:
        return {
            "care_and_support": "Looked After Children – Care & Support",
            "disability": "Looked After Children (with Disability) – Care & Support",
            "asylum": "Asylum",
        }[self.value]


class Funding(StrEnum):
    """Who pays."""

    COUNCIL_BUDGET = "council_budget"
    UASC_GRANT = "uasc_grant"

    @property
    def label(self) -> str:
        return {"council_budget": "Council budget", "uasc_grant": "Home Office grant (UASC)"}[self.value]


class Ending(StrEnum):
    """How a placement ended."""

    PLANNED = "planned"
    UNPLANNED = "unplanned"

    @property
    def label(self) -> str:
        return {"planned": "Planned", "unplanned": "Unplanned"}[self.value]


class EndReason(StrEnum):
    """Why a placement ended."""

    HOME = "home"
    MOVED_ON = "moved_on"
    PERMANENCE = "permanence"
    CAME_OF_AGE = "came_of_age"
    CARERS = "carers"
    CHILD = "child"
    SAFEGUARDING = "safeguarding"
    PROVIDER = "provider"
    NEVER_BEGAN = "never_began"
    OTHER = "other"

    @property
    def label(self) -> str:
        return {
            "home": "Returned to family",
            "moved_on": "Moved to another placement as planned",
            "permanence": "Adoption, special guardianship or a permanent home",
            "came_of_age": "Turned 18, or Staying Put",
            "carers": "The carers asked for it to end",
            "child": "The child asked for it to end, or left",
            "safeguarding": "A concern for somebody’s safety",
            "provider": "The provider ended it",
            "never_began": "The child never moved in",
            "other": "Another reason",
        }[self.value]


class Measure(StrEnum):
    """What is counted each week: households with a free place, and searches for one."""

    FREE = "free"
    SOUGHT = "sought"


class Dimension(StrEnum):
    """By what the sufficiency figures are told apart."""

    ALL = "all"
    DISTRICT = "district"
    TYPE = "type"
    CATEGORY = "category"
    AGE = "age"


class Sought(StrEnum):
    """What became of a search, as the sufficiency figures count it: exactly one of these."""

    PLACED = "placed"
    IN_HOUSE = "in_house"
    NOT_NEEDED = "not_needed"
    LOOKING = "looking"
    NO_MATCH = "no_match"
    NO_OFFER = "no_offer"
    NONE_CHOSEN = "none_chosen"

    @property
    def label(self) -> str:
        return {
            "placed": "Placed with a provider",
            "in_house": "Placed with in-house carers",
            "not_needed": "No longer needed",
            "looking": "Still looking",
            "no_match": "No household fitted",
            "no_offer": "Providers were asked, and none offered",
            "none_chosen": "Offers were made, and none was suitable",
        }[self.value]


UNMET = frozenset({Sought.NO_MATCH, Sought.NO_OFFER, Sought.NONE_CHOSEN})
