// A front hands calls over with the caller's certificate in headers: at its own door they are
// looked at like a certificate of TLS, at every other door they are refused.
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "node/transport/handed_over.h"
#include "node/transport/remote_status.h"
#include "tests/contract/tls/bad_certificates.h"
#include "tests/testing/pem_bytes.h"
#include "tests/testing/rpc_world.h"

namespace enlace::testing {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;
constexpr int64_t kCallMs = 10'000;

std::string Name(std::string_view header) { return std::string(header); }

// What a front writes for a caller with this certificate.
Headers Of(const IssuedCertificate& certificate) {
  Headers headers = {
      {Name(transport::kLeafHeader), Base64Encode(DerOf(certificate.certificate_pem))}};
  if (!certificate.intermediates_pem.empty()) {
    headers.emplace_back(Name(transport::kChainHeader),
                         Base64Encode(DerOf(certificate.intermediates_pem)));
  }
  return headers;
}

// One connection on which every call has the headers that a test gives.
class HeaderCaller {
 public:
  HeaderCaller(const std::string& address,
               const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel(address, credentials, arguments);
  }

  // Of GetCaseRecord.
  Status Call(const Headers& headers) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(kCallMs));
    for (const auto& [name, value] : headers) context.AddMetadata(name, value);
    grpc::GenericStub stub(channel_);
    grpc::CompletionQueue queue;
    const grpc::Slice request(GetCase().SerializeAsString());
    auto call = stub.PrepareUnaryCall(&context, kGetCase, grpc::ByteBuffer(&request, 1), &queue);
    grpc::ByteBuffer answer;
    grpc::Status status;
    call->StartCall();
    call->Finish(&answer, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    if (status.ok()) return Status();
    return transport::FromRemote(status.error_code(), status.error_message(),
                                 status.error_details());
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
};

class FrontTest : public ::testing::Test {
 protected:
  FrontTest() {
    auto front = rpc::Server::StartFront(world_.dispatcher_, socket_, {geteuid(), getegid()},
                                         *world_.verifier_);
    EXPECT_TRUE(front.ok()) << front.status();
    front_ = *std::move(front);
    caller_.emplace(front_->address(), grpc::InsecureChannelCredentials());
  }
  Status Call(const Headers& headers) { return caller_->Call(headers); }
  bool Counted(const std::string& door, int calls) {
    const std::string line = "enlace_calls_unidentified_total{door=\"" + door + "\"} ";
    return world_.metrics_.Render().find(line + std::to_string(calls) + "\n") != std::string::npos;
  }
  void Trust(const std::string& crl) {
    auto bundles = std::make_shared<trust::TrustBundles>("demo");
    bundles->Add("ARG", world_.arg_ca_.anchor_pem(), crl);
    world_.verifier_->Replace(bundles);
  }

