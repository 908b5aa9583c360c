"""Papers as different as a clinic makes them: short and long, drawn and typed, two languages."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from clinic.staff.models import User
from clinic.staff.roles import Role
from consent import further, pades, rendering, signing, withdrawing
from consent.further import FurtherMark
from consent.models import ConsentDocument, SignerRole, Withdrawal
from tests.factories.consent import (
    make_content,
    make_countersigned,
    make_drug,
    make_ink,
    make_offered,
    make_signature,
    make_signed,
    with_name,
)
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, make_staff

LANGUAGES = ("en", "ru", "uk")
LONG = "Оксана-Вікторія Пересада " * 8
SOON = NOW + timedelta(minutes=30)


def shortest(language: str) -> ConsentDocument:
    """One product, a typed name, nothing that may be left out."""
    content = make_content(
        language=language,
        drugs=(make_drug(1),),
        preparation=(),
        other_conditions=(),
        findings=(),
        overrides=(),
        photo_views=(),
        allergy_test_required=False,
        allergy_tests=(),
    )
    document = make_offered(content=content)
    signing.sign(
        document,
        make_signature(ink=None, typed=True),
        content_sha256=document.content_sha256,
        at=SOON,
        by=signing.open_on_tablet(document, at=NOW, by=document.created_by),
    )
    return signing.countersign(document, at=SOON, by=colleague())


def usual(language: str) -> ConsentDocument:
    drugs = tuple(make_drug(number, name=f"Hyalofict {number}") for number in range(1, 7))
    return make_countersigned(language=language, drugs=drugs, price="100 EUR")


def longest(language: str) -> ConsentDocument:
    """Forty products, a name of two hundred characters and a goal of twenty kilobytes."""
    drugs = tuple(make_drug(number, name=f"Product{number:03}") for number in range(40))
    content = make_content(language=language, drugs=drugs, goal="Свіжий вигляд. " * 700)
    return make_countersigned(content=with_name(content, LONG[:200].strip()))


def foreign_names(language: str) -> ConsentDocument:
    """Names in every script that we print, some from right to left."""
    names = "Łucja Fikcyjna, Ελένη Φανταστική, רות דמיונית, فاطمة خيالية"
    return make_countersigned(content=with_name(make_content(language=language), names))


def side_by_side(language: str) -> ConsentDocument:
    """In two languages, with whoever else signs."""
    patient, other = make_patient(), LANGUAGES[LANGUAGES.index(language) - 1]
    document = make_signed(
        patient,
        content=make_content(patient, language=language),
        asking={
            "beside": make_content(patient, language=other),
            "signers": ("guardian", "interpreter"),
        },
    )
    for role, ink in (("guardian", make_ink()), ("interpreter", None)):
        mark = FurtherMark(
            role=SignerRole(role),
            signer_name=f"Helper {role}",
            relation="mother",
            ink=ink,
            typed=ink is None,
        )
        further.sign(
            document,
            mark,
            content_sha256=document.content_sha256,
            at=SOON,
            by=make_staff(Role.RECEPTION),
        )
    return signing.countersign(document, at=SOON, by=colleague())


def colleague() -> User:
    return make_staff(Role.COSMETOLOGIST, title="cosmetologist")


PAPERS: tuple[Callable[[str], ConsentDocument], ...] = (
    shortest,
    usual,
    longest,
    foreign_names,
    side_by_side,
)

COUNT = len(LANGUAGES) * (2 * len(PAPERS) + 1)


def printed() -> Iterator[tuple[str, bytes]]:
    """Every paper in every language, before and after its seal, and a withdrawal of each."""
    for language in LANGUAGES:
        for paper in PAPERS:
            pdf = rendering.render(paper(language))
            yield f"{paper.__name__}-{language}", pdf
            yield f"{paper.__name__}-{language}-sealed", pades.certify(pdf, at=NOW)
        yield f"withdrawal-{language}-sealed", pades.certify(taken_back(language), at=NOW)


def taken_back(language: str) -> bytes:
    desk = make_staff(Role.RECEPTION, full_name="Reception Fictiona")
    document = make_signed(content=make_content(language=language))
    withdrawing.withdraw(document, "Changed my mind", at=NOW, by=desk)
    return withdrawing.render(Withdrawal.objects.get(document=document))
