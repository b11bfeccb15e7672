#include "client/cli/program.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "enlace/admin/v1/admin_service.pb.h"
#include "enlace/exchange/v1/case_service.pb.h"
#include "enlace/exchange/v1/channel_service.pb.h"
#include "enlace/exchange/v1/programme_service.pb.h"
#include "node/model/public_text.h"
#include "tests/unit/cli/fixture.h"

namespace enlace::cli {
namespace {

namespace api = ::enlace::exchange::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

TEST_F(ProgramTest, EveryHelpEndsWithTwoExamplesAndGoesToStdout) {
  const Program program = MakeProgram();
  for (const CommandEntry& entry : program.entries()) {
    std::vector<std::string> words{entry.verb, "--help"};
    if (!entry.noun.empty()) words.insert(words.begin(), entry.noun);
    const Ended ended = Run(words);
    EXPECT_EQ(ended.code, 0) << entry.verb;
    EXPECT_EQ(ended.err, "");
    EXPECT_THAT(ended.out, ::testing::EndsWith("Examples:\n  " + entry.examples[0] + "\n  " +
                                               entry.examples[1] + "\n"))
        << entry.verb;
  }
}

TEST_F(ProgramTest, AWrongCommandLineIsUsageAndLeavesStdoutEmpty) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"cases"},
                                             {"cases", "steal"},
                                             {"cases", "get"},
                                             {"cases", "list", "--year", "x"},
                                             {"cases", "list", "--output", "xml"},
                                             {"cases", "list", "--bogus"}}) {
    const Ended ended = Run(words);
    EXPECT_EQ(ended.code, kExitUsage);
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err, "");
  }
  EXPECT_TRUE(node_.calls.empty());
}

TEST_F(ProgramTest, UsageErrorsHaveTheFormOfAllErrors) {
  const Ended text = Run({"cases", "steal"});
  EXPECT_THAT(text.err, ::testing::StartsWith("INVALID_ARGUMENT: "));
  EXPECT_THAT(text.err, HasSubstr("\n  reason: REQUEST_INVALID\n"));
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"cases", "steal", "-o", "json"},
                                             {"--output=json", "list", "cases"},
                                             {"cases", "list", "--year", "x", "--output", "json"},
                                             {"cases", "list", "--bogus", "-o", "json"},
                                             {"cases", "list", "--lang", "xx", "-o", "json"}}) {
    const Ended ended = Run(words);
    EXPECT_EQ(ended.code, kExitUsage);
    EXPECT_EQ(Json::parse(ended.err)["error"]["code"], "INVALID_ARGUMENT");
  }
  environment_["ENLACE_OUTPUT"] = "json";
  EXPECT_EQ(Json::parse(Run({"steal"}).err)["error"]["reason"], "REQUEST_INVALID");
  EXPECT_EQ(Json::parse(Run({"cases", "list", "--lang", "xx"}).err)["error"]["reason"],
            "CONFIG_INVALID");
}

TEST_F(ProgramTest, AnUnknownWordIsNamedAndTheNearestCommandSuggested) {
  const std::pair<std::vector<std::string>, std::string> lines[] = {
      {{"list", "cases"}, "did you mean `enlace cases list`?"},
      {{"--lang", "es", "verify", "reports"}, "did you mean `enlace reports verify`?"},
      {{"case", "list"}, "did you mean `enlace cases list`?"},
      {{"cases", "lst"}, "there is no \"lst\" after cases"},
      {{"cases", "lst"}, "did you mean `enlace cases list`?"},
      {{"verison"}, "did you mean `enlace version`?"},
      {{"cases", "steal"}, "expected one of import, get, list"},
      {{"steal"}, "there is no command \"steal\"; expected one of cases, statistics"},
      {{"cases"}, "expected a word after cases: import, get, list"},
      {{}, "expected a command: cases, statistics"},
      {{"cases", "list", "--bogus=1"}, "`enlace cases list` has no option \"--bogus\""},
      {{"cases", "get"}, "NAME is required"},
      {{"cases", "list", "--year", "x"}, "--year: expected a whole number"}};
  for (const auto& [words, said] : lines) EXPECT_THAT(Run(words).err, HasSubstr(said));
}

TEST_F(ProgramTest, AUsageErrorNamesNoValue) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"cases", "create", "sex=secretvalue"},
                                             {"cases", "create", "--bogus=secretvalue"},
                                             {"cases", "list", "--year", "secretvalue"},
                                             {"cases", "list", "secretvalue"}}) {
    const Ended ended = Run(words);
    EXPECT_EQ(ended.code, kExitUsage);
    EXPECT_THAT(ended.err, ::testing::Not(HasSubstr("secretvalue")));
  }
}

