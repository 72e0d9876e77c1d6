"""The code lists of a carer household: what can be chosen, each with its words. One place for all of them.

Codes are kept in the database, in spreadsheets and by machines, so a code never changes its meaning.
"""

from __future__ import annotations

from enum import StrEnum


class Coded(StrEnum):
    """A choice: the code that is kept, and the words people read."""

    label: str

    def __new__(cls, code: str, label: str = "") -> Coded:
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member


class Smoking(Coded):
    """Does anybody in the household smoke or vape?"""

    NO = "no", "No"
    OUTSIDE = "outside", "Outside only"
    YES = "yes", "Yes"


class OverUsualLimit(Coded):
    """Why a household may have more than the usual three children."""

    SIBLINGS = "siblings", "All are brothers and sisters"
    EXEMPTION = "exemption", "The carers’ authority allowed more"


class Ethnicity(Coded):
    """The groups of the 2021 census, and one for carers who belong to different ones."""

    WHITE_BRITISH = "white_british", "White: British"
    WHITE_IRISH = "white_irish", "White: Irish"
    GYPSY_TRAVELLER = "gypsy_traveller", "White: Gypsy or Irish Traveller"
    ROMA = "roma", "White: Roma"
    WHITE_OTHER = "white_other", "White: other"
    WHITE_BLACK_CARIBBEAN = "white_black_caribbean", "Mixed: White and Black Caribbean"
    WHITE_BLACK_AFRICAN = "white_black_african", "Mixed: White and Black African"
    WHITE_ASIAN = "white_asian", "Mixed: White and Asian"
    MIXED_OTHER = "mixed_other", "Mixed: other"
    INDIAN = "indian", "Asian: Indian"
    PAKISTANI = "pakistani", "Asian: Pakistani"
    BANGLADESHI = "bangladeshi", "Asian: Bangladeshi"
    CHINESE = "chinese", "Asian: Chinese"
    ASIAN_OTHER = "asian_other", "Asian: other"
    CARIBBEAN = "caribbean", "Black: Caribbean"
    AFRICAN = "african", "Black: African"
    BLACK_OTHER = "black_other", "Black: other"
    ARAB = "arab", "Arab"
    OTHER = "other", "Other ethnic group"
    CARERS_DIFFER = "carers_differ", "The carers are of different groups"


class Religion(Coded):
    """As the census asks it, and one for carers of different religions."""

    NONE = "none", "No religion"
    BUDDHIST = "buddhist", "Buddhist"
    CHRISTIAN = "christian", "Christian"
    HINDU = "hindu", "Hindu"
    JEWISH = "jewish", "Jewish"
    MUSLIM = "muslim", "Muslim"
    SIKH = "sikh", "Sikh"
    OTHER = "other", "Other religion"
    CARERS_DIFFER = "carers_differ", "The carers are of different religions"


class Language(Coded):
    """Spoken at home besides English; those most often asked for, and "other"."""

    ALBANIAN = "albanian", "Albanian"
    AMHARIC = "amharic", "Amharic"
    ARABIC = "arabic", "Arabic"
    BENGALI = "bengali", "Bengali"
    BRITISH_SIGN = "british_sign", "British Sign Language"
    BULGARIAN = "bulgarian", "Bulgarian"
    CANTONESE = "cantonese", "Cantonese"
    CZECH = "czech", "Czech"
    DARI = "dari", "Dari"
    FARSI = "farsi", "Farsi"
    FRENCH = "french", "French"
    GUJARATI = "gujarati", "Gujarati"
    HINDI = "hindi", "Hindi"
    ITALIAN = "italian", "Italian"
    KURDISH_KURMANJI = "kurdish_kurmanji", "Kurdish (Kurmanji)"
    KURDISH_SORANI = "kurdish_sorani", "Kurdish (Sorani)"
    LITHUANIAN = "lithuanian", "Lithuanian"
    MANDARIN = "mandarin", "Mandarin"
    NEPALI = "nepali", "Nepali"
    OROMO = "oromo", "Oromo"
    PASHTO = "pashto", "Pashto"
    POLISH = "polish", "Polish"
    PORTUGUESE = "portuguese", "Portuguese"
    PUNJABI = "punjabi", "Punjabi"
    ROMANI = "romani", "Romani"
    ROMANIAN = "romanian", "Romanian"
    RUSSIAN = "russian", "Russian"
    SLOVAK = "slovak", "Slovak"
    SOMALI = "somali", "Somali"
    SPANISH = "spanish", "Spanish"
    SWAHILI = "swahili", "Swahili"
    TAMIL = "tamil", "Tamil"
    TIGRINYA = "tigrinya", "Tigrinya"
    TURKISH = "turkish", "Turkish"
    UKRAINIAN = "ukrainian", "Ukrainian"
    URDU = "urdu", "Urdu"
    VIETNAMESE = "vietnamese", "Vietnamese"
    YORUBA = "yoruba", "Yoruba"
    OTHER = "other", "Another language"


