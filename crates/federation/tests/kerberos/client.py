#!/usr/bin/python3
"""A client of a web service with MIT's Kerberos: SPNEGO tokens on standard output, one a line, in Base64.

For each line on standard input, Base64 of the service's answer to the last token, it says whether the service proved itself.
Arguments: the host in HTTP/HOST, how many tokens, and what they are bound to (hexadecimal; `-` for nothing).
"""
import base64
import sys

import gssapi
from gssapi.raw import ChannelBindings

SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")


def main(host, count, binding):
    bindings = None if binding == "-" else ChannelBindings(application_data=bytes.fromhex(binding))
    name = gssapi.Name("HTTP@" + host, gssapi.NameType.hostbased_service)
    flags = [gssapi.RequirementFlag.mutual_authentication, gssapi.RequirementFlag.out_of_sequence_detection]
    for _ in range(int(count)):
        context = gssapi.SecurityContext(name=name, mech=SPNEGO, flags=flags, usage="initiate", channel_bindings=bindings)
        print(base64.b64encode(context.step()).decode(), flush=True)
    for line in sys.stdin:
        try:
            context.step(base64.b64decode(line))
            print("complete" if context.complete else "incomplete", flush=True)
        except gssapi.exceptions.GSSError as error:
            print("refused: %s" % " ".join(str(error).split()), flush=True)


main(*sys.argv[1:])