TEST_F(ProgramTest, TheVersionIsTheSameAsAFlagAndAsACommand) {
  const Ended flag = Run({"--version"});
  EXPECT_EQ(flag.code, 0);
  EXPECT_THAT(flag.out, ::testing::StartsWith("enlace "));
  EXPECT_EQ(flag.out, Run({"version"}).out);
}

TEST_F(ProgramTest, TheConnectionComesFromTheSettings) {
  node_.On<api::ListCaseRecordsRequest, api::ListCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/ListCaseRecords",
      [](const auto&) { return api::ListCaseRecordsResponse(); });
  EXPECT_EQ(Run({"cases", "list", "--timeout", "5s"}).code, 0);
  EXPECT_EQ(node_.connected.endpoint, "arg.example:7443");
  EXPECT_EQ(node_.connected.node_uri, "spiffe://arg.demo/node");
  EXPECT_EQ(node_.connected.timeout_ms, 5000);
}

TEST_F(ProgramTest, AnEmptyListIsAnEmptyArray) {
  node_.On<api::ListCaseRecordsRequest, api::ListCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/ListCaseRecords",
      [](const auto&) { return api::ListCaseRecordsResponse(); });
  EXPECT_EQ(Run({"cases", "list", "-o", "json"}).out, "[]\n");
}

TEST_F(ProgramTest, ListsReadAllPagesAndJsonIsOneArray) {
  node_.On<api::ListCaseRecordsRequest, api::ListCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/ListCaseRecords",
      [](const api::ListCaseRecordsRequest& request) {
        api::ListCaseRecordsResponse page;
        page.add_case_records()->set_name(request.page_token().empty() ? "one" : "two");
        if (request.page_token().empty()) page.set_next_page_token("t");
        return page;
      });
  const Json list = Json::parse(Run({"cases", "list", "-o", "json"}).out);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["name"], "one");
  EXPECT_EQ(list[1]["name"], "two");
}

TEST_F(ProgramTest, AFailureInALaterPageLeavesStdoutEmpty) {
  node_.On<api::ListCaseRecordsRequest, api::ListCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/ListCaseRecords",
      [](const api::ListCaseRecordsRequest& request) -> StatusOr<api::ListCaseRecordsResponse> {
        if (!request.page_token().empty()) return Error(Reason::PEER_UNREACHABLE, "gone");
        api::ListCaseRecordsResponse page;
        page.add_case_records()->set_name("one");
        page.set_next_page_token("t");
        return page;
      });
  const Ended ended = Run({"cases", "list"});
  EXPECT_EQ(ended.code, kExitUnreachable);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, HasSubstr("UNAVAILABLE: gone"));
}