class Pet(Coded):
    """Animals a child would live with."""

    DOG = "dog", "Dog"
    CAT = "cat", "Cat"
    SMALL = "small", "Small animals, such as rabbits"
    BIRDS = "birds", "Birds"
    REPTILES = "reptiles", "Reptiles"
    HORSES = "horses", "Horses"
    OTHER = "other", "Other animals"


class Accessibility(Coded):
    """How the home suits a disabled child or parent."""

    STEP_FREE = "step_free", "Step-free entrance"
    GROUND_FLOOR_BEDROOM = "ground_floor_bedroom", "Bedroom on the ground floor"
    GROUND_FLOOR_BATHROOM = "ground_floor_bathroom", "Bathroom on the ground floor"
    WHEELCHAIR = "wheelchair", "Room for a wheelchair throughout"
    ADAPTED_BATHROOM = "adapted_bathroom", "Adapted bathroom"
    HOIST = "hoist", "Hoist"
    LIFT = "lift", "Lift or stairlift"
    VEHICLE = "vehicle", "Vehicle that takes a wheelchair"
    SENSORY = "sensory", "Sensory room or quiet space"


class Skill(Coded):
    """What the carers are trained in or have done."""

    ATTACHMENT = "attachment", "Attachment and trauma"
    ASYLUM = "asylum", "Children who sought asylum alone"
    AUTISM = "autism", "Autism and ADHD"
    BABIES = "babies", "Babies"
    EXPLOITATION = "exploitation", "Exploitation and county lines"
    HEALTH = "health", "Complex health needs"
    LEARNING_DISABILITY = "learning_disability", "Learning disability"
    LGBTQ = "lgbtq", "LGBTQ+ young people"
    MENTAL_HEALTH = "mental_health", "Mental health and self-harm"
    MISSING = "missing", "Going missing"
    OFFENDING = "offending", "Offending and remand"
    PARENTING = "parenting", "Assessing and supporting parents"
    PHYSICAL_DISABILITY = "physical_disability", "Physical disability"
    SEXUAL_HARM = "sexual_harm", "Harmful sexual behaviour"
    SIGNING = "signing", "Makaton or other signing"
    SUBSTANCES = "substances", "Drugs and alcohol"
    TEENAGERS = "teenagers", "Teenagers"


# The columns that hold a list of codes, and which list.
CODE_LISTS: dict[str, type[Coded]] = {
    "languages": Language,
    "pets": Pet,
    "accessibility": Accessibility,
    "skills": Skill,
}
CODES: dict[str, type[Coded]] = {
    "ethnicity": Ethnicity,
    "religion": Religion,
    "smoking": Smoking,
    "over_usual_limit": OverUsualLimit,
}

# What each column is called, in the order people think of it: pages, histories and spreadsheets say the same.
WORDS = {
    "carer_reference": "Reference",
    "state": "State",
    "held_until": "Held until",
    "approved_places": "Approved for",
    "placed_now": "Placed now",
    "free_places": "Places free",
    "available_from": "Available from",
    "siblings_together": "Siblings together, up to",
    "bedrooms": "Bedrooms",
    "over_usual_limit": "Why more than 3",
    "over_usual_limit_from": "More than 3 since",
    "age_from": "Youngest age",
    "age_to": "Oldest age",
    "gender": "Gender",
    "placement_types": "Placement types",
    "need_categories": "Levels of need",
    "is_solo_only": "One child alone",
    "no_younger_child": "No younger child",
    "district_code": "District",
    "outward_postcode": "First part of postcode",
    "other_children": "Carers’ own children",
    "pets": "Animals",
    "smoking": "Smoking",
    "accessibility": "Access",
    "carers": "Carers",
    "is_driver": "Driver",
    "school_run_miles": "School run, miles",
    "ethnicity": "Ethnicity",
    "religion": "Religion",
    "languages": "Languages",
    "skills": "Skills",
}
