"""Takes rights away from an account, as somebody does who tidies up permissions."""
import ldb

from accounts import account_sid, replace

WHOLE = {"read": "(D;CI;RPLCLORC;;;%s)", "list": "(D;;LC;;;%s)"}
ATTRIBUTE = "(OD;;RP;%s;;%%s)"
CONTROLS = ["sd_flags:1:4"]


def deny(database, dn, account, what):
    sid = account_sid(database, account)
    whole = [WHOLE[each] % sid for each in what if each in WHOLE]
    attributes = [attribute(database, each) % sid for each in what if each not in WHOLE]
    if whole:
        put_first(database, dn, whole)
    if attributes:
        # What Active Directory allows on each person itself beats a denial that is inherited from above.
        for person in database.search(dn, ldb.SCOPE_SUBTREE, expression="(objectClass=user)", attrs=["dn"]):
            put_first(database, person.dn, attributes)


def put_first(database, dn, entries):
    """Denials come first in an access control list: it is read in order, and the first entry that fits decides."""
    from samba.dcerpc import security
    from samba.ndr import ndr_pack, ndr_unpack

    found = database.search(dn, ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=CONTROLS)[0]
    descriptor = ndr_unpack(security.descriptor, found["nTSecurityDescriptor"][0])
    denied = security.descriptor.from_sddl("D:" + "".join(entries), security.dom_sid(database.get_domain_sid()))
    for each in descriptor.dacl.aces:
        denied.dacl_add(each)
    descriptor.dacl = denied.dacl
    replace(database, dn, controls=CONTROLS, nTSecurityDescriptor=ndr_pack(descriptor))


def attribute(database, name):
    found = database.search(database.get_schema_basedn(), ldb.SCOPE_ONELEVEL,
                            expression="(lDAPDisplayName=%s)" % ldb.binary_encode(name), attrs=["schemaIDGUID"])
    if len(found) != 1:
        raise ValueError("the schema has no attribute %s" % name)
    return ATTRIBUTE % database.schema_format_value("schemaIDGUID", found[0]["schemaIDGUID"][0]).decode()
