"""The life of one domain controller: make it once as a template, clone it, start it, stop it.

Everything of a domain controller lies in one directory and it listens on one loopback address, so that any number of
them run side by side. Samba's fixed ports (88, 135, 389, 636, ...) are why each needs an address of its own.
"""
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import accounts
import certificates

HERE = pathlib.Path(__file__).resolve().parent
REALM, WORKGROUP, HOST = "CORP.EXAMPLE.COM", "CORP", "dc1"
DNS_DOMAIN = REALM.lower()
BASE_DN = ",".join("DC=" + part for part in DNS_DOMAIN.split("."))
FIXED_PORTS = (88, 135, 389, 464, 636, 3268, 3269)
READY_SECONDS = 60


class TestbedError(Exception):
    """Something the caller can act on; printed without a stack trace."""


def template(root, recipe):
    """The directory of a stopped domain controller made by `recipe`; made once, then kept by what it was made of."""
    made_of = [package_version(), recipe.key] + [(HERE / name).read_text() for name in ("dc.py", "accounts.py", "people.py")]
    name = "template-" + hashlib.sha256("\0".join(made_of).encode()).hexdigest()[:12]
    done = root / name
    with locked(root / (name + ".lock")):
        if not done.exists():
            fresh = root / (name + ".new")
            shutil.rmtree(fresh, ignore_errors=True)
            recipe.make(fresh)
            relocate(fresh, fresh, done)
            fresh.rename(done)
    return done


def provision(directory):
    """A new, empty domain with our service accounts and organizational units."""
    for part in ("run", "log", "cache"):
        (directory / part).mkdir(parents=True)
    options = {
        "interfaces": "127.0.0.1/8",
        "bind interfaces only": "yes",
        "disable netbios": "yes",
        "load printers": "no",
        "pid directory": directory / "run",
        "ncalrpc dir": directory / "run/ncalrpc",
        "log file": directory / "log/samba.log",
        "max log size": "0",
        # Every change with who made it: `testbed.py writes` reads this.
        "log level": "1 dsdb_json_audit:5@%s dsdb_password_json_audit:5@%s" % (directory / "log/audit.json", directory / "log/audit.json"),
        # The default attribute name needs CAP_SYS_ADMIN, which containers lack.
        "acl_xattr:security_acl_name": "user.NTACL",
        "server services": "rpc, ldap, cldap, kdc, drepl, kcc",
    }
    command = ["samba-tool", "domain", "provision", "--configfile=/dev/null", "--targetdir=%s" % directory, "--realm=" + REALM,
               "--domain=" + WORKGROUP, "--server-role=dc", "--dns-backend=NONE", "--adminpass=" + accounts.PASSWORDS["Administrator"],
               "--host-name=" + HOST, "--host-ip=127.0.0.1", "--backend-store=tdb", "-d", "0"]
    command += ["--option=%s=%s" % option for option in options.items()]
    log = directory / "log/provision.log"
    with open(log, "wb") as output:
        if subprocess.run(command, stdout=output, stderr=output).returncode != 0:
            raise TestbedError("samba-tool could not make the domain, its last words:\n" + log.read_text(errors="replace")[-2000:])
    accounts.create(directory / "etc/smb.conf")


