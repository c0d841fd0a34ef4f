"""What every testbed domain holds before any people: service accounts with their rights, and three organizational units.

  svc-samesign  reads, and lists Deleted Objects; AES keys and a keytab: the account an administrator gives samesign
  svc-dirsync   the same, and both "Replicating Directory Changes" rights, which reading password hashes takes
  svc-plain     any authenticated user: no rights beyond
"""
import subprocess

import ldb

PASSWORDS = {"Administrator": "Passw0rd!Admin", "svc-samesign": "Read-Pw-1!", "svc-dirsync": "Repl-Pw-1!", "svc-plain": "Plain-Pw-1!"}
SERVICE_ACCOUNTS = [name for name in PASSWORDS if name.startswith("svc-")]
UNITS = ["OU=Office365", "OU=Staff", "OU=Other"]
UPN_SUFFIX = "contoso.example"

REPLICATE = ["(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;%s)", "(OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;%s)"]
LIST_AND_READ = ["(A;CI;LCRP;;;%s)"]
DONT_EXPIRE_PASSWORD = 0x10000
NORMAL_ACCOUNT = 0x200
AES_ONLY = "24"


def create(smb_conf):
    from directory import open_database

    database = open_database(smb_conf)
    base = database.domain_dn()
    database.transaction_start()
    # Tests change passwords when they like; the default policy allows one change a day.
    replace(database, base, minPwdAge="0", maxPwdAge="0")
    replace(database, "CN=Partitions,%s" % database.get_config_basedn(), uPNSuffixes=UPN_SUFFIX)
    for unit in UNITS:
        database.add({"dn": "%s,%s" % (unit, base), "objectClass": "organizationalUnit"})
    for name in SERVICE_ACCOUNTS:
        add_service_account(database, name)
    grant(database, "CN=Deleted Objects," + base, LIST_AND_READ, ["svc-samesign", "svc-dirsync"])
    grant(database, base, REPLICATE, ["svc-dirsync"])
    register_ldap_services(database)
    database.transaction_commit()
    export_keytab(smb_conf, "svc-samesign")


def add_service_account(database, name):
    dn = "CN=%s,CN=Users,%s" % (name, database.domain_dn())
    database.add({"dn": dn, "objectClass": "user", "sAMAccountName": name, "userPrincipalName": "%s@%s" % (name, database.domain_dns_name()),
                  # Before the password is set: the keys are made then, and the default would be RC4 alone.
                  "msDS-SupportedEncryptionTypes": AES_ONLY, "userAccountControl": str(NORMAL_ACCOUNT | DONT_EXPIRE_PASSWORD),
                  "unicodePwd": ('"%s"' % PASSWORDS[name]).encode("utf-16-le")})


def grant(database, dn, entries, names):
    from samba.dcerpc import security
    from samba.ndr import ndr_pack, ndr_unpack

    controls = ["show_deleted:1", "sd_flags:1:4"]
    found = database.search(dn, ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=controls)[0]
    descriptor = ndr_unpack(security.descriptor, found["nTSecurityDescriptor"][0])
    domain_sid = security.dom_sid(database.get_domain_sid())
    for name in names:
        sid = account_sid(database, name)
        for entry in security.descriptor.from_sddl("D:" + "".join(entry % sid for entry in entries), domain_sid).dacl.aces:
            descriptor.dacl_add(entry)
    replace(database, dn, controls=controls, nTSecurityDescriptor=ndr_pack(descriptor))


def account_sid(database, name):
    from samba.dcerpc import security
    from samba.ndr import ndr_unpack

    found = database.search(database.domain_dn(), expression="(sAMAccountName=%s)" % name, attrs=["objectSid"])[0]
    return str(ndr_unpack(security.dom_sid, found["objectSid"][0]))


def register_ldap_services(database):
    """Provisioning leaves the ldap/ service principal names to a DNS updater that does not run here; Kerberos needs them."""
    domain = database.domain_dns_name()
    host = "dc1." + domain
    dn = "CN=DC1,OU=Domain Controllers," + database.domain_dn()
    wanted = ["ldap/" + host, "ldap/%s/%s" % (host, domain), "GC/%s/%s" % (host, domain), "host/%s/%s" % (host, domain),
              "E3514235-4B06-11D1-AB04-00C04FC2DCD2/%s/%s" % (database.get_ntds_GUID(), domain),
              "ldap/%s._msdcs.%s" % (database.get_ntds_GUID(), domain)]
    held = [str(value) for value in database.search(dn, ldb.SCOPE_BASE, attrs=["servicePrincipalName"])[0]["servicePrincipalName"]]
    replace(database, dn, servicePrincipalName=held + [name for name in wanted if name not in held])


def export_keytab(smb_conf, name):
    keytab = smb_conf.parent.parent / ("private/%s.keytab" % name)
    subprocess.run(["samba-tool", "domain", "exportkeytab", keytab, "--principal=" + name, "-s", smb_conf], check=True, capture_output=True)


def replace(database, dn, controls=None, **values):
    database.modify(ldb.Message.from_dict(database, {"dn": dn, **values}, ldb.FLAG_MOD_REPLACE), controls=controls)
