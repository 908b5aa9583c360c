"""Fill an empty database with the demonstration clinic."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from clinic.demo import cast, stage
from clinic.demo.cast import Character
from clinic.demo.journeys import JOURNEYS
from clinic.demo.stage import Stage
from clinic.demo.visits import Journey
from clinic.staff.models import User

AT_HILLSIDE = {"booked", "finished", "overridden"}


def seed(now: datetime, *, say: Callable[[str], None]) -> bool:
    """Make the clinic and its sixty patients; False where somebody works here already."""
    if User.objects.exists():
        return False
    with transaction.atomic():
        built = stage.build(now)
        for number, who in enumerate(cast.characters(), start=1):
            JOURNEYS[who.journey](journey(built, who, number))
            if number % 20 == 0:
                say(f"{number} patients have come")
    return True


def journey(built: Stage, who: Character, number: int) -> Journey:
    """Who cares for this patient, and where."""
    hillside = who.language == "uk" and who.journey in AT_HILLSIDE
    place = "Hillside" if hillside else "Riverside"
    return Journey(
        stage=built,
        who=who,
        number=number,
        location=built.places[place],
        room=built.rooms[place][0],
        practitioner=built.second_lead if hillside else built.cosmetologist,
        doctor=built.second_lead if hillside else built.lead,
    )