def clone(source, directory, address):
    """Copies a stopped domain controller to a new place and address, with certificates and client files of its own."""
    shutil.rmtree(directory, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", source, directory], check=True)
    for leftover in list((directory / "run").iterdir()) + list((directory / "log").iterdir()) + [directory / "private/msg.sock", directory / "msg.sock"]:
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink(missing_ok=True)
    relocate(directory, source, directory)
    conf = directory / "etc/smb.conf"
    conf.write_text(conf.read_text().replace("interfaces = 127.0.0.1/8", "interfaces = %s/8" % address))
    fqdn = "%s.%s" % (HOST, DNS_DOMAIN)
    certificates.create(directory / "private/tls", [fqdn, DNS_DOMAIN], address)
    (directory / "hosts").write_text("127.0.0.1 localhost\n%s %s %s %s\n" % (address, fqdn, HOST, DNS_DOMAIN))
    (directory / "krb5.conf").write_text(KRB5_CONF.format(realm=REALM, domain=DNS_DOMAIN, address=address))
    shutil.copy(directory / "private/svc-samesign.keytab", directory / "svc-samesign.keytab")
    describe(directory, address)


def describe(directory, address):
    """Writes what a client needs to know to testbed.json, the one file that tests read."""
    people = {name: {"user": "%s@%s" % (name, DNS_DOMAIN), "dn": "CN=%s,CN=Users,%s" % (name, BASE_DN), "password": password}
              for name, password in accounts.PASSWORDS.items()}
    people["svc-samesign"]["keytab"] = str(directory / "svc-samesign.keytab")
    facts = {
        "name": directory.name, "directory": str(directory), "address": address, "host": "%s.%s" % (HOST, DNS_DOMAIN),
        "domain": DNS_DOMAIN, "realm": REALM, "netbios": WORKGROUP, "base_dn": BASE_DN,
        "ldaps": "ldaps://" + address, "ldap": "ldap://" + address, "ca": str(directory / "private/tls/ca.pem"),
        "hosts": str(directory / "hosts"), "krb5_conf": str(directory / "krb5.conf"), "smb_conf": str(directory / "etc/smb.conf"),
        "audit": str(directory / "log/audit.json"), "accounts": people,
    }
    (directory / "testbed.json").write_text(json.dumps(facts, indent=2) + "\n")


def facts(directory):
    try:
        return json.loads((directory / "testbed.json").read_text())
    except FileNotFoundError:
        raise TestbedError("there is no domain controller in %s: run `cargo xtask testbed up` first" % directory)


def up(directory, source, ends_with_us=False):
    """Clones `source` to a free address and starts it; returns when it is ready."""
    if running(directory):
        raise TestbedError("%s is running already: `cargo xtask testbed down --name %s` stops it" % (directory.name, directory.name))
    # Other checkouts look for free addresses too, so the lock is the machine's.
    with locked(pathlib.Path(tempfile.gettempdir()) / "samba-testbed.lock"):
        address = free_address()
        clone(source, directory, address)
        start(directory, address, ends_with_us)


def start(directory, address, ends_with_us):
    # The kernel then ends Samba with this process, even one that is killed.
    guard = ["setpriv", "--pdeathsig", "TERM"] if ends_with_us else []
    (directory / "run/samba.pid").unlink(missing_ok=True)
    with open(directory / "log/stdout", "ab") as output:
        process = subprocess.Popen([*guard, "samba", "-F", "--no-process-group", "-M", "single", "-s", directory / "etc/smb.conf"],
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    try:
        wait_ready(directory, address, process)
    except BaseException:
        process.kill()
        process.wait()
        raise


def wait_ready(directory, address, process):
    """Ready: rootDSE says isSynchronized, and the KDC and the endpoint mapper accept (LDAP is up before both)."""
    for _ in range(READY_SECONDS * 20):
        if process.poll() is not None:
            break
        if all(accepts(address, port) for port in (389, 88, 135, 636)) and is_synchronized(address):
            return
        time.sleep(0.05)
    raise TestbedError("the domain controller did not come up, see %s and %s" % (directory / "log/stdout", directory / "log/samba.log"))


def is_synchronized(address):
    command = ["ldapsearch", "-x", "-LLL", "-o", "nettimeout=2", "-H", "ldap://" + address, "-s", "base", "-b", "", "isSynchronized"]
    return b"isSynchronized: TRUE" in subprocess.run(command, capture_output=True).stdout


def accepts(address, port):
    with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1):
        return True
    return False


def running(directory):
    """The process id of this directory's Samba, or None. A process id that now belongs to another program does not count."""
    try:
        pid = int((directory / "run/samba.pid").read_text())
        output = os.readlink("/proc/%d/fd/1" % pid)
    except (OSError, ValueError):
        return None
    return pid if output == str(directory / "log/stdout") else None


def down(directory):
    """Stops Samba by its process id; does nothing where none runs."""
    pid = running(directory)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    for _ in range(500):
        if running(directory) is None:
            break
        time.sleep(0.02)
    else:
        os.kill(pid, signal.SIGKILL)
    (directory / "run/samba.pid").unlink(missing_ok=True)
    return True


def free_address():
    for last in range(20, 250):
        address = "127.0.0.%d" % last
        if all(is_free(address, port) for port in FIXED_PORTS):
            return address
    raise TestbedError("no loopback address from 127.0.0.20 to 127.0.0.249 has its LDAP and Kerberos ports free: "
                       "stop what listens there (`ss -ltnp`), then try again")


def is_free(address, port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except PermissionError:
            raise TestbedError("port %d cannot be opened: the testbed needs root" % port)
        except OSError:
            return False
        return True


def relocate(directory, old, new):
    conf = directory / "etc/smb.conf"
    conf.write_text(conf.read_text().replace(str(old), str(new)))


def package_version():
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "samba"], capture_output=True, text=True, check=True).stdout


@contextlib.contextmanager
def locked(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


KRB5_CONF = """[libdefaults]
  default_realm = {realm}
  dns_lookup_realm = false
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  {realm} = {{
    kdc = {address}
    kpasswd_server = {address}
    admin_server = {address}
  }}
[domain_realm]
  .{domain} = {realm}
  {domain} = {realm}
"""