TEST_F(ProgramTest, ErrorsNameCodeReasonAndFields) {
  node_.On<api::GetCaseRecordRequest, api::CaseRecord>(
      "/enlace.exchange.v1.CaseService/GetCaseRecord",
      [](const auto&) -> StatusOr<api::CaseRecord> {
        return InvalidFields({{"name", "expected a name", Reason::NAME_INVALID}});
      });
  const Ended text = Run({"cases", "get", "x"});
  EXPECT_EQ(text.code, kExitUsage);
  EXPECT_THAT(text.err, HasSubstr("INVALID_ARGUMENT: "));
  EXPECT_THAT(text.err, HasSubstr("reason: NAME_INVALID"));
  EXPECT_THAT(text.err, HasSubstr("name: expected a name"));
  const Ended json = Run({"cases", "get", "x", "-o", "json"});
  EXPECT_EQ(json.out, "");
  const Json error = Json::parse(json.err)["error"];
  EXPECT_EQ(error["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(error["reason"], "NAME_INVALID");
  EXPECT_EQ(error["fieldViolations"][0]["field"], "name");
}

TEST_F(ProgramTest, AChannelThatDoesNotProveItselfIsAFinding) {
  node_.On<api::VerifyChannelRequest, api::VerifyChannelResponse>(
      "/enlace.exchange.v1.ChannelService/VerifyChannel",
      [](const auto&) -> StatusOr<api::VerifyChannelResponse> {
        return Error(Reason::ENTRY_INVALID, "entry 3 does not match");
      });
  const Ended ended = Run({"channels", "verify", "demo/ARG/training"});
  EXPECT_EQ(ended.code, kExitFindings);
  EXPECT_THAT(ended.out, HasSubstr("ENTRY_INVALID"));
}

TEST_F(ProgramTest, VerifyingWithoutANameVerifiesEveryChannel) {
  node_.On<api::ListChannelsRequest, api::ListChannelsResponse>(
      "/enlace.exchange.v1.ChannelService/ListChannels", [](const auto&) {
        api::ListChannelsResponse response;
        response.add_channels()->set_origin("demo/ARG/training");
        response.add_channels()->set_origin("demo/BRA/training");
        return response;
      });
  std::vector<std::string> verified;
  node_.On<api::VerifyChannelRequest, api::VerifyChannelResponse>(
      "/enlace.exchange.v1.ChannelService/VerifyChannel",
      [&](const api::VerifyChannelRequest& request) {
        verified.push_back(request.origin());
        return api::VerifyChannelResponse();
      });
  EXPECT_EQ(Run({"channels", "verify"}).code, 0);
  EXPECT_THAT(verified, ElementsAre("demo/ARG/training", "demo/BRA/training"));
}

TEST_F(ProgramTest, TheOperatorsCommandsUseTheAdminSocket) {
  node_.On<admin::v1::GetStatusRequest, admin::v1::NodeStatus>(
      "/enlace.admin.v1.AdminService/GetStatus", [](const auto&) {
        admin::v1::NodeStatus status;
        status.set_not_ready_reason("STORE_FAILED");
        return status;
      });
  const Ended ended = Run({"node", "status", "--admin-socket", "/tmp/a.sock"});
  EXPECT_EQ(ended.code, kExitFindings);
  EXPECT_THAT(ended.out, HasSubstr("no: STORE_FAILED"));
  EXPECT_EQ(node_.connected.endpoint, "unix:/tmp/a.sock");
}

TEST_F(ProgramTest, AStatusSaysThatSigningIsClosedAndWhatToDo) {
  admin::v1::NodeStatus status;
  status.set_ready(true);
  node_.On<admin::v1::GetStatusRequest, admin::v1::NodeStatus>(
      "/enlace.admin.v1.AdminService/GetStatus", [&](const auto&) { return status; });
  const std::vector<std::string> command = {"node", "status", "--admin-socket", "/tmp/a.sock"};
  EXPECT_EQ(Run(command).code, kExitOk);
  status.set_signing_closed("confirm the sizes");
  const Ended ended = Run(command);
  EXPECT_EQ(ended.code, kExitFindings);
  EXPECT_THAT(ended.out, HasSubstr("no: confirm the sizes"));
}

TEST_F(ProgramTest, AStatusSaysWhenTheCertificateEndsAndThatItIsTimeForANewOne) {
  admin::v1::NodeStatus status;
  status.set_ready(true);
  status.set_certificate_end_time_ms(1'800'000'000'000);
  node_.On<admin::v1::GetStatusRequest, admin::v1::NodeStatus>(
      "/enlace.admin.v1.AdminService/GetStatus", [&](const auto&) { return status; });
  const std::vector<std::string> command = {"node", "status", "--admin-socket", "/tmp/a.sock"};
  const Ended well = Run(command);
  EXPECT_EQ(well.code, kExitOk);
  EXPECT_THAT(well.out, HasSubstr("2027-01-15"));
  status.set_certificate_trouble("it has ended");
  const Ended ended = Run(command);
  EXPECT_EQ(ended.code, kExitFindings);
  EXPECT_THAT(ended.out, HasSubstr("it has ended"));
}

TEST_F(ProgramTest, AStatusWithAStoppedOrStuckChannelIsAFinding) {
  admin::v1::NodeStatus status;
  status.set_ready(true);
  node_.On<admin::v1::GetStatusRequest, admin::v1::NodeStatus>(
      "/enlace.admin.v1.AdminService/GetStatus", [&](const auto&) { return status; });
  const std::vector<std::string> command = {"node", "status", "--admin-socket", "/tmp/a.sock"};
  status.set_channels_stopped(1);
  EXPECT_EQ(Run(command).code, kExitFindings);
  status.set_channels_stopped(0);
  status.set_channels_in_trouble(1);
  EXPECT_EQ(Run(command).code, kExitFindings);
}

TEST_F(ProgramTest, PeersAreListedWithTheTroubleOfTheirChannels) {
  node_.On<admin::v1::ListPeersRequest, admin::v1::ListPeersResponse>(
      "/enlace.admin.v1.AdminService/ListPeers", [](const auto&) {
        admin::v1::ListPeersResponse response;
        admin::v1::PeerStatus& peer = *response.add_peers();
        peer.set_jurisdiction("BRA");
        peer.set_reachable(true);
        admin::v1::ChannelTrouble& trouble = *peer.add_troubles();
        trouble.set_origin("demo/BRA/training");
        trouble.set_reason("CHANNEL_STOPPED");
        return response;
      });
  const Ended ended = Run({"node", "peers", "--admin-socket", "/tmp/a.sock"});
  EXPECT_EQ(ended.code, kExitOk);
  EXPECT_THAT(ended.out, HasSubstr("demo/BRA/training: CHANNEL_STOPPED"));
}

TEST_F(ProgramTest, CodesAreListedWithLabelsOfTheLanguage) {
  const Ended ended = Run({"codes", "list", "yes_no", "--lang", "es"});
  EXPECT_EQ(ended.out,
            "number  id   label  valid\n"
            "     1  yes  Sí     yes\n"
            "     2  no   No     yes\n");
  EXPECT_EQ(Run({"codes", "list", "nonsense"}).code, kExitUsage);
}

TEST_F(ProgramTest, TheManualNamesEveryCommandSettingAndExitCode) {
  const std::string manual =
      testing::TempDir::Read(std::string(ENLACE_SOURCE_DIR) + "/docs/CLI.md");
  const Program program = MakeProgram();
  for (const CommandEntry& entry : program.entries()) {
    const std::string name = entry.noun.empty() ? entry.verb : entry.noun + " " + entry.verb;
    EXPECT_THAT(manual, HasSubstr("| `" + name + "` | " + entry.help + " |"));
  }
  for (const SettingName& name : SettingNames()) {
    EXPECT_THAT(manual,
                HasSubstr("| `" + std::string(name.flag) + "` | `" + name.environment + "` |"));
  }
  for (const int code : {0, 1, 2, 3, 4, 5, 6, 130}) {
    EXPECT_THAT(manual, HasSubstr("| " + std::to_string(code) + " |"));
  }
}

// The lines of the first block between ``` after `heading`.
std::string BlockAfter(const std::string& heading) {
  const std::string manual =
      testing::TempDir::Read(std::string(ENLACE_SOURCE_DIR) + "/docs/CLI.md");
  const size_t begin = manual.find("\n```\n", manual.find(heading)) + 5;
  return manual.substr(begin, manual.find("```", begin) - begin);
}

// A shell's words of one line, with quotes and continued lines.
std::vector<std::string> WordsOf(const std::string& line) {
  std::vector<std::string> out;
  bool quoted = false;
  bool open = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ' ' || c == '\n' || c == '\\')) {
      open = false;
    } else {
      if (!open) out.emplace_back();
      open = true;
      out.back() += c;
    }
  }
  return out;
}

