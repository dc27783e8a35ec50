"""TLS, certificates and proxies between the program and the provider, all on loopback."""

import json
import socket
import ssl
import subprocess
import threading
import unittest

from harness import DONE, KEY, PROVIDER, BatonTest, essence


def pump(source, target):
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Relay:
    """Listens on loopback and, after `greet` has said where to, carries bytes both ways."""

    def __init__(self, test, greet):
        self.greet = greet
        self.greeted = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        test.addCleanup(self.listener.close)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            client, port = self.greet(client, self.greeted)
            server = socket.create_connection(("127.0.0.1", port))
        except (OSError, ValueError):
            client.close()
            return
        threading.Thread(target=pump, args=(server, client), daemon=True).start()
        pump(client, server)


def proxy(client, greeted):
    """CONNECT host:port, to loopback whatever the host."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += client.recv(1)
    greeted.append(head.decode())
    method, target, _ = head.decode().split("\r\n")[0].split(" ")
    if method != "CONNECT":
        raise ValueError(head)
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    return client, int(target.rsplit(":", 1)[1])


class TlsTest(BatonTest):
    def setUp(self):
        super().setUp()
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key,
                        "-out", certificate, "-subj", "/CN=provider.example",
                        "-addext", "subjectAltName=DNS:provider.example,DNS:localhost,IP:127.0.0.1"],
                       check=True, capture_output=True)
        self.trusted = str(certificate)
        self.changes = self.small_change()
        self.served = self.mock("--key", KEY)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        port = int(self.served.url.rsplit(":", 1)[1])
        self.tls = Relay(self, lambda client, _: (context.wrap_socket(client, server_side=True), port))
        self.url = f"https://localhost:{self.tls.port}"

    def reviewed(self, url=None, **environment):
        return self.baton("review", "--repo", self.changes.folder, "--format", "json",
                          env=self.environment(url or self.url, **environment))


class OverTls(TlsTest):
    def test_a_review_is_the_same(self):
        for variable in ("SSL_CERT_FILE", "CURL_CA_BUNDLE"):
            with self.subTest(variable=variable):
                done = self.reviewed(**{variable: self.trusted})
                self.assertEqual(done.code, DONE, done.err)
        plain = self.review(repository=self.changes, mock=self.mock())
        self.assertEqual(essence(json.loads(done.out)), essence(plain))

    def test_a_certificate_that_nobody_vouches_for_gets_no_key(self):
        done = self.reviewed()
        self.assertEqual(done.code, PROVIDER, done.err)
        self.assertRegex(done.err, r"paused: .*certificate.*`baton resume")
        self.assertEqual(self.served.bill()["requests"], 0)
        self.assertEqual(self.cost()["unknown_calls"], 0)  # it was never sent

    def test_a_certificate_of_another_host_gets_no_key(self):
        proxied = Relay(self, proxy)
        done = self.reviewed(f"https://impostor.example:{self.tls.port}", SSL_CERT_FILE=self.trusted,
                             https_proxy=f"http://127.0.0.1:{proxied.port}")
        self.assertEqual(done.code, PROVIDER, done.err)
        self.assertEqual(self.served.bill()["requests"], 0)


class ThroughAProxy(TlsTest):
    def test_a_review_is_the_same_and_the_proxy_does_not_see_the_key(self):
        proxied = Relay(self, proxy)
        done = self.reviewed(f"https://provider.example:{self.tls.port}", SSL_CERT_FILE=self.trusted,
                             https_proxy=f"http://127.0.0.1:{proxied.port}")
        self.assertEqual(done.code, DONE, done.err)
        self.assertTrue(proxied.greeted)
        for head in proxied.greeted:
            self.assertTrue(head.startswith(f"CONNECT provider.example:{self.tls.port} "), head)
            self.assertNotIn(KEY, head)

    def test_no_proxy_goes_straight(self):
        proxied = Relay(self, proxy)
        done = self.reviewed(SSL_CERT_FILE=self.trusted, https_proxy=f"http://127.0.0.1:{proxied.port}",
                             no_proxy="localhost")
        self.assertEqual(done.code, DONE, done.err)
        self.assertEqual(proxied.greeted, [])

    def test_one_that_is_not_there_is_named(self):
        done = self.reviewed(SSL_CERT_FILE=self.trusted, https_proxy="http://127.0.0.1:9")
        self.assertEqual(done.code, PROVIDER, done.err)
        self.assertIn("127.0.0.1", done.err)
        self.assertEqual(self.cost()["unknown_calls"], 0)


if __name__ == "__main__":
    unittest.main()
