"""Lets MSAL read what our service tells programs, and write what it would ask. Prints both as JSON.

Arguments: the folder with mex.wsdl, answer-13, answer-2005 and fault.
"""

import json
import pathlib
import sys

from msal import wstrust_request, wstrust_response
from msal.mex import Mex

FOLDER = pathlib.Path(sys.argv[1])


def read(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def fault():
    try:
        wstrust_response.parse_response(read("fault"))
    except RuntimeError as error:
        return str(error)


def token(name):
    found = wstrust_response.parse_response(read(name))
    return {"token": found["token"].decode(), "type": found["type"]}


endpoint = Mex(read("mex.wsdl")).get_wstrust_username_password_endpoint()
requests = {
    action: wstrust_request._build_rst("anna.o'brien@contoso.example", "p&<>\"' ü", "urn:federation:MicrosoftOnline", endpoint["address"], action)
    for action in (Mex.ACTION_13, Mex.ACTION_2005)
}
print(json.dumps({
    "endpoint": endpoint,
    "requests": requests,
    "answers": [token("answer-13"), token("answer-2005")],
    "fault": fault(),
}))
