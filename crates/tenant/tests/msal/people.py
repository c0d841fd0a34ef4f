"""Signs a person in with MSAL for Python in every way that it knows, and prints how each one ended as JSON.

Standard input: {"url", "tenant", "client_id", "confidential_id", "secret", "upn", "password"}.
"""

import html
import json
import re
import sys
import threading
import urllib.parse

import msal
import requests

REDIRECT = "http://localhost:8400"
SCOPES = ["User.Read"]


class Session(requests.Session):
    """MSAL asks for the user's realm at port 443 of the authority's host, whichever port the authority has."""

    def __init__(self, url):
        super().__init__()
        self.url = url

    def get(self, url, **options):
        return super().get(url.replace("https://localhost/", self.url + "/"), **options)


class Browser:
    """A browser that fills in forms."""

    def __init__(self, asked):
        self.asked = asked
        self.session = requests.Session()

    def open(self, url):
        """Follows links and redirections of the tenant; answers the page where they end, or the address outside."""
        while True:
            if not url.startswith(self.asked["url"]):
                return url
            page = self.session.get(url, allow_redirects=False)
            location = page.headers.get("location")
            onward = re.search(r'<a class="button" href="([^"]*)">Continue</a>', page.text)
            if location is None and onward is None:
                return page
            url = urllib.parse.urljoin(url, location or html.unescape(onward.group(1)))

    def fill(self, page, **fields):
        form = re.search(r'<form method="post" action="([^"]*)".*?</form>', page.text[page.text.index("<main"):], re.S)
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form.group(0))
        fields.update((name, html.unescape(value)) for name, value in hidden)
        url = urllib.parse.urljoin(self.asked["url"], html.unescape(form.group(1)))
        page = self.session.post(url, data=fields, headers={"Origin": self.asked["url"]}, allow_redirects=False)
        if "location" in page.headers:
            return self.open(urllib.parse.urljoin(url, page.headers["location"]))
        onward = re.search(r'<a class="button" href="([^"]*)">Continue</a>', page.text)
        return self.open(urllib.parse.urljoin(url, html.unescape(onward.group(1)))) if onward else page

    def sign_in(self, page):
        return self.fill(page, upn=self.asked["upn"], password=self.asked["password"])


def ending(answer):
    """What a test can compare: who signed in, and what came with it."""
    if "access_token" not in answer:
        return [answer["error"], answer["error_codes"]]
    claims = answer.get("id_token_claims") or {}
    return [claims.get("preferred_username"), answer["scope"].split(), "refresh_token" in answer, answer["token_type"], answer["expires_in"]]


def me(asked, answer):
    headers = {"Authorization": "Bearer " + answer["access_token"]}
    return requests.get(asked["url"] + "/v1.0/me?$select=userPrincipalName", headers=headers).json().get("userPrincipalName")


def main():
    asked = json.load(sys.stdin)
    options = {"authority": "%s/%s" % (asked["url"], asked["tenant"]), "instance_discovery": False}
    app = msal.PublicClientApplication(asked["client_id"], http_client=Session(asked["url"]), **options)
    seen = {}

    answer = app.acquire_token_by_username_password(asked["upn"], asked["password"], scopes=SCOPES)
    seen["password"] = ending(answer)
    seen["me"] = me(asked, answer)
    wrong = app.acquire_token_by_username_password(asked["upn"], "wrong", scopes=SCOPES)
    seen["wrong"] = ending(wrong)

    (account,) = app.get_accounts()
    seen["account"] = account["username"]
    silent = app.acquire_token_silent(SCOPES, account)
    seen["silent"] = [silent["token_source"], me(asked, silent)]
    refreshed = app.acquire_token_silent(SCOPES, account, force_refresh=True)
    seen["refreshed"] = [refreshed["token_source"], me(asked, refreshed), refreshed["access_token"] != answer["access_token"]]
    again = app.acquire_token_silent(SCOPES, account, force_refresh=True)
    seen["again"] = [again["token_source"], me(asked, again)]

    browser = Browser(asked)
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=REDIRECT, login_hint=asked["upn"])
    outside = browser.sign_in(browser.open(flow["auth_uri"]))
    parameters = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(outside).query))
    seen["returned"] = [outside.split("?")[0], sorted(parameters)]
    answer = app.acquire_token_by_auth_code_flow(flow, parameters)
    seen["code"] = ending(answer)
    # Signed in once, the next application is through without asking.
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=REDIRECT)
    outside = browser.open(flow["auth_uri"])
    parameters = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(outside).query))
    seen["single"] = ending(app.acquire_token_by_auth_code_flow(flow, parameters))
    seen["twice"] = ending(app.acquire_token_by_authorization_code(parameters["code"], SCOPES, redirect_uri=REDIRECT))

    flow = app.initiate_device_flow(SCOPES)
    flow["interval"] = 1

    def let_in():
        browser = Browser(asked)
        page = browser.fill(browser.open(flow["verification_uri"]), user_code=flow["user_code"])
        page = browser.sign_in(page)
        browser.fill(page, answer="yes")

    threading.Timer(2, let_in).start()
    seen["device"] = ending(app.acquire_token_by_device_flow(flow))

    confidential = msal.ConfidentialClientApplication(
        asked["confidential_id"], client_credential=asked["secret"], http_client=Session(asked["url"]), **options)
    seen["confidential"] = ending(confidential.acquire_token_by_username_password(asked["upn"], asked["password"], scopes=SCOPES))
    seen["unproved"] = ending(msal.PublicClientApplication(
        asked["confidential_id"], http_client=Session(asked["url"]), **options,
    ).acquire_token_by_username_password(asked["upn"], asked["password"], scopes=SCOPES))
    json.dump(seen, sys.stdout)


main()
