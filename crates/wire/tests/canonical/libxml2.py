"""Canonicalizes documents with libxml2: reads records from standard input, writes one answer for each.

A record is three texts: the document, the number of the element in document order, the prefixes of the PrefixList. A text is its
length in bytes as four bytes, big endian, and the bytes.
"""

import struct
import sys

from lxml import etree


def read_text(stream):
    length = stream.read(4)
    if not length:
        return None
    return stream.read(struct.unpack(">I", length)[0])


def main():
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    # lxml hands on only those prefixes that it has seen as a name or namespace before; this makes it see the one that is no name.
    etree.fromstring(b'<known xmlns:a="#default"/>', parser)
    while (document := read_text(sys.stdin.buffer)) is not None:
        number = int(read_text(sys.stdin.buffer))
        prefixes = read_text(sys.stdin.buffer).decode().split()
        element = next(found for at, found in enumerate(etree.fromstring(document, parser).iter()) if at == number)
        canonical = etree.tostring(
            element, method="c14n", exclusive=True, with_comments=False, with_tail=False, inclusive_ns_prefixes=prefixes or None
        )
        sys.stdout.buffer.write(struct.pack(">I", len(canonical)) + canonical)
    sys.stdout.buffer.flush()


main()
