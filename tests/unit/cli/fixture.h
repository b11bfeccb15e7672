#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "client/cli/program.h"
#include "node/base/clock.h"
#include "node/codes/registry.h"
#include "tests/testing/temp_dir.h"

// Runs the whole program against a node that is a table of functions.
namespace enlace::cli {

class FakeNode {
 public:
  template <typename Request, typename Response>
  void On(const std::string& method, std::function<StatusOr<Response>(const Request&)> answer) {
    methods_[method] = [answer](const google::protobuf::Message& request,
                                google::protobuf::Message& response) -> Status {
      Request read;  // As a node sees it: by its bytes.
      if (!read.ParseFromString(dynamic_cast<const Request&>(request).SerializeAsString())) {
        return Error(Reason::REQUEST_MALFORMED, "these are the bytes of no request");
      }
      const StatusOr<Response> made = answer(read);
      if (!made.ok()) return made.status();
      response.CopyFrom(*made);
      return absl::OkStatus();
    };
  }

  Status Call(std::string_view method, const google::protobuf::Message& request,
              google::protobuf::Message& response) {
    calls.emplace_back(method);
    const auto found = methods_.find(std::string(method));
    if (found == methods_.end()) return Error(Reason::METHOD_UNKNOWN, "no such method");
    return found->second(request, response);
  }

  std::vector<std::string> calls;
  client::ClientOptions connected;

 private:
  std::map<std::string,
           std::function<Status(const google::protobuf::Message&, google::protobuf::Message&)>>
      methods_;
};

class FakeClient final : public client::Client {
 public:
  explicit FakeClient(FakeNode& node) : node_(node) {}
  Status CallRaw(std::string_view method, const google::protobuf::Message& request,
                 google::protobuf::Message& response) override {
    return node_.Call(method, request, response);
  }
  StatusOr<std::string> CallForBytes(std::string_view, const google::protobuf::Message&) override {
    return Error(Reason::INTERNAL, "the program reads messages");
  }
  std::unique_ptr<client::Stream> OpenStream(std::string_view) override { return nullptr; }

 private:
  FakeNode& node_;
};

struct Ended {
  int code = 0;
  std::string out;
  std::string err;
};

class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() {
    environment_["ENLACE_CONFIG_DIR"] = std::string(ENLACE_SOURCE_DIR) + "/config";
    environment_["ENLACE_ENDPOINT"] = "arg.example:7443";
    environment_["ENLACE_CERTIFICATE"] = "own.crt";
    environment_["ENLACE_PRIVATE_KEY"] = "own.key";
    environment_["ENLACE_TRUST_BUNDLE"] = "arg.crt";
    environment_["ENLACE_NODE_URI"] = "spiffe://arg.demo/node";
  }

  Ended Run(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    std::ostringstream err;
    std::istringstream in(typed_);
    World world{
        out,
        err,
        in,
        terminal_,
        false,
        [&](const std::string& name) -> std::optional<std::string> {
          const auto found = environment_.find(name);
          if (found == environment_.end()) return std::nullopt;
          return found->second;
        },
        "/opt/enlace/bin/enlace",
        [&](const client::ClientOptions& options) -> StatusOr<std::unique_ptr<client::Client>> {
          node_.connected = options;
          return std::make_unique<FakeClient>(node_);
        },
        clock_,
        [&](std::string_view text) { on_interrupt_ = text; }};
    Ended ended;
    ended.code = MakeProgram().Run(arguments, world);
    ended.out = out.str();
    ended.err = err.str();
    return ended;
  }

  FakeNode node_;
  ManualClock clock_;
  std::map<std::string, std::string> environment_;
  std::string typed_;
  std::string on_interrupt_;  // What an interruption now would leave on stderr.
  bool terminal_ = false;
  testing::TempDir folder_;
};

inline const codes::Registry& TestRegistry() {
  static const auto registry =
      codes::Registry::Load(std::string(ENLACE_SOURCE_DIR) + "/config/codelists");
  EXPECT_TRUE(registry.ok()) << registry.status();
  return **registry;
}

}  // namespace enlace::cli
