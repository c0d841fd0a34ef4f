#!/usr/bin/python3
"""A real Samba domain controller on loopback, for tests and benchmarks. `cargo xtask testbed` calls this and installs what it needs.

  up        start one and leave it running; prints what a client needs to know as JSON (also in ROOT/NAME/testbed.json)
  serve     the same on one line, until standard input ends; then all of it is removed, whatever happened to the caller
  populate  add people and groups
  ad        make single changes (`ad --help`)
  passwords print the password of each of so many people as JSON
  service   make an account for a web service, HTTP/HOST, with AES keys, and export its keytab; again: a new password and keytab
  ticket    sign a person in with Kerberos: a ticket in a file, for clients with KRB5CCNAME and KRB5_CONFIG
  backup    stop it, keep a copy of its database, start it again
  restore   stop it, put the copy back in place, start it again: a domain controller that went back in time
  writes    fail when one of samesign's own accounts has written to the directory
  down      stop it

Without --name, the domain controller in the directory that SAMESIGN_TESTBED names is meant, else the one called "default".
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import sys

import copies
import dc
import operations
import people
import tickets
from accounts import UNITS


def main():
    root, arguments = command_line()
    directory = root / arguments.name if arguments.name else pathlib.Path(os.environ.get("SAMESIGN_TESTBED", root / "default"))
    try:
        return arguments.run(root, directory, arguments) or 0
    except (dc.TestbedError, ValueError) as error:
        print("error: %s" % error, file=sys.stderr)
        return 1


def up(root, directory, arguments):
    dc.up(directory, dc.template(root, Recipe(arguments)))
    print((directory / "testbed.json").read_text(), end="")


def serve(root, directory, arguments):
    source = dc.template(root, Recipe(arguments))
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: sys.exit(0))
    try:
        dc.up(directory, source, ends_with_us=True)
        # One line: a reader need not find out where the object ends.
        print(" ".join((directory / "testbed.json").read_text().split()), flush=True)
        while os.read(0, 4096):
            pass
    finally:
        dc.down(directory)
        shutil.rmtree(directory, ignore_errors=True)


def populate(root, directory, arguments):
    people.populate(dc.facts(directory)["smb_conf"], arguments.count, arguments.first, arguments.ou, arguments.password, arguments.mail,
                    arguments.groups)


def passwords(root, directory, arguments):
    choose = people.HASHED.get(arguments.password, people.password_of)
    print(json.dumps({"u%06d" % number: choose(number) for number in range(arguments.first, arguments.first + arguments.count)}))


def ad(root, directory, arguments):
    import ldb
    from directory import open_database

    try:
        operations.Operations(open_database(dc.facts(directory)["smb_conf"])).run(arguments.operations)
    except ldb.LdbError as error:
        raise dc.TestbedError("the directory refused it: %s" % error.args[1])


def service(root, directory, arguments):
    tickets.register(directory, arguments.account, arguments.host, arguments.keytab, arguments.password)


def ticket(root, directory, arguments):
    tickets.obtain(directory, arguments.who, arguments.cache, arguments.password)


def writes(root, directory, arguments):
    import audit
    from directory import open_database

    facts = dc.facts(directory)
    found = audit.writes_by_service_accounts(facts["audit"], open_database(facts["smb_conf"]))
    for account, operation, dn, status in found:
        print("%s wrote: %s %s (%s)" % (account, operation, dn, status))
    return 1 if found else 0


def backup(root, directory, arguments):
    copies.backup(directory)


def restore(root, directory, arguments):
    copies.restore(directory)


def down(root, directory, arguments):
    for each in sorted(path.parent for path in root.glob("*/testbed.json")) if arguments.all else [directory]:
        if dc.down(each):
            print("stopped %s" % each.name)


class Recipe:
    """An empty domain, or one with people in it: made once and cloned from then on."""

    def __init__(self, arguments):
        self.users, self.options = arguments.users, {"units": arguments.ou, "password": arguments.password, "mail": arguments.mail,
                                                     "groups": arguments.groups}
        self.key = repr((self.users, self.options)) if self.users else "empty"

    def make(self, directory):
        dc.provision(directory)
        if self.users:
            people.populate(directory / "etc/smb.conf", self.users, **self.options)


def command_line():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default_root = pathlib.Path(__file__).resolve().parent.parent / "target/testbed"
    parser.add_argument("--root", type=pathlib.Path, default=default_root, help="where domain controllers and their templates lie")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, run, **options):
        sub = commands.add_parser(name, **options)
        sub.add_argument("--name", help="which domain controller")
        sub.set_defaults(run=run)
        return sub

    def people_options(sub):
        sub.add_argument("--ou", action="append", help="spread people over these units (default: %s)" % " ".join(UNITS))
        sub.add_argument("--password", choices=["real", "nthash", "wild", "none"], default="real",
                         help="real costs 23 ms each, nthash and wild (all sorts of characters) 3 ms")
        sub.add_argument("--mail", choices=["none", "upn"], default="none")
        sub.add_argument("--groups", type=int, help="default: one for each 100 people")

    for name, run in (("up", up), ("serve", serve)):
        sub = command(name, run)
        sub.add_argument("--users", type=int, default=0, help="start from a domain with this many people (kept for the next time)")
        people_options(sub)
    sub = command("populate", populate)
    sub.add_argument("count", type=int)
    sub.add_argument("--first", type=int, default=0, help="number of the first person")
    people_options(sub)
    sub = command("passwords", passwords)
    sub.add_argument("count", type=int)
    sub.add_argument("--first", type=int, default=0, help="number of the first person")
    people_options(sub)
    sub = command("service", service)
    for name, meaning in (("account", "sAMAccountName"), ("host", "the name in HTTP/HOST"), ("keytab", "file to write")):
        sub.add_argument(name, help=meaning)
    sub.add_argument("--password", default="Serve-Pw-1!")
    sub = command("ticket", ticket)
    sub.add_argument("who", help="a person or an account of the testbed")
    sub.add_argument("cache", type=pathlib.Path, help="file to write")
    sub.add_argument("--password", help="default: the one that the testbed gave")
    sub = command("ad", ad, formatter_class=argparse.RawDescriptionHelpFormatter, description=operations.__doc__)
    sub.add_argument("operations", nargs=argparse.REMAINDER, metavar="OPERATION")
    command("writes", writes)
    command("backup", backup)
    command("restore", restore)
    command("down", down).add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    return arguments.root.resolve(), arguments


sys.exit(main())
