"""Fills a domain with people and groups: any number, always the same ones.

Person N is `u<N>`, its password `Pw-<N>-Xy9!`, its userPrincipalName `u<N>@contoso.example` (N with six digits); it lives in
unit N modulo the number of units. Every 50th is disabled, every 97th an inetOrgPerson, names have umlauts, spaces and commas.
Mail is blank unless asked for: that is how a person looks who was never in a tenant.

`wild` passwords are what people really choose and what breaks programs: spaces, umlauts, emoji, quotes, up to 127 characters.
"""
import random

from accounts import UNITS, UPN_SUFFIX

GIVEN = "Ada Bob Chen Dora Emil Fay Günther Hana Ivo Jane Kofi Łukasz Max Nora Ömer Pia".split()
SURNAMES = "Adler|Brown|Costa|Dvořák|Evans|Fischer|García|Haddad|Ito|Jones|Kim|Larsen|Müller, Dr.|van den Berg|O'Neill|Zoë".split("|")
DEPARTMENTS = ["Sales", "R&D", "Finance", "Support <24/7>", "Logistics"]
TITLES = ["Engineer", "Manager", "Assistant", "Chargée d'affaires"]
CITIES = [("Berlin", "DE"), ("Lisboa", "PT"), ("Boston", "US"), ("Zürich", "CH")]

DISABLED_EVERY, INET_ORG_PERSON_EVERY, TEAM_SIZE = 50, 97, 10
ACCOUNT_DISABLED, PASSWORD_NOT_REQUIRED, NORMAL_ACCOUNT = 0x2, 0x20, 0x200
# unicodePwd then carries the 16 bytes of the NT hash: no Kerberos keys, and 20 times as fast.
PASSWORD_HASH_VALUES = ["local_oid:1.3.6.1.4.1.7165.4.3.9:0"]
TRANSACTION_SIZE = 10_000


def populate(smb_conf, count, first=0, units=None, password="real", mail="none", groups=None, suffix=UPN_SUFFIX):
    from directory import open_database

    database = open_database(smb_conf, transaction_size=TRANSACTION_SIZE)
    town = Town(database.domain_dn(), units or UNITS, password, mail, suffix)
    for unit in town.units:
        add_unit(database, unit)
    controls = PASSWORD_HASH_VALUES if password in HASHED else None
    for low in range(first, first + count, TRANSACTION_SIZE):
        database.transaction_start()
        for number in range(low, min(low + TRANSACTION_SIZE, first + count)):
            database.add(town.person(number, first), controls=controls)
        database.transaction_commit()
    add_groups(database, town, first, count, count // 100 if groups is None else groups)


class Town:
    def __init__(self, base, units, password, mail, suffix):
        self.units = [unit if unit.lower().endswith(base.lower()) else "%s,%s" % (unit, base) for unit in units]
        self.password, self.mail, self.suffix = password, mail, suffix

    def dn(self, number):
        return "CN=%s,%s" % (escape(self.name(number)), self.units[number % len(self.units)])

    def name(self, number):
        return "%s %s %06d" % (GIVEN[number % 16], SURNAMES[number // 16 % 16], number)

    def person(self, number, first):
        account, name = "u%06d" % number, self.name(number)
        city, country = CITIES[number % 4]
        upn = "%s@%s" % (account, self.suffix)
        entry = {
            "dn": self.dn(number), "objectClass": "inetOrgPerson" if number % INET_ORG_PERSON_EVERY == INET_ORG_PERSON_EVERY - 1 else "user",
            "sAMAccountName": account, "userPrincipalName": upn, "displayName": name,
            "givenName": GIVEN[number % 16], "sn": SURNAMES[number // 16 % 16],
            "department": DEPARTMENTS[number % 5], "title": TITLES[number // 4 % 4], "company": "Contoso",
            "telephoneNumber": "+1 555 %07d" % number, "l": city, "c": country, "employeeID": "E%06d" % number,
        }
        if self.mail == "upn":
            entry["mail"] = upn
            entry["proxyAddresses"] = ["SMTP:" + upn, "smtp:%s.%d@%s" % ("person", number, self.suffix)]
        lead = max(number - number % TEAM_SIZE, first)
        if lead != number:
            entry["manager"] = self.dn(lead)
        control = NORMAL_ACCOUNT | (ACCOUNT_DISABLED if number % DISABLED_EVERY == DISABLED_EVERY - 1 else 0)
        if self.password == "real":
            entry["unicodePwd"] = ('"%s"' % password_of(number)).encode("utf-16-le")
        elif self.password in HASHED:
            entry["unicodePwd"] = nt_hash(HASHED[self.password](number))
        else:
            control |= PASSWORD_NOT_REQUIRED
        entry["userAccountControl"] = str(control)
        return entry


def add_unit(database, dn):
    import ldb

    try:
        database.add({"dn": dn, "objectClass": "organizationalUnit"})
    except ldb.LdbError as error:
        if error.args[0] != ldb.ERR_ENTRY_ALREADY_EXISTS:
            raise


def add_groups(database, town, first, count, groups):
    """Group G holds the people whose number is G modulo the number of groups; one more group holds all the others."""
    if not groups:
        return
    home = "OU=Groups," + database.domain_dn()
    add_unit(database, home)
    database.transaction_start()
    leaves = []
    for number in range(groups):
        name = "g%05d-%d" % (number, first)
        leaves.append("CN=%s,%s" % (name, home))
        members = [town.dn(person) for person in range(first + number, first + count, groups)]
        database.add({"dn": leaves[-1], "objectClass": "group", "sAMAccountName": name, "displayName": "Group %d" % number, "member": members})
    everyone = "everyone-%d" % first
    database.add({"dn": "CN=%s,%s" % (everyone, home), "objectClass": "group", "sAMAccountName": everyone, "member": leaves})
    database.transaction_commit()


def password_of(number):
    return "Pw-%06d-Xy9!" % number


ALPHABETS = [
    ("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 14),
    ("abc de fgh ijk lmn opq rst uvw xyz 12 34 56", 24),
    ("äöüßÄÖÜéèñçøåłőžğ12345", 12),
    ("🔒😀👩‍🚀🇩🇪🎉ab12", 9),
    ("abcdefghijklmnopqrstuvwxyz0123456789", 127),
    ("密码мойпарольكلمةסיסמה12", 16),
    ("\"\\'&%+=<>;:#/?{}|^~`$ aB3", 20),
    ("e\u0301o\u0308n\u0303aK9 ", 31),
]


def wild_password_of(number):
    """Always the same for the same person; every eighth has 127 characters, one in eight begins or ends with a space, and so on."""
    chosen = random.Random("wild %d" % number)
    alphabet, length = ALPHABETS[number // len(UNITS) % len(ALPHABETS)]
    password = "".join(chosen.choice(alphabet) for _ in range(length))
    return {0: " " + password, 1: password + " "}.get(chosen.randrange(16), password)[:127]


HASHED = {"nthash": password_of, "wild": wild_password_of}


def nt_hash(password):
    from samba.credentials import Credentials

    credentials = Credentials()
    credentials.set_password(password)
    return bytes(credentials.get_nt_hash())


def escape(value):
    return "".join("\\" + character if character in ',+"\\<>;=' else character for character in value)
