"""Signs people in at the tenant with MSAL for Python, each with a password, and prints how each one ended as JSON.

Standard input: {"url", "tenant", "client_id", "people": [[upn, password], ...]}. A failure is told by its AADSTS number.
The tenant slows an address down that fails often, so every 40 people come from an address of their own.
"""

import json
import sys

import msal
import requests
from requests.adapters import HTTPAdapter

PEOPLE_PER_ADDRESS = 40


class From(HTTPAdapter):
    """Connections that leave from one loopback address. MSAL asks for a person's realm at port 443, whichever port the tenant has."""

    def __init__(self, address, url):
        self.address, self.url = address, url
        super().__init__()

    def send(self, request, **options):
        request.url = request.url.replace("https://localhost/", self.url + "/")
        return super().send(request, **options)

    def init_poolmanager(self, *arguments, **options):
        super().init_poolmanager(*arguments, source_address=(self.address, 0), **options)


def application(asked, address):
    session = requests.Session()
    session.mount("https://", From(address, asked["url"]))
    authority = "%s/%s" % (asked["url"], asked["tenant"])
    return msal.PublicClientApplication(asked["client_id"], authority=authority, instance_discovery=False, http_client=session)


def ending(answer):
    if "access_token" in answer:
        return answer["id_token_claims"]["preferred_username"]
    return (answer.get("error_codes") or [answer.get("error")])[0]


def main():
    asked = json.load(sys.stdin)
    endings = []
    for number, (upn, password) in enumerate(asked["people"]):
        if number % PEOPLE_PER_ADDRESS == 0:
            place = number // PEOPLE_PER_ADDRESS + asked.get("first_address", 0)
            app = application(asked, "127.1.%d.%d" % (place // 200, 1 + place % 200))
        endings.append(ending(app.acquire_token_by_username_password(upn, password, scopes=["User.Read"])))
    json.dump(endings, sys.stdout)


main()
