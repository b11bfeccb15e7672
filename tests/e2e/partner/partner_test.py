"""A partner system: reads programmes and figures from a running node over mutual TLS.

Uses only python3-grpcio, python3-protobuf and stubs made here from our protos, as a
partner's own programmers would.
"""

import json
import os
import pathlib
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ["ENLACE_SOURCE_DIR"])
STUBS = pathlib.Path(os.environ["ENLACE_STUBS"])


def make_stubs():
    STUBS.mkdir(parents=True, exist_ok=True)
    protos = sorted(str(p.relative_to(SOURCE / "proto"))
                    for p in (SOURCE / "proto/enlace").rglob("*.proto"))
    subprocess.run(
        ["protoc", "-I", str(SOURCE / "proto"),
         f"--python_out={STUBS}", f"--grpc_python_out={STUBS}",
         "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin",
         *protos],
        check=True)
    sys.path.insert(0, str(STUBS))


make_stubs()

import grpc  # noqa: E402
from enlace.channel.v1 import statistics_pb2  # noqa: E402
from enlace.exchange.v1 import case_service_pb2, case_service_pb2_grpc  # noqa: E402
from enlace.exchange.v1 import programme_service_pb2, programme_service_pb2_grpc  # noqa: E402
from enlace.exchange.v1 import report_service_pb2, report_service_pb2_grpc  # noqa: E402

TIMEOUT_SECONDS = 20
REASON_OF_REFUSAL = b"PERMISSION_DENIED"


def read(path):
    return pathlib.Path(path).read_bytes()


class PartnerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        network = json.loads(read(os.environ["ENLACE_NETWORK"]))
        cls.nodes = {node["jurisdiction"]: node for node in network["nodes"]}
        cls.members = sorted(j for j in cls.nodes if j != "OAS")
        cls.node = cls.nodes[cls.members[0]]

    def identity(self, node, role):
        return next(i for i in node["identities"] if i["role"] == role)

    def channel(self, node, identity):
        """To `node`, whose own authority alone is believed."""
        credentials = grpc.ssl_channel_credentials(
            root_certificates=read(node["ca_cert"]),
            private_key=read(identity["key"]) if identity else None,
            certificate_chain=read(identity["cert"]) if identity else None)
        channel = grpc.secure_channel(node["endpoint"], credentials)
        self.addCleanup(channel.close)
        return channel

    def partner_channel(self, node=None):
        node = node or self.node
        return self.channel(node, self.identity(node, "partner"))

    def pages(self, call, request, field):
        """All items of a listing, page by page."""
        items = []
        while True:
            response = call(request, timeout=TIMEOUT_SECONDS)
            items.extend(getattr(response, field))
            if not response.next_page_token:
                return items
            request.page_token = response.next_page_token

    def test_reads_programmes_of_all_members_with_their_languages(self):
        stub = programme_service_pb2_grpc.ProgrammeServiceStub(self.partner_channel())
        found = self.pages(stub.ListProgrammes,
                           programme_service_pb2.ListProgrammesRequest(page_size=2),
                           "programmes")
        names = [item.programme.name for item in found]
        self.assertEqual(names, sorted(set(names)))
        owners = {name.split("/")[1] for name in names}
        self.assertTrue(owners.issuperset(self.members), owners)
        for item in found:
            languages = [text.language for text in item.programme.title.texts]
            self.assertEqual(sorted(languages), ["en", "es", "fr", "pt"], item.programme.name)
            self.assertTrue(all(text.text for text in item.programme.title.texts))

    def test_filters_programmes_by_language(self):
        stub = programme_service_pb2_grpc.ProgrammeServiceStub(self.partner_channel())
        spanish = self.pages(stub.ListProgrammes,
                             programme_service_pb2.ListProgrammesRequest(language="es"),
                             "programmes")
        self.assertTrue(spanish)
        for item in spanish:
            self.assertIn("es", item.programme.languages)

    def test_reads_released_figures_with_stable_ids(self):
        stub = report_service_pb2_grpc.ReportServiceStub(self.partner_channel())
        figures = self.pages(stub.ListFigures,
                             report_service_pb2.ListFiguresRequest(page_size=100), "figures")
        self.assertTrue(figures)
        value = statistics_pb2.FigureStatus.Value("VALUE")
        for figure in figures:
            self.assertRegex(figure.indicator, "^[a-z][a-z0-9_]*$")
            self.assertTrue(figure.release.startswith(
                f"jurisdictions/{figure.jurisdiction}/releases/"))
            self.assertTrue(figure.channel.endswith(f"/{figure.jurisdiction}/statistics"))
            self.assertGreater(figure.status, 0)
            if figure.status != value:
                self.assertEqual(figure.value, 0, "a hidden figure shows its count")
            elif figure.value:
                self.assertGreaterEqual(figure.value, 5, "a small count was released")
        self.assertEqual({f.jurisdiction for f in figures}, set(self.members))

    def refused(self, call, request):
        with self.assertRaises(grpc.RpcError) as caught:
            call(request, timeout=TIMEOUT_SECONDS)
        return caught.exception

    def test_may_not_read_case_records_and_is_told_a_stable_reason(self):
        stub = case_service_pb2_grpc.CaseServiceStub(self.partner_channel())
        for request, call in (
                (case_service_pb2.ListCaseRecordsRequest(), stub.ListCaseRecords),
                (case_service_pb2.TabulateCaseRecordsRequest(), stub.TabulateCaseRecords)):
            error = self.refused(call, request)
            self.assertEqual(error.code(), grpc.StatusCode.PERMISSION_DENIED)
            details = dict(error.trailing_metadata())["grpc-status-details-bin"]
            self.assertIn(REASON_OF_REFUSAL, details)

    def test_of_another_state_may_read_nothing(self):
        elsewhere = self.nodes[self.members[1]]
        stranger = self.identity(elsewhere, "partner")
        stub = report_service_pb2_grpc.ReportServiceStub(self.channel(self.node, stranger))
        error = self.refused(stub.ListFigures, report_service_pb2.ListFiguresRequest())
        self.assertEqual(error.code(), grpc.StatusCode.PERMISSION_DENIED)

    def test_without_certificate_finds_no_door(self):
        stub = report_service_pb2_grpc.ReportServiceStub(self.channel(self.node, None))
        error = self.refused(stub.ListFigures, report_service_pb2.ListFiguresRequest())
        self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
