"""Kerberos for a service of ours and for people: an account with a service principal name, its keytab, and tickets."""
import os
import pathlib
import subprocess

import ldb

import accounts
import dc
import people

NORMAL_ACCOUNT, DONT_EXPIRE_PASSWORD = 0x200, 0x10000


def register(directory, account, host, keytab, password):
    """An account with the service principal name HTTP/host, and its keys; done again, it sets the password and exports anew.

    Its keys are AES alone, as the guide asks for: the encryption types are set before the password, of which the keys are made.
    """
    from directory import open_database

    facts = dc.facts(directory)
    database = open_database(facts["smb_conf"])
    dn = ldb.Dn(database, "CN=%s,CN=Users,%s" % (people.escape(account), facts["base_dn"]))
    if not database.search(facts["base_dn"], expression="(sAMAccountName=%s)" % ldb.binary_encode(account)):
        database.add({"dn": dn, "objectClass": "user", "sAMAccountName": account, "servicePrincipalName": "HTTP/" + host,
                      "msDS-SupportedEncryptionTypes": accounts.AES_ONLY,
                      "userAccountControl": str(NORMAL_ACCOUNT | DONT_EXPIRE_PASSWORD), "unicodePwd": quoted(password)})
    else:
        accounts.replace(database, dn, unicodePwd=quoted(password))
    export(facts, "HTTP/" + host, keytab)
    teach(facts, host)


def export(facts, principal, keytab):
    """Writes the principal's keys, in place of what the file held: samba-tool itself would append."""
    keytab = pathlib.Path(keytab)
    keytab.unlink(missing_ok=True)
    subprocess.run(["samba-tool", "domain", "exportkeytab", keytab, "--principal=" + principal, "-s", facts["smb_conf"]], check=True,
                   capture_output=True)
    if not keytab.exists():
        raise dc.TestbedError("%s has no keys" % principal)
    keytab.chmod(0o600)


def teach(facts, host):
    """Tells clients which realm the host belongs to, where its name does not tell."""
    configuration = pathlib.Path(facts["krb5_conf"])
    line = "  %s = %s\n" % (host, facts["realm"])
    # [domain_realm] is the last section.
    if line not in configuration.read_text():
        with open(configuration, "a") as handle:
            handle.write(line)


def obtain(directory, who, cache, password):
    """A ticket-granting ticket of a person of the testbed, as a Windows logon leaves one behind; `cache` is a file."""
    facts = dc.facts(directory)
    if password is None:
        password = accounts.PASSWORDS.get(who) or people.password_of(int(who.lstrip("u")))
    environment = {**os.environ, "KRB5_CONFIG": facts["krb5_conf"], "LC_ALL": "C"}
    principal = who if "@" in who else "%s@%s" % (who, facts["realm"])
    done = subprocess.run(["kinit", "-c", "FILE:%s" % cache, principal], input=password + "\n", text=True, env=environment,
                          capture_output=True)
    if done.returncode != 0:
        raise dc.TestbedError("no ticket for %s: %s" % (principal, done.stderr.strip()))


def quoted(password):
    return ('"%s"' % password).encode("utf-16-le")