TEST_F(ProgramTest, TheManualsCaseIsTaken) {
  api::CreateCaseRecordRequest sent;
  node_.On<api::CreateCaseRecordRequest, api::CaseRecord>(
      "/enlace.exchange.v1.CaseService/CreateCaseRecord", [&](const auto& request) {
        sent = request;
        return request.case_record();
      });
  std::vector<std::string> words = WordsOf(BlockAfter("## Cases by hand"));
  ASSERT_EQ(words.front(), "enlace");
  words.erase(words.begin());
  EXPECT_EQ(Run(words).code, 0);
  EXPECT_EQ(sent.case_record().singles_size(), 3);
  EXPECT_EQ(sent.case_record().sets_size(), 1);
}

TEST_F(ProgramTest, TheManualsProgrammeIsOneThatNodesTake) {
  channel::v1::Programme sent;
  node_.On<api::CreateProgrammeRequest, api::CatalogueProgramme>(
      "/enlace.exchange.v1.ProgrammeService/CreateProgramme", [&](const auto& request) {
        sent = request.programme();
        return api::CatalogueProgramme();
      });
  const std::string file = folder_.Write("programme.yaml", BlockAfter("## Programmes"));
  EXPECT_EQ(Run({"programmes", "create", "x", "--file", file}).code, 0);
  EXPECT_NE(sent.contact_role(), "");
  EXPECT_EQ(model::CheckPublicText(sent.contact_role(), 200), "");
  for (const auto* texts : {&sent.title(), &sent.summary()}) {
    EXPECT_GT(texts->texts_size(), 0);
    for (const auto& text : texts->texts()) {
      EXPECT_EQ(model::CheckPublicText(text.text(), 200), "");
    }
  }
}

// Whatever an example meets at the node: its words, codes and values are right.
TEST_F(ProgramTest, EveryExampleOfTheHelpIsWellFormed) {
  const Program program = MakeProgram();
  for (const CommandEntry& entry : program.entries()) {
    for (const std::string& example : entry.examples) {
      if (example.find("...") != std::string::npos) continue;
      std::vector<std::string> words = WordsOf(example.substr(0, example.find(" > ")));
      words.erase(words.begin());
      for (size_t i = 1; i < words.size(); ++i) {
        if (words[i - 1] == "--out") words[i] = folder_.path("out");
      }
      const std::string err = Run(words).err;
      for (const char* reason : {"REQUEST_INVALID", "CONFIG_INVALID", "CODE_UNKNOWN",
                                 "ATTRIBUTE_INVALID", "TABULATION_INVALID", "NAME_INVALID"}) {
        EXPECT_THAT(err, ::testing::Not(HasSubstr(reason))) << example;
      }
    }
  }
}

}  // namespace
}  // namespace enlace::cli
