"""Stands between the agent and the tenant, with a certificate of the tenant's own authority, and writes down what both say inside TLS.

Arguments: the tenant's folder, the tenant's port, the file to write to. Prints its own port when it listens.
"""

import pathlib
import select
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

tenant, port, record = pathlib.Path(sys.argv[1]), int(sys.argv[2]), open(sys.argv[3], "wb", buffering=0)
lock = threading.Lock()


def certificate(folder):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    key, request, signed, names = (str(folder / name) for name in ("key", "request", "signed", "names"))
    pathlib.Path(names).write_text("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout", key, "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", str(tenant / "ca.pem"), "-CAkey", str(tenant / "ca-key.pem"), "-CAcreateserial",
            "-CAserial", str(folder / "serial"), "-extfile", names, "-days", "1", "-out", signed)
    return signed, key


def relay(client, upstream):
    """One thread for both directions: a TLS connection must not be read and written at the same time."""
    other = {client: upstream, upstream: client}
    while True:
        for source in [end for end in other if end.pending()] or select.select(list(other), [], [])[0]:
            # What can be read may be a message of TLS itself, with nothing inside for us.
            source.settimeout(0)
            try:
                data = source.recv(65536)
            except ssl.SSLWantReadError:
                continue
            finally:
                source.settimeout(None)
            if not data:
                return
            with lock:
                record.write(data)
            other[source].sendall(data)


def serve(accepted):
    with socket.create_connection(("127.0.0.1", port)) as plain, accepted:
        try:
            with to_tenant.wrap_socket(plain, server_hostname="localhost") as upstream:
                with to_agent.wrap_socket(accepted, server_side=True) as client:
                    relay(client, upstream)
        except OSError:
            pass


with tempfile.TemporaryDirectory() as folder:
    to_agent = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    to_agent.load_cert_chain(*certificate(pathlib.Path(folder)))
to_tenant = ssl.create_default_context(cafile=str(tenant / "ca.pem"))
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