  RpcWorld world_;
  const std::string socket_ = world_.dir_.path("front.sock");
  std::unique_ptr<rpc::Server> front_;
  std::optional<HeaderCaller> caller_;
};

TEST_F(FrontTest, ACallIsOfWhomItsCertificateNamesWhateverTheConnection) {
  const TestCa below = world_.arg_ca_.Intermediate();
  EXPECT_TRUE(Call(Of(world_.arg_ca_.Issue(kArgAgency))).ok());
  EXPECT_TRUE(Call(Of(below.Issue(kArgAgency))).ok());
  const std::string analyst = "spiffe://arg.demo/person/analyst";
  EXPECT_THAT(Call(Of(world_.arg_ca_.Issue(analyst))), IsReason(Reason::PERMISSION_DENIED));
  EXPECT_THAT(Call(Of(world_.bra_ca_.Issue("spiffe://bra.demo/entity/police/x"))),
              IsReason(Reason::PERMISSION_DENIED));
  ASSERT_EQ(world_.audit_.events().size(), 4u);
  EXPECT_EQ(world_.audit_.events()[0].caller, kArgAgency);
  EXPECT_EQ(world_.audit_.events()[0].decision, "allow");
  EXPECT_EQ(world_.audit_.events()[2].caller, analyst);
  EXPECT_EQ(world_.audit_.events()[2].decision, "deny");
  EXPECT_TRUE(Counted("front", 0));
}

TEST_F(FrontTest, BadCertificatesAreRefusedWithTheReasonsOfTls) {
  const auto bad = BadCertificates(world_.arg_ca_, world_.bra_ca_, kArgAgency,
                                   [](CertificateSpec& spec) { spec.client = false; });
  for (const BadCertificate& each : bad) {
    const Status status = Call(Of(each.certificate));
    EXPECT_THAT(status, ::testing::AnyOf(IsReason(Reason::IDENTITY_INVALID),
                                         IsReason(Reason::IDENTITY_UNTRUSTED)))
        << each.name;
    const Status of_tls = world_.verifier_
                              ->Verify(each.certificate.certificate_pem,
                                       each.certificate.intermediates_pem, crypto::Purpose::kClient)
                              .status();
    EXPECT_EQ(ReasonOf(status), ReasonOf(of_tls)) << each.name;
    EXPECT_EQ(MessageOf(status), MessageOf(of_tls)) << each.name;
  }
  EXPECT_TRUE(Counted("front", static_cast<int>(bad.size())));
  EXPECT_TRUE(world_.audit_.events().empty());
}

TEST_F(FrontTest, ForeignIntermediatesNeitherHinderNorHelp) {
  IssuedCertificate certificate = world_.arg_ca_.Issue(kArgAgency);
  certificate.intermediates_pem = world_.bra_ca_.anchor_pem();
  EXPECT_TRUE(Call(Of(certificate)).ok());
  IssuedCertificate forged = world_.bra_ca_.Issue(kArgAgency);
  forged.intermediates_pem = world_.bra_ca_.anchor_pem() + world_.arg_ca_.anchor_pem();
  EXPECT_THAT(Call(Of(forged)), IsReason(Reason::IDENTITY_UNTRUSTED));
}

TEST_F(FrontTest, ARevokedCertificateIsRefusedAtItsNextCall) {
  const IssuedCertificate certificate = world_.arg_ca_.Issue(kArgAgency);
  ASSERT_TRUE(Call(Of(certificate)).ok());
  Trust(world_.arg_ca_.Crl({certificate.serial}));
  EXPECT_THAT(Call(Of(certificate)), IsReason(Reason::IDENTITY_UNTRUSTED));
}

TEST_F(FrontTest, WithoutUsableHeadersThereIsNoCaller) {
  const std::string leaf = Name(transport::kLeafHeader);
  const std::string chain = Name(transport::kChainHeader);
  const Headers good = Of(world_.arg_ca_.Issue(kArgAgency));
  EXPECT_THAT(Call({}), IsReason(Reason::IDENTITY_MISSING));
  EXPECT_THAT(Call({{leaf, ""}}), IsReason(Reason::IDENTITY_MISSING));
  EXPECT_THAT(Call({{chain, good[0].second}}), IsReason(Reason::IDENTITY_MISSING));
  EXPECT_THAT(Call({good[0], good[0]}), IsReason(Reason::IDENTITY_INVALID));
  EXPECT_THAT(Call({good[0], {chain, "forged"}}), IsReason(Reason::IDENTITY_INVALID));
  EXPECT_THAT(Call({{leaf, "spiffe://arg.demo/node"}}), IsReason(Reason::IDENTITY_INVALID));
  EXPECT_THAT(Call({{leaf, Base64Encode("0\x03\x02\x01\x05")}}),
              IsReason(Reason::IDENTITY_INVALID));
  EXPECT_THAT(Call({{leaf, std::string(transport::kHandedOverBytesMax + 4, 'A')}}),
              IsReason(Reason::IDENTITY_INVALID));
  EXPECT_TRUE(Counted("front", 8));
  EXPECT_TRUE(Call(good).ok()) << "the connection goes on";
}

TEST_F(FrontTest, AtTheNetworkDoorTheHeadersAreRefusedWhoeverSendsThem) {
  const IssuedCertificate own = world_.arg_ca_.Issue(kArgAgency);
  const transport::OwnIdentity identity = world_.Identity(own);
  HeaderCaller network(world_.network_->address(),
                       transport::ClientTls(identity, world_.verifier_, kArgNode,
                                            std::make_shared<transport::LastRefusal>()));
  const Headers of_another = Of(world_.arg_ca_.Issue("spiffe://arg.demo/entity/shelter/files"));
  EXPECT_THAT(network.Call(of_another), IsReason(Reason::IDENTITY_HEADER));
  EXPECT_THAT(network.Call(Of(own)), IsReason(Reason::IDENTITY_HEADER));
  EXPECT_THAT(network.Call({{Name(transport::kChainHeader), ""}}),
              IsReason(Reason::IDENTITY_HEADER));
  EXPECT_TRUE(Counted("network", 3));
  EXPECT_TRUE(world_.audit_.events().empty());
  EXPECT_TRUE(network.Call({}).ok());
}

TEST_F(FrontTest, AtTheAdminSocketTheHeadersAreRefused) {
  HeaderCaller admin(world_.admin_->address(), grpc::InsecureChannelCredentials());
  EXPECT_THAT(admin.Call(Of(world_.arg_ca_.Issue(kArgAgency))), IsReason(Reason::IDENTITY_HEADER));
  EXPECT_TRUE(Counted("admin", 1));
  EXPECT_THAT(admin.Call({}), IsReason(Reason::PERMISSION_DENIED));
}

TEST_F(FrontTest, RefusalsRepeatNothingOfAHeader) {
  const std::string canary = "Q2FuYXJ5bGFuZA";
  for (const Status& status : {Call({{Name(transport::kLeafHeader), canary}}),
                               Call({{Name(transport::kLeafHeader), canary + "=="}})}) {
    EXPECT_EQ(status.ToString().find(canary), std::string::npos) << status;
  }
}

// -- the socket's file

enum class Opened { kNo, kClosedAgain, kYes };

// What another process of this user and group finds. Without root it is of our own user.
Opened OpenAs(const std::string& path, uid_t uid, gid_t gid) {
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setgid(gid) != 0 || setuid(uid) != 0)) {
      _exit(100);
    }
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, path.c_str(), sizeof(name.sun_path) - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{5, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0) {
      _exit(static_cast<int>(Opened::kNo));
    }
    char byte = 0;  // A server of HTTP/2 speaks first.
    const bool spoken_to = read(fd, &byte, 1) == 1;
    _exit(static_cast<int>(spoken_to ? Opened::kYes : Opened::kClosedAgain));
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) != 100);
  return static_cast<Opened>(WEXITSTATUS(status));
}

TEST_F(FrontTest, OnlyTheFrontsUserCanOpenTheSocket) {
  const bool root = geteuid() == 0;
  // Of this user we are the group only: without root, no file can be given to another one.
  const rpc::SocketUser front = {geteuid() + 4'000, root ? 4'001 : getegid()};
  const std::string path = world_.dir_.path("other.sock");
  ASSERT_EQ(chmod(world_.dir_.path().c_str(), 0755), 0);
  const auto server = rpc::Server::StartFront(world_.dispatcher_, path, front, *world_.verifier_);
  ASSERT_TRUE(server.ok()) << server.status();
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660u);
  EXPECT_EQ(info.st_gid, front.gid);
  EXPECT_EQ(OpenAs(path, front.uid + 1, front.gid), Opened::kClosedAgain) << "of the group alone";
  if (!root) return;
  EXPECT_EQ(OpenAs(path, front.uid, front.gid), Opened::kYes);
  EXPECT_EQ(OpenAs(path, front.uid + 1, front.gid + 1), Opened::kNo);
  EXPECT_EQ(OpenAs(path, 0, 0), Opened::kYes);
}

}  // namespace
}  // namespace enlace::testing
