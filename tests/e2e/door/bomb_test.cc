// Messages that are small on the wire and large once they are unpacked, as a real gRPC client packs
// them: the node never unpacks one.
#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/transport/remote_status.h"
#include "tests/e2e/door/door_world.h"

namespace enlace::testing {
namespace {

constexpr char kImport[] = "/enlace.exchange.v1.CaseService/ImportCaseRecords";
constexpr char kGet[] = "/enlace.exchange.v1.CaseService/GetCaseRecord";
constexpr char kStreamGet[] = "/enlace.exchange.v1.CaseService/StreamGetCaseRecord";
// Far above what a message may have, and what the node may grow by.
constexpr int64_t kBombMegabytes = 256;
constexpr int64_t kGrowthMax = 64 * kMegabyte;
constexpr std::chrono::seconds kCallTime(60);

// Zeros pack a thousand to one. One piece of memory serves for any size.
grpc::ByteBuffer Zeros(int64_t megabytes) {
  static const std::string zeros(size_t{kMegabyte}, '\0');
  const std::vector<grpc::Slice> slices(
      static_cast<size_t>(megabytes),
      grpc::Slice(zeros.data(), zeros.size(), grpc::Slice::STATIC_SLICE));
  return grpc::ByteBuffer(slices.data(), slices.size());
}
grpc::ByteBuffer Bytes(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

exchange::v1::CreateCaseRecordRequest OneCase() {
  exchange::v1::CreateCaseRecordRequest request;
  request.mutable_case_record()->set_codelist_version(1);
  request.mutable_case_record()->set_registration_year(2020);
  return request;
}

Status ToStatus(const grpc::Status& status) {
  return status.ok() ? Status()
                     : transport::FromRemote(status.error_code(), status.error_message(),
                                             status.error_details());
}

// A client that packs what it sends.
class PackingClient {
 public:
  // `certificate` may be null.
  PackingClient(uint16_t port, const IssuedCertificate* certificate) {
    grpc::experimental::TlsChannelCredentialsOptions options;
    if (certificate != nullptr) {
      options.set_certificate_provider(
          std::make_shared<grpc::experimental::StaticDataCertificateProvider>(
              "", std::vector<grpc::experimental::IdentityKeyCertPair>{
                      {certificate->private_key_pem,
                       certificate->certificate_pem + certificate->intermediates_pem}}));
      options.watch_identity_key_cert_pairs();
    }
    options.set_verify_server_certs(false);
    options.set_check_call_host(false);
    options.set_certificate_verifier(
        std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
    grpc::ChannelArguments arguments;
    arguments.SetMaxSendMessageSize(-1);
    stub_ = std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(
        fmt::format("127.0.0.1:{}", port), grpc::experimental::TlsCredentials(options), arguments));
  }

  // The end of a call whose message is packed as `algorithm`.
  Status Call(const std::string& method, const grpc::ByteBuffer& message,
              grpc_compression_algorithm algorithm) {
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    context.set_deadline(std::chrono::system_clock::now() + kCallTime);
    auto call = stub_->PrepareUnaryCall(&context, method, message, &queue_);
    call->StartCall();
    grpc::ByteBuffer answer;
    grpc::Status status;
    call->Finish(&answer, &status, this);
    Await();
    return ToStatus(status);
  }

  // A stream: one message that is not packed, whose answer is awaited, then one that is.
  Status Stream(const std::string& method, const grpc::ByteBuffer& plain,
                const grpc::ByteBuffer& packed, grpc_compression_algorithm algorithm) {
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    context.set_deadline(std::chrono::system_clock::now() + kCallTime);
    auto stream = stub_->PrepareCall(&context, method, &queue_);
    stream->StartCall(this);
    Await();
    stream->Write(plain, grpc::WriteOptions().set_no_compression(), this);
    Await();
    grpc::ByteBuffer answer;
    stream->Read(&answer, this);
    EXPECT_TRUE(Await());
    stream->Write(packed, this);
    Await();
    grpc::Status status;
    stream->Finish(&status, this);
    Await();
    return ToStatus(status);
  }

 private:
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue_.Next(&tag, &ok));
    return ok;
  }

