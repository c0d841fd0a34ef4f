"""Who wrote to the directory: samesign must never, so a test fails when one of its accounts did."""
import json

from accounts import SERVICE_ACCOUNTS, account_sid


def writes_by_service_accounts(audit, database):
    """Each write that one of our accounts made or tried, as (account, operation, dn, status)."""
    names = {account_sid(database, name): name for name in SERVICE_ACCOUNTS}
    found = []
    for line in lines(audit):
        record = json.loads(line)
        change = record.get("dsdbChange") or record.get("passwordChange") or {}
        if change.get("userSid") in names:
            found.append((names[change["userSid"]], change.get("operation") or change.get("action"), change.get("dn"), change.get("status")))
    return found


def lines(audit):
    try:
        with open(audit) as log:
            # A line without its end is still being written.
            yield from (line[line.index("{"):] for line in log if "{" in line and line.endswith("\n"))
    except FileNotFoundError:
        return
