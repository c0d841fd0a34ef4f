"""Signs people in at the tenant through the federation service, over and over, on four connections at once.

One JSON object comes on stdin: tenant, service, domain, people (upn, password), ticket (a Kerberos cache of the first person),
forms, tickets, sessions (how many sign-ins of each kind). The number of sign-ins so far goes to stdout, a line at a time; after
the line "enough" on stdin it ends when all are done, and prints what failed and what kinds there were as JSON.
"""

import base64
import collections
import html.parser
import http.client
import json
import queue
import ssl
import sys
import threading
import urllib.parse

import gssapi

WORKERS = 4
TOLD_EVERY = 50


class Form(html.parser.HTMLParser):
    """The first form of a page."""

    def __init__(self, text):
        super().__init__()
        self.action, self.fields, self.inside = None, {}, False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action, self.inside = attributes.get("action", ""), True
        elif tag == "input" and self.inside and "name" in attributes:
            self.fields[attributes["name"]] = attributes.get("value", "")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "form"


class Browser:
    """Connections that stay open, and a jar of cookies for each site."""

    def __init__(self):
        self.trust = ssl.create_default_context()
        self.trust.check_hostname, self.trust.verify_mode = False, ssl.CERT_NONE
        self.connections = {}

    def send(self, jars, method, url, fields=None, headers=None):
        """Sends, and follows redirects: (status, url, text, headers)."""
        for _ in range(12):
            parts = urllib.parse.urlsplit(url)
            site = parts.netloc
            sent = {"Host": site, **(headers or {})}
            jar = jars.setdefault(site, {})
            if jar:
                sent["Cookie"] = "; ".join("%s=%s" % pair for pair in jar.items())
            body = None
            if fields is not None:
                body = urllib.parse.urlencode(fields)
                sent["Content-Type"] = "application/x-www-form-urlencoded"
            path = parts.path + ("?" + parts.query if parts.query else "")
            response, text = self.exchange(site, method, path, body, sent)
            for line in response.headers.get_all("Set-Cookie") or []:
                name, _, value = line.split(";")[0].partition("=")
                if value:
                    jar[name] = value
                else:
                    jar.pop(name, None)
            if response.status not in (301, 302, 303, 307, 308):
                return response.status, url, text, response.headers
            url, method, fields, headers = urllib.parse.urljoin(url, response.headers["Location"]), "GET", None, None
        raise RuntimeError("too many redirects, the last to " + url)

    def exchange(self, site, method, path, body, headers):
        for attempt in (1, 2):
            connection = self.connections.get(site)
            if connection is None:
                connection = http.client.HTTPSConnection("127.0.0.1", int(site.split(":")[1]), context=self.trust, timeout=60)
                self.connections[site] = connection
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                return response, response.read().decode()
            except (http.client.HTTPException, OSError):
                # The server closes a connection that it served for long; once more, then it is a failure.
                connection.close()
                self.connections.pop(site)
                if attempt == 2:
                    raise


class Load:
    def __init__(self, wanted):
        self.__dict__.update(wanted)
        self.lock = threading.Lock()
        self.done, self.enough, self.failures = collections.Counter(), threading.Event(), []
        self.sessions = queue.SimpleQueue()
        self.work = queue.SimpleQueue()
        self.plan()

    def plan(self):
        """Forms and tickets come evenly among the sign-ins by session."""
        kinds = []
        for kind, count in (("form", self.forms), ("ticket", self.tickets), ("session", self.session_count)):
            kinds.extend((number / count, kind) for number in range(count))
        for _, kind in sorted(kinds):
            self.work.put(kind)

    @property
    def session_count(self):
        return self.__dict__["sessions_wanted"]

    def run(self):
        workers = [threading.Thread(target=self.worker, args=(number,)) for number in range(WORKERS)]
        for worker in workers:
            worker.start()
        for line in sys.stdin:
            if line.strip() == "enough":
                break
        self.enough.set()
        for worker in workers:
            worker.join()
        print(json.dumps({"done": self.done, "failures": self.failures}), flush=True)

    def worker(self, number):
        browser, sessions, turn = Browser(), [], number
        while True:
            try:
                kind = self.work.get_nowait()
            except queue.Empty:
                if self.enough.is_set():
                    return
                kind = "session"
            turn += 1
            person = self.people[turn % len(self.people)]
            if kind == "session" and not sessions:
                kind = "form"
            try:
                jars = self.sign_in(browser, kind, person, sessions)
            except Exception as error:  # whatever it is, it is a failed sign-in
                self.count(kind, "%s: %r" % (kind, error))
                continue
            sessions.append(jars)
            del sessions[:-20]
            self.count(kind, None)

    def sign_in(self, browser, kind, person, sessions):
        """A whole way, from the tenant's page without a session to the same page with one."""
        jars = {}
        if kind == "session":
            person, before = sessions[-1]
            jars = {site: dict(jar) for site, jar in before.items() if site != urllib.parse.urlsplit(self.tenant).netloc}
        if kind == "ticket":
            person = self.people[0]
        status, url, text, _ = browser.send(jars, "GET", "%s/account?whr=%s" % (self.tenant, self.domain))
        if kind == "ticket":
            status, url, text, _ = browser.send(jars, "GET", url, headers={"Authorization": "Negotiate " + self.token()})
        if kind == "form":
            form = Form(text)
            fields = {**form.fields, "name": person["upn"], "password": person["password"]}
            origin = "https://" + urllib.parse.urlsplit(url).netloc
            status, url, text, _ = browser.send(jars, "POST", urllib.parse.urljoin(url, form.action), fields, {"Origin": origin})
        form = Form(text)
        if status != 200 or "wresult" not in form.fields:
            raise RuntimeError("no token, but %s from %s: %s" % (status, url, text[:2000]))
        status, url, text, _ = browser.send(jars, "POST", form.action, form.fields)
        if status != 200 or "/account" not in url or person["upn"] not in text:
            raise RuntimeError("not signed in at the tenant: %s from %s: %s" % (status, url, text[:2000]))
        return person, jars

    def token(self):
        name = gssapi.Name("HTTP@" + urllib.parse.urlsplit(self.service).hostname, gssapi.NameType.hostbased_service)
        credentials = gssapi.Credentials(usage="initiate", store={"ccache": "FILE:" + self.ticket})
        spnego = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
        context = gssapi.SecurityContext(name=name, creds=credentials, mech=spnego, usage="initiate")
        return base64.b64encode(context.step()).decode()

    def count(self, kind, failure):
        with self.lock:
            self.done[kind] += 1
            if failure:
                self.failures.append(failure)
            total = sum(self.done.values())
            if total % TOLD_EVERY == 0:
                print(total, flush=True)


wanted = json.loads(sys.stdin.readline())
wanted["sessions_wanted"] = wanted.pop("sessions")
Load(wanted).run()
