"""Single changes to the directory, as an administrator makes them; several in one call, separated by `--`.

WHO is a sAMAccountName or a DN; a DN that does not end in the domain's is completed with it.

  add-ou DN                                   make an organizational unit
  add-user NAME PARENT [attribute=value ...]  make a user; `password=P` sets one; a repeated attribute gets several values
  add-group NAME PARENT [WHO ...]             make a group with these members
  add-contact NAME PARENT [attribute=value ...]  make a contact
  set WHO attribute=value ...                 replace; `attribute=` clears; `attribute:=BASE64` gives bytes
  password WHO PASSWORD                       set a password
  enable WHO | disable WHO
  move WHO PARENT                             to another parent
  rename WHO RDN                              `rename OU=Staff OU=People`, or a user: `rename ana "CN=Ana Ruiz"`
  delete WHO [--recursive]                    leaves a tombstone, as in any directory
  member GROUP add|remove WHO
  deny WHO ACCOUNT read|list|ATTRIBUTE ...    take from an account the right to read an object and all below it, to list its children,
                                              or to read these attributes of everyone below it
  show WHO [attribute ...]                    print as LDIF
"""
import base64
import sys

import ldb

import rights
from people import escape

ACCOUNT_DISABLED, NORMAL_ACCOUNT, PASSWORD_NOT_REQUIRED = 0x2, 0x200, 0x20


class Operations:
    def __init__(self, database):
        self.database, self.base = database, database.domain_dn()

    def run(self, arguments):
        for name, *rest in split(arguments):
            operation = getattr(self, "do_" + name.replace("-", "_"), None)
            if operation is None:
                raise ValueError("unknown operation `%s`\n%s" % (name, __doc__))
            operation(*rest)

    def do_add_ou(self, dn):
        self.database.add({"dn": self.full(dn), "objectClass": "organizationalUnit"})

    def do_add_user(self, name, parent, *assignments):
        values = parse(assignments)
        common_name = values.pop("cn", [name.encode()])[0].decode()
        entry = {"dn": "CN=%s,%s" % (escape(common_name), self.full(parent)), "objectClass": "user", "sAMAccountName": name}
        password = values.pop("password", None)
        control = NORMAL_ACCOUNT if password else NORMAL_ACCOUNT | PASSWORD_NOT_REQUIRED
        entry["userAccountControl"] = str(control)
        if password:
            entry["unicodePwd"] = quoted(password[0].decode())
        entry.update({attribute: value for attribute, value in values.items() if value})
        self.database.add(entry)

    def do_add_group(self, name, parent, *members):
        entry = {"dn": "CN=%s,%s" % (escape(name), self.full(parent)), "objectClass": "group", "sAMAccountName": name}
        if members:
            entry["member"] = [str(self.find(member)) for member in members]
        self.database.add(entry)

    def do_add_contact(self, name, parent, *assignments):
        entry = {"dn": "CN=%s,%s" % (escape(name), self.full(parent)), "objectClass": "contact"}
        entry.update({attribute: value for attribute, value in parse(assignments).items() if value})
        self.database.add(entry)

    def do_set(self, who, *assignments):
        self.replace(who, **parse(assignments))

    def do_password(self, who, password):
        self.replace(who, unicodePwd=[quoted(password)])

    def do_enable(self, who):
        self.change_account_control(who, lambda control: control & ~ACCOUNT_DISABLED)

    def do_disable(self, who):
        self.change_account_control(who, lambda control: control | ACCOUNT_DISABLED)

    def do_move(self, who, parent):
        dn = self.find(who)
        self.database.rename(dn, "%s=%s,%s" % (dn.get_rdn_name(), escape(dn.get_rdn_value()), self.full(parent)))

    def do_rename(self, who, rdn):
        dn = self.find(who)
        self.database.rename(dn, "%s,%s" % (rdn, dn.parent()))

    def do_delete(self, who, *options):
        self.database.delete(self.find(who), ["tree_delete:1"] if "--recursive" in options else None)

    def do_member(self, group, verb, who):
        flag = {"add": ldb.FLAG_MOD_ADD, "remove": ldb.FLAG_MOD_DELETE}[verb]
        message = ldb.Message(self.find(group))
        message["member"] = ldb.MessageElement(str(self.find(who)), flag, "member")
        self.database.modify(message)

    def do_deny(self, who, account, *what):
        rights.deny(self.database, self.find(who), account, what)

    def do_show(self, who, *attributes):
        found = self.database.search(self.find(who), ldb.SCOPE_BASE, attrs=list(attributes) or ["*"])
        sys.stdout.write(self.database.write_ldif(found[0], ldb.CHANGETYPE_NONE))

    def change_account_control(self, who, change):
        found = self.database.search(self.find(who), ldb.SCOPE_BASE, attrs=["userAccountControl"])[0]
        self.replace(who, userAccountControl=[str(change(int(str(found["userAccountControl"]))))])

    def replace(self, who, **values):
        message = ldb.Message(self.find(who))
        for attribute, value in values.items():
            message[attribute] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, attribute)
        self.database.modify(message)

    def find(self, who):
        if "=" in who:
            return ldb.Dn(self.database, self.full(who))
        found = self.database.search(self.base, expression="(sAMAccountName=%s)" % ldb.binary_encode(who), attrs=["dn"])
        if len(found) != 1:
            raise ValueError("%d objects have the sAMAccountName %s" % (len(found), who))
        return found[0].dn

    def full(self, dn):
        return dn if dn.lower().endswith(self.base.lower()) else "%s,%s" % (dn, self.base)


def split(arguments):
    """`a 1 -- b 2` is two operations."""
    rest = list(arguments)
    while rest:
        end = rest.index("--") if "--" in rest else len(rest)
        if rest[:end]:
            yield rest[:end]
        rest = rest[end + 1:]


def parse(assignments):
    values = {}
    for assignment in assignments:
        attribute, _, value = assignment.partition("=")
        if attribute.endswith(":"):
            attribute, decoded = attribute[:-1], base64.b64decode(value)
        else:
            decoded = value.encode()
        values.setdefault(attribute, []).extend([decoded] if decoded else [])
    return values


def quoted(password):
    return ('"%s"' % password).encode("utf-16-le")
