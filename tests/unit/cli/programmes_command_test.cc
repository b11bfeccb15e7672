#include "client/cli/program.h"

#include <gmock/gmock.h>

#include "enlace/exchange/v1/programme_service.pb.h"
#include "tests/unit/cli/fixture.h"

namespace enlace::cli {
namespace {

namespace api = ::enlace::exchange::v1;
using ::testing::HasSubstr;

TEST_F(ProgramTest, AProgrammeComesFromAFileAndFlags) {
  api::CreateProgrammeRequest sent;
  node_.On<api::CreateProgrammeRequest, api::CatalogueProgramme>(
      "/enlace.exchange.v1.ProgrammeService/CreateProgramme",
      [&](const api::CreateProgrammeRequest& request) {
        sent = request;
        api::CatalogueProgramme item;
        *item.mutable_programme() = request.programme();
        return item;
      });
  const std::string file = folder_.Write("programme.yaml",
                                         "title:\n"
                                         "  es: Trata de personas\n"
                                         "  en: {text: Trafficking, translation: machine}\n"
                                         "topics: [victim_identification]\n"
                                         "hours: 16\n");
  const Ended ended = Run({"programmes", "create", "border-basics", "--file", file, "--hours", "24",
                           "--title", "pt=Tráfico de pessoas", "--for", "police"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(sent.programme_id(), "border-basics");
  EXPECT_EQ(sent.audience(), "network");
  EXPECT_EQ(sent.programme().hours(), 24u);
  EXPECT_EQ(sent.programme().title().texts_size(), 3);
  EXPECT_EQ(sent.programme().topics_size(), 1);
  EXPECT_EQ(sent.programme().audiences_size(), 1);
  EXPECT_THAT(ended.out, HasSubstr("Trafficking [machine translation]"));
}

TEST_F(ProgramTest, AValidityWithOneOpenEndIsSaidSo) {
  api::CatalogueProgramme item;
  node_.On<api::GetProgrammeRequest, api::CatalogueProgramme>(
      "/enlace.exchange.v1.ProgrammeService/GetProgramme", [&](const auto&) { return item; });
  const auto shown = [&] { return Run({"programmes", "get", "x", "-o", "csv"}).out; };
  EXPECT_THAT(shown(), HasSubstr("valid,no end stated\n"));
  item.mutable_programme()->set_valid_from("2026-01-01");
  EXPECT_THAT(shown(), HasSubstr("valid,from 2026-01-01\n"));
  item.mutable_programme()->set_valid_to("2026-12-31");
  EXPECT_THAT(shown(), HasSubstr("valid,2026-01-01 to 2026-12-31\n"));
  item.mutable_programme()->clear_valid_from();
  EXPECT_THAT(shown(), HasSubstr("valid,until 2026-12-31\n"));
}

TEST_F(ProgramTest, AProgrammeFileWithFaultsIsNamedByPath) {
  const std::string file =
      folder_.Write("programme.yaml", "title: {es: x}\ntopics: [alchemy]\nprice: 3\n");
  const Ended ended = Run({"programmes", "create", "x", "--file", file});
  EXPECT_EQ(ended.code, kExitUsage);
  EXPECT_THAT(ended.err, HasSubstr("topics"));
  EXPECT_THAT(ended.err, HasSubstr("price"));
}

}  // namespace
}  // namespace enlace::cli