  std::unique_ptr<grpc::GenericStub> stub_;
  grpc::CompletionQueue queue_;
};

class BombTest : public ::testing::TestWithParam<grpc_compression_algorithm> {
 protected:
  BombTest()
      : agency_(world_.world().ca("ARG").Issue(NodeWorld::Uri("ARG", "entity/police/files"))) {
    EXPECT_TRUE(world_.Serves());
    peak_ = std::make_unique<Peak>(world_);
    pb_.set_name("jurisdictions/ARG/cases/00112233445566778899aabbccddeeff");
  }
  std::string Name() const { return GetParam() == GRPC_COMPRESS_GZIP ? "gzip" : "deflate"; }
  // What holds after each.
  void Finish(const std::string& attack, const std::string& outcome) {
    EXPECT_LT(peak_->Stop() - peak_->before, kGrowthMax);
    EXPECT_TRUE(world_.Serves());
    PrintFlood(fmt::format("{} bomb, {}", Name(), attack), world_, *peak_, {}, outcome);
  }

  DoorWorld world_;
  const IssuedCertificate agency_;
  exchange::v1::GetCaseRecordRequest pb_;
  std::unique_ptr<Peak> peak_;
};

TEST_P(BombTest, OfAnySizeIsRefusedByReasonAndTheNextCallIsServed) {
  PackingClient client(world_.port(), &agency_);
  for (const std::string method : {kGet, kImport}) {
    for (const int64_t megabytes : {int64_t{1}, int64_t{16}, kBombMegabytes}) {
      const Status refused = client.Call(method, Zeros(megabytes), GetParam());
      EXPECT_EQ(ReasonOf(refused), Reason::REQUEST_COMPRESSED) << refused;
      EXPECT_EQ(refused.code(), absl::StatusCode::kUnimplemented);
      // On the same connection; there is no such record, and that is an answer.
      const Status next = client.Call(kGet, Bytes(pb_), GRPC_COMPRESS_NONE);
      EXPECT_EQ(ReasonOf(next), Reason::CASE_NOT_FOUND) << next;
    }
  }
  Finish("unary", "refused packed");
}

TEST_P(BombTest, InAStreamEndsIt) {
  const auto made = world_.world()
                        .Connect("ARG", "entity/police/files")
                        ->Call<exchange::v1::CaseRecord>(
                            "/enlace.exchange.v1.CaseService/CreateCaseRecord", OneCase());
  ASSERT_TRUE(made.ok()) << made.status();
  pb_.set_name(made->name());
  PackingClient client(world_.port(), &agency_);
  const Status refused = client.Stream(kStreamGet, Bytes(pb_), Zeros(kBombMegabytes), GetParam());
  EXPECT_EQ(ReasonOf(refused), Reason::REQUEST_COMPRESSED) << refused;
  EXPECT_TRUE(client.Call(kGet, Bytes(pb_), GRPC_COMPRESS_NONE).ok());
  Finish("stream", "refused packed");
}

TEST_P(BombTest, OfSomebodyWithoutACertificateFindsNoDoor) {
  const TestCa unknown;
  const IssuedCertificate stranger = unknown.Issue(NodeWorld::Uri("ARG", "entity/police/files"));
  for (const IssuedCertificate* certificate :
       {static_cast<const IssuedCertificate*>(nullptr), &stranger}) {
    PackingClient client(world_.port(), certificate);
    const Status refused = client.Call(kImport, Zeros(kBombMegabytes), GetParam());
    EXPECT_EQ(ReasonOf(refused), Reason::PEER_UNREACHABLE) << refused;
  }
  Finish("no certificate", "no handshake");
}

INSTANTIATE_TEST_SUITE_P(All, BombTest,
                         ::testing::Values(GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE));

}  // namespace
}  // namespace enlace::testing
