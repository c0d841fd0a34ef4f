"""Signs people of a federated domain in with MSAL for Python and prints how each one ended, as JSON.

Standard input: {"url", "tenant", "client_id", "authorities": [file, ...], "people": [[upn, password], ...]}.
MSAL asks the tenant for the person's realm, the federation service for its metadata and then for an assertion, and the tenant for a
token in exchange. The addresses that it asked are printed too.
"""

import json
import socket
import ssl
import sys

import msal
import requests
from requests.adapters import HTTPAdapter


class Loopback(HTTPAdapter):
    """Trusts the two authorities of the test. MSAL asks for a person's realm at port 443, whichever port the tenant has."""

    def __init__(self, asked, seen):
        self.asked, self.seen = asked, seen
        super().__init__()

    def init_poolmanager(self, *arguments, **options):
        context = ssl.create_default_context()
        for authority in self.asked["authorities"]:
            context.load_verify_locations(authority)
        super().init_poolmanager(*arguments, ssl_context=context, **options)

    def send(self, request, **options):
        request.url = request.url.replace("https://localhost/", self.asked["url"] + "/")
        self.seen.append(request.url.split("?")[0])
        return super().send(request, **options)


def resolve_locally(resolve):
    """RFC 6761 section 6.3: names under localhost are this computer. Not every resolver knows."""
    return lambda host, *rest, **options: resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **options)


def application(asked, seen):
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Loopback(asked, seen))
    authority = "%s/%s" % (asked["url"], asked["tenant"])
    return msal.PublicClientApplication(asked["client_id"], authority=authority, instance_discovery=False, http_client=session)


def ending(app, upn, password):
    try:
        answer = app.acquire_token_by_username_password(upn, password, scopes=["User.Read"])
    except RuntimeError as error:  # What MSAL makes of a fault.
        return {"fault": str(error)}
    if "access_token" in answer:
        return {"signed_in": answer["id_token_claims"]["preferred_username"], "token": answer["access_token"]}
    return {"error": answer.get("error"), "codes": answer.get("error_codes"), "description": answer.get("error_description")}


def main():
    asked = json.load(sys.stdin)
    socket.getaddrinfo = resolve_locally(socket.getaddrinfo)
    endings = []
    for upn, password in asked["people"]:
        seen = []
        endings.append({**ending(application(asked, seen), upn, password), "asked": seen})
    json.dump(endings, sys.stdout)


main()
