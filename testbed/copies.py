"""Backup and restore of a domain controller's database, the wrong way: files are put back, and nobody tells the directory.

That is what a snapshot of a virtual machine does. The invocationId stays, highestCommittedUSN goes back.
"""
import contextlib
import shutil

import dc

KEPT = ("private", "state")


def backup(directory):
    with stopped(directory):
        for part in present(directory):
            replace(directory / part, directory / "backup" / part)


def restore(directory):
    copy = directory / "backup"
    if not copy.is_dir():
        raise dc.TestbedError("there is no backup of %s: make one first with `cargo xtask testbed backup`" % directory.name)
    with stopped(directory):
        for part in present(copy):
            replace(copy / part, directory / part)


@contextlib.contextmanager
def stopped(directory):
    address = dc.facts(directory)["address"]
    if not dc.down(directory):
        raise dc.TestbedError("%s is not running" % directory.name)
    yield
    dc.start(directory, address, ends_with_us=False)


def present(directory):
    return [part for part in KEPT if (directory / part).is_dir()]


def replace(source, destination):
    shutil.rmtree(destination, ignore_errors=True)
    # Sockets of the stopped server cannot be copied and are made anew.
    shutil.copytree(source, destination, symlinks=True, ignore=lambda folder, names: [name for name in names if name in ("msg.sock", "ldapi", "ldap_priv")])
