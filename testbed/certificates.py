"""A certificate authority and a server certificate for one domain controller.

Samba's own certificate has no subjectAltName, which rustls refuses, and takes seconds of RSA-4096 to make.
"""
import subprocess

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def create(directory, names, address):
    directory.mkdir(parents=True, exist_ok=True)

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    openssl("req", "-x509", *KEY, "-days", "3650", "-subj", "/O=samesign testbed/CN=testbed CA", "-keyout", "ca.key", "-out", "ca.pem",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", *KEY, "-subj", "/CN=" + names[0], "-keyout", "key.pem", "-out", "request.pem")
    alternatives = ",".join(["DNS:" + name for name in names] + ["IP:" + address])
    (directory / "extensions").write_text("subjectAltName=%s\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n" % alternatives)
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3650",
            "-extfile", "extensions", "-out", "cert.pem")
    for secret in ("ca.key", "key.pem"):
        (directory / secret).chmod(0o600)
    for leftover in ("request.pem", "extensions"):
        (directory / leftover).unlink()
