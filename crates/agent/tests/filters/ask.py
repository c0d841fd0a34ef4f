"""Asks a domain controller's database which objects match LDAP filters: `ask.py SMB_CONF`, operations as JSON on standard input.

{"add": [{"dn": ..., "objectClass": ...}, ...]} makes objects (BASE stands for the domain), {"filters": [...]} answers per filter the GUIDs of what matches; either
way every user, group and contact is printed with its attributes (Base64).
"""
import base64
import json
import sys
import uuid

import ldb
from samba import param
from samba.auth import system_session
from samba.samdb import SamDB

EVERYBODY = "(&(|(objectClass=user)(objectClass=group)(objectClass=contact))(!(objectClass=computer)))"
NEVER = {"unicodePwd", "ntPwdHistory", "lmPwdHistory", "dBCSPwd", "supplementalCredentials", "nTSecurityDescriptor"}


def main():
    loadparm = param.LoadParm()
    loadparm.load(sys.argv[1])
    loadparm.set("log level", "0")
    database = SamDB(url=loadparm.private_path("sam.ldb"), session_info=system_session(), lp=loadparm)
    asked = json.load(sys.stdin)
    for entry in asked.get("add", []):
        database.add({name: value.replace("BASE", database.domain_dn()) if isinstance(value, str) else value for name, value in entry.items()})
    objects = database.search(base=database.domain_dn(), scope=ldb.SCOPE_SUBTREE, expression=EVERYBODY)
    answers = [answer(database, text) for text in asked.get("filters", [])]
    json.dump({"objects": [shown(one) for one in objects], "answers": answers}, sys.stdout)


def answer(database, text):
    try:
        found = database.search(base=database.domain_dn(), scope=ldb.SCOPE_SUBTREE, expression="(&%s%s)" % (EVERYBODY, text), attrs=["objectGUID"])
    except ldb.LdbError as error:
        return str(error)
    return sorted(guid(one) for one in found)


def guid(entry):
    return str(uuid.UUID(bytes_le=bytes(entry["objectGUID"][0])))


def shown(entry):
    values = {name: [base64.b64encode(bytes(value)).decode() for value in entry[name]] for name in entry if name != "dn" and name not in NEVER}
    return {"dn": str(entry.dn), "guid": guid(entry), "attributes": values}


main()
