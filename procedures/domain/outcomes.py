"""What a rule may ask for, and what follows for the patient."""

from enum import StrEnum


class Outcome(StrEnum):
    """What one finding asks for, from the mildest to the gravest."""

    CAUTION = "caution"
    POSTPONE = "postpone"
    HOLD_FOR_DOCTOR = "hold_for_doctor"
    BLOCK_PRODUCT_COMBINATION = "block_product_combination"
    BLOCK_PRODUCT = "block_product"
    BLOCK = "block"


class Decision(StrEnum):
    """What may follow, from the mildest to the gravest."""

    PROCEED = "proceed"
    PROCEED_WITH_CAUTION = "proceed_with_caution"
    DEFER = "defer"
    REFUSE = "refuse"


class OverrideKind(StrEnum):
    """Who may decide against a finding."""

    NONE = "none"
    DOCTOR_REASON = "doctor_reason"
    STAFF_ACK = "staff_ack"
    OFF_BY_DEFAULT = "off_by_default"
