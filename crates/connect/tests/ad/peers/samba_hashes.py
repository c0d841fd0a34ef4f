"""The NT hash of every account as the database of a Samba domain controller holds it: JSON of objectGUID to hash, deleted ones included.

usage: samba_hashes.py SMB_CONF
"""
import json
import sys
import uuid

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

parameters = LoadParm()
parameters.load(sys.argv[1])
database = SamDB(session_info=system_session(), lp=parameters)
found = database.search(database.domain_dn(), expression="(objectSid=*)", attrs=["objectGUID", "unicodePwd"], controls=["show_deleted:1"])
hashes = {str(uuid.UUID(bytes_le=entry["objectGUID"][0])): entry["unicodePwd"][0].hex() for entry in found if "unicodePwd" in entry}
print(json.dumps(hashes))
