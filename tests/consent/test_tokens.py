"""A key in a token: it seals as a file does, and without its token nothing can be signed."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import connection
from pkcs11.util.ec import decode_ec_private_key
from pkcs11.util.rsa import decode_rsa_private_key

from consent import inspection, keys, offering, pades, rendering
from consent.keys import SealNotReady
from tests.consent.authorities import Authority, clock_key
from tests.factories.consent import make_content
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, make_staff

LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)
TOKEN, PIN = "imaginary-clinic", "246813"
PAGE = '<html lang="en"><head><title>t</title></head><body><h1>Imaginary</h1></body></html>'


@pytest.fixture(scope="session")
def token(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A token in software; its library reads where it is once per process."""
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm.conf")
    make = ["softhsm2-util", "--init-token", "--free", "--label", TOKEN]
    pins = ["--pin", PIN, "--so-pin", "13572468"]
    subprocess.run([*make, *pins], check=True, capture_output=True)
    return pkcs11.lib(library()).get_token(token_label=TOKEN)


def library() -> str:
    return next(name for name in LIBRARIES if Path(name).exists())


def put(token: Any, label: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    is_ec = isinstance(key, ec.EllipticCurvePrivateKey)
    facts = (decode_ec_private_key if is_ec else decode_rsa_private_key)(der)
    named = {pkcs11.Attribute.LABEL: label, pkcs11.Attribute.TOKEN: True}
    with token.open(user_pin=PIN, rw=True) as session:
        session.create_object(facts | named | {pkcs11.Attribute.SIGN: True})


@pytest.fixture(params=["ec", "rsa"])
def sealed_by_token(request: Any, token: Any, settings: Any, tmp_path: Path) -> Any:
    """The settings of a clinic whose key is in the token, its certificates in a file."""
    root, label = Authority.make("Imaginary Root"), f"{request.param}-{os.urandom(4).hex()}"
    given = clock_key() if request.param == "rsa" else None
    key, leaf = root.issue("Imaginary Clinic Seal", key=given)
    put(token, label, key)
    chain = leaf.public_bytes(Encoding.PEM) + root.certificate.public_bytes(Encoding.PEM)
    (tmp_path / "seal.pem").write_bytes(chain)
    settings.SEAL_FILE, settings.SEAL_TOKEN_KEY = tmp_path / "seal.pem", label
    settings.SEAL_TOKEN_LIBRARY, settings.SEAL_TOKEN = library(), TOKEN
    settings.SEAL_TOKEN_PIN = PIN
    return settings


def test_a_key_in_a_token_seals_as_one_in_a_file_does(sealed_by_token: Any) -> None:
    assert keys.ready(at=NOW)
    pdf = pades.certify(rendering.print_pdf(PAGE, []), at=NOW)
    seal = inspection.seal_of(pdf, at=NOW)
    assert seal is not None
    assert (seal.ours, seal.whole, seal.certificate) == (True, True, keys.key(at=NOW).fingerprint)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("SEAL_TOKEN_PIN", "000000"),
        ("SEAL_TOKEN", "another"),
        ("SEAL_TOKEN_KEY", "absent"),
        ("SEAL_TOKEN_LIBRARY", "/absent/library.so"),
    ],
)
def test_without_its_token_nothing_is_offered_to_sign(
    sealed_by_token: Any, name: str, wrong: str
) -> None:
    patient, by = make_patient(), make_staff()
    offering.offer(patient, "plan:1", proposal(patient), at=NOW, by=by)
    setattr(sealed_by_token, name, wrong)
    assert not keys.ready(at=NOW)
    with pytest.raises(SealNotReady, match="token"):
        offering.offer(patient, "plan:2", proposal(patient), at=NOW, by=by)
    assert connection.needs_rollback is False


def proposal(patient: Any) -> offering.Proposal:
    return offering.Proposal(content=make_content(patient), valid_months=12)


def test_another_key_than_that_of_the_certificate_is_refused(
    sealed_by_token: Any, token: Any
) -> None:
    label = f"stranger-{os.urandom(4).hex()}"
    put(token, label, ec.generate_private_key(ec.SECP256R1()))
    sealed_by_token.SEAL_TOKEN_KEY = label
    with pytest.raises(SealNotReady, match="token"):
        keys.check(at=NOW)


def test_no_message_names_the_pin(sealed_by_token: Any) -> None:
    assert PIN not in repr(keys.key(at=NOW))
