"""Shows documents to signxml, python3-saml and pysaml2, and prints what each makes of them, as JSON.

Arguments: the folder of the documents. `about.json` there says what a relying party would know beforehand.
"""

import base64
import contextlib
import io
import json
import pathlib
import sys
import tempfile

from lxml import etree
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from saml2 import BINDING_HTTP_POST
from saml2.client import Saml2Client
from saml2.config import SPConfig
from signxml import SignatureConfiguration, XMLVerifier

FOLDER = pathlib.Path(sys.argv[1])
ABOUT = json.loads((FOLDER / "about.json").read_text(encoding="utf-8"))
CERTIFICATE = (FOLDER / "certificate.pem").read_text()
SAML2 = "urn:oasis:names:tc:SAML:2.0:assertion"
SAML1 = "urn:oasis:names:tc:SAML:1.0:assertion"


def by_signxml(document):
    """Reads the identity from nothing but the element that signxml gives back as signed."""
    root = etree.fromstring(document)
    assertion = next(root.iter(f"{{{SAML2}}}Assertion", f"{{{SAML1}}}Assertion"), root)
    id_attribute = "AssertionID" if assertion.tag.startswith(f"{{{SAML1}}}") else "ID"
    configuration = SignatureConfiguration(location="./", require_x509=True)
    signed = XMLVerifier().verify(assertion, x509_cert=CERTIFICATE, id_attribute=id_attribute, expect_config=configuration)
    element = signed.signed_xml
    names = [found.text for found in element.iter(f"{{{SAML2}}}NameID", f"{{{SAML1}}}NameIdentifier")]
    return sorted(set(names)), sorted(value.text for value in element.iter(f"{{{SAML2}}}AttributeValue", f"{{{SAML1}}}AttributeValue"))


def settings():
    return OneLogin_Saml2_Settings({
        "strict": True,
        "sp": {
            "entityId": ABOUT["audience"],
            "assertionConsumerService": {"url": ABOUT["recipient"]},
            "NameIDFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        },
        "idp": {
            "entityId": ABOUT["issuer"],
            "singleSignOnService": {"url": "https://sts.contoso.example/adfs/ls/"},
            "x509cert": CERTIFICATE,
        },
        "security": {
            "wantAssertionsSigned": True,
            "wantNameId": True,
            "rejectDeprecatedAlgorithm": True,
            "failOnAuthnContextMismatch": False,
        },
    })


def by_python3_saml(document):
    recipient = ABOUT["recipient"].removeprefix("https://")
    host, path = recipient.split("/", 1)
    request = {"https": "on", "http_host": host, "script_name": "/" + path, "get_data": {}, "post_data": {}}
    response = OneLogin_Saml2_Response(settings(), base64.b64encode(document).decode())
    if not response.is_valid(request, ABOUT["request"], raise_exceptions=True):
        raise ValueError(response.get_error())
    values = [value for values in response.get_attributes().values() for value in values]
    return [response.get_nameid()], sorted(values)


def by_pysaml2(document):
    """What it knows of the issuer it takes from our signed metadata, whose signature it checks."""
    configuration = SPConfig().load({
        "entityid": ABOUT["audience"],
        "allow_unknown_attributes": True,
        "service": {"sp": {
            "endpoints": {"assertion_consumer_service": [(ABOUT["recipient"], BINDING_HTTP_POST)]},
            "allow_unsolicited": False,
            "want_assertions_signed": True,
            "want_response_signed": False,
        }},
        "metadata": {"local": [str(FOLDER / "metadata.xml")]},
    })
    with contextlib.redirect_stderr(io.StringIO()):
        response = Saml2Client(configuration).parse_authn_request_response(
            base64.b64encode(document).decode(), BINDING_HTTP_POST, outstanding={ABOUT["request"]: "/"})
        name = response.get_subject().text
        values = [value for values in response.get_identity().values() for value in values]
    return [name], sorted(values)


def main():
    verdicts = []
    for path in sorted(FOLDER.glob("*.xml")):
        verifiers = [by_signxml]
        if path.name.startswith("saml2"):
            verifiers += [by_python3_saml, by_pysaml2]
        for verifier in verifiers:
            verdict = {"verifier": verifier.__name__.removeprefix("by_"), "document": path.stem}
            try:
                names, values = verifier(path.read_bytes())
                verdict |= {"names": names, "values": values}
            except Exception as error:  # Each library has its own.
                verdict |= {"refused": f"{type(error).__name__}: {error}"}
            verdicts.append(verdict)
    print(json.dumps(verdicts))


if __name__ == "__main__":
    # xmlsec1's temporary files, which pysaml2 makes, go away with the run.
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        main()
