// enlace releases prepare|review|approve|publish|withdraw|list
#include <fmt/format.h>

#include "client/cli/dates.h"
#include "client/cli/figure_text.h"
#include "client/cli/labels.h"
#include "client/cli/program.h"
#include "client/lib/paging.h"
#include "enlace/exchange/v1/release_service.pb.h"
#include "node/base/bytes.h"
#include "node/crypto/hash.h"

namespace enlace::cli {
namespace {

namespace api = ::enlace::exchange::v1;

constexpr int kPageSize = 1000;
constexpr char kService[] = "/enlace.exchange.v1.ReleaseService/";

// The hash of what is shown, made here: the node's word for it is not enough.
StatusOr<std::string> CheckedHash(const api::ReleaseView& release) {
  const Hash hash = crypto::Sha256(release.content().SerializeAsString());
  if (AsView(hash) == release.content_hash()) return HexEncode(AsView(hash));
  return Error(Reason::RELEASE_PREVIEW_CHANGED,
               "the content that the node shows does not have the hash that the node names; do "
               "not approve it, and tell the node's operator");
}

StatusOr<api::ReleaseView> GetRelease(Context& context, const std::string& name) {
  ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
  api::GetReleaseRequest request;
  request.set_name(name);
  return node->Call<api::ReleaseView>(std::string(kService) + "GetRelease", request);
}

// "Case records of the named entities: police, shelter". A step that was done is shown also
// where the code lists are not at hand.
std::string Basis(Context& context, const channel::v1::ReleaseContent& content) {
  const auto registry = context.Codes();
  const std::string label = registry.ok()
                                ? CodeLabel((*registry)->Get("counting_basis"),
                                            content.counting_basis(), context.settings().language)
                                : fmt::format("[{}]", content.counting_basis());
  if (content.entities_size() == 0) return label;
  return fmt::format("{}: {}", label,
                     Printable(fmt::format("{}", fmt::join(content.entities(), ", "))));
}

std::string Years(const channel::v1::ReleaseContent& content, std::string_view between) {
  if (content.year_from() == content.year_to()) return std::to_string(content.year_from());
  return fmt::format("{}{}{}", content.year_from(), between, content.year_to());
}

void PrintSummary(Context& context, const api::ReleaseView& release) {
  const channel::v1::ReleaseContent& content = release.content();
  Table table({"field", "value"});
  table.Add({"name", release.name()});
  table.Add({"state", api::ReleaseView::State_Name(release.state())});
  table.Add({"jurisdiction", content.jurisdiction()});
  table.Add({"counted", Basis(context, content)});
  table.Add({"method", channel::v1::Method_Name(content.method())});
  table.Add({"threshold", std::to_string(content.threshold())});
  table.Add({"zero is small", content.zero_is_small() ? "yes" : "no"});
  table.Add({"years", Years(content, " to ")});
  if (!content.supersedes().empty()) table.Add({"supersedes", content.supersedes()});
  table.Add({"prepared by", release.preparer()});
  if (!release.approver().empty()) table.Add({"approved by", release.approver()});
  if (!release.released_on().empty()) table.Add({"released on", release.released_on()});
  table.Add({"figures with a value", std::to_string(release.figures_with_value())});
  table.Add({"suppressed, primary", std::to_string(release.suppressed_primary())});
  table.Add({"suppressed, complementary", std::to_string(release.suppressed_complementary())});
  table.Add({"suppressed by source", std::to_string(release.suppressed_by_source())});
  table.Add({"in conflict", std::to_string(release.in_conflict())});
  table.Add({"content hash", HexEncode(release.content_hash())});
  context.PrintTable(table);
  for (const std::string& warning : release.warnings()) {
    context.PrintLine("warning: " + Printable(warning));
  }
}

// Every figure as it will be published, and no other. A file goes on without the summary
// around it: each row then says which content it is of, by the hash that approving asks for.
Status PrintFigures(Context& context, const channel::v1::ReleaseContent& content,
                    const std::string& hash) {
  ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
  const std::string& language = context.settings().language;
  const bool csv = context.settings().output == Output::kCsv;
  std::vector<std::string> header;
  for (const char* word : {"year", "indicator", "dimension", "category", "sex", "age", "value"}) {
    header.push_back(Word(word, language));
  }
  if (csv) header.emplace_back("content_hash");
  Table table(header);
  table.AlignRight(6);
  for (const channel::v1::Figure& figure : content.figures()) {
    std::vector<std::string> row =
        FigureKeyCells({figure.indicator(), figure.dimension(), figure.category(), figure.sex(),
                        figure.age(), figure.year()},
                       *registry, language);
    row.push_back(FigureValue(figure.status(), figure.value(), language));
    if (csv) row.push_back(hash);
    table.Add(std::move(row));
  }
  context.PrintTable(table);
  return Status();
}

Status PrintRelease(Context& context, const api::ReleaseView& release) {
  if (context.json()) return context.PrintJson(release);
  PrintSummary(context, release);
  return Status();
}

// What review and approve show: figures, then the summary with the hash.
Status PrintReview(Context& context, const api::ReleaseView& release) {
  if (context.json()) return context.PrintJson(release);
  ENLACE_RETURN_IF_ERROR(
      PrintFigures(context, release.content(), HexEncode(release.content_hash())));
  if (context.settings().output == Output::kCsv) return Status();
  context.PrintLine("");
  PrintSummary(context, release);
  return Status();
}

class ReleasesPrepare final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Text("--source", source_, "statistics (official figures) or cases (records)", true);
    arguments.Text("--years", years_, "Years: 2019, 2018-2020 (default all)");
    arguments.Text("--entity", entity_, "Only case records of this reporting entity");
    arguments.Flag("--entities-apart", entities_apart_,
                   "No person is in the records of two entities: count them together");
    arguments.Number("--threshold", threshold_, "Counts below are hidden (default the node's)");
    arguments.Flag("--zero-is-small", zero_, "Hide a true zero like any other small count");
    arguments.Text("--supersedes", supersedes_, "The release that this one replaces");
    arguments.Text("--request-id", request_id_,
                   "UUID of this request; the same one again returns the same release");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    api::PrepareReleaseRequest request;
    if (source_ == "statistics") {
      request.set_source(api::PrepareReleaseRequest::OBSERVATIONS);
    } else if (source_ == "cases") {
      request.set_source(api::PrepareReleaseRequest::CASE_RECORDS);
    } else {
      return Error(Reason::REQUEST_INVALID, "--source: expected statistics or cases");
    }
    if (!years_.empty()) {
      ENLACE_ASSIGN_OR_RETURN(const auto years, ParseYears(years_));
      request.set_year_from(years.first);
      request.set_year_to(years.second);
    }
    request.set_threshold(threshold_);
    request.set_zero_is_small(zero_);
    request.set_supersedes(supersedes_);
    request.set_entity(entity_);
    request.set_entities_apart(entities_apart_);
    request.set_request_id(request_id_.empty() ? crypto::RandomUuid() : request_id_);
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(
        const auto release,
        node->Call<api::ReleaseView>(std::string(kService) + "PrepareRelease", request));
    ENLACE_RETURN_IF_ERROR(PrintRelease(context, release));
    return kExitOk;
  }

 private:
  std::string source_;
  std::string years_;
  std::string entity_;
  bool entities_apart_ = false;
  uint32_t threshold_ = 0;
  bool zero_ = false;
  std::string supersedes_;
  std::string request_id_;
};

class ReleasesReview final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("NAME", name_, "jurisdictions/ARG/releases/<32 hex digits>");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const auto release, GetRelease(context, name_));
    ENLACE_RETURN_IF_ERROR(CheckedHash(release).status());
    ENLACE_RETURN_IF_ERROR(PrintReview(context, release));
    return kExitOk;
  }

 private:
  std::string name_;
};

class ReleasesApprove final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("NAME", name_, "The release's name");
    arguments.Text("--hash", hash_, "Content hash that the approver has reviewed, in hex");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const std::string hash, Hash(context));
    api::ApproveReleaseRequest request;
    request.set_name(name_);
    request.set_content_hash(hash);
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(
        const auto approved,
        node->Call<api::ReleaseView>(std::string(kService) + "ApproveRelease", request));
    ENLACE_RETURN_IF_ERROR(PrintRelease(context, approved));
    return kExitOk;
  }

 private:
  // The hash given, or that of the content which the person at the terminal has just read.
  // --yes does not count: nobody approves what nobody has read.
  StatusOr<std::string> Hash(Context& context) {
    if (!hash_.empty()) {
      const auto bytes = HexDecode(hash_);
      if (!bytes || bytes->size() != 32) {
        return Error(Reason::REQUEST_INVALID,
                     "--hash: expected the 64 hex digits that `releases review` prints");
      }
      return *bytes;
    }
    ENLACE_ASSIGN_OR_RETURN(const auto release, GetRelease(context, name_));
    ENLACE_ASSIGN_OR_RETURN(const std::string hex, CheckedHash(release));
    const Status reviewed =
        context.Review([&](Context& shown) { return PrintReview(shown, release); },
                       "Approve exactly these figures?");
    ENLACE_RETURN_IF_ERROR(reviewed);
    return release.content_hash();
  }

  std::string name_;
  std::string hash_;
};

class ReleasesPublish final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("NAME", name_, "The release's name");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_RETURN_IF_ERROR(
        context.Confirm("Publish this release to the network? Others keep what they have read."));
    api::PublishReleaseRequest request;
    request.set_name(name_);
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(
        const auto release,
        node->Call<api::ReleaseView>(std::string(kService) + "PublishRelease", request));
    ENLACE_RETURN_IF_ERROR(PrintRelease(context, release));
    return kExitOk;
  }

 private:
  std::string name_;
};

class ReleasesWithdraw final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("NAME", name_, "The release's name");
    arguments.Text("--reason", reason_, "Code of list withdrawal_reason", true);
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
    api::WithdrawReleaseRequest request;
    request.set_name(name_);
    ENLACE_ASSIGN_OR_RETURN(const uint32_t reason,
                            ParseCode(registry->Get("withdrawal_reason"), reason_));
    request.set_reason(reason);
    ENLACE_RETURN_IF_ERROR(context.Confirm("Take this release back?"));
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(
        const auto release,
        node->Call<api::ReleaseView>(std::string(kService) + "WithdrawRelease", request));
    ENLACE_RETURN_IF_ERROR(PrintRelease(context, release));
    return kExitOk;
  }

 private:
  std::string name_;
  std::string reason_;
};

class ReleasesList final : public Command {
 public:
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    api::ListReleasesRequest request;
    request.set_page_size(kPageSize);
    Table table({"name", "state", "years", "method", "released on"});
    JsonList list;
    Status added;
    ENLACE_RETURN_IF_ERROR(client::ForEachPage<api::ListReleasesResponse>(
        *node, std::string(kService) + "ListReleases", request,
        [&](const api::ListReleasesResponse& page) {
          for (const api::ReleaseView& release : page.releases()) {
            if (context.json()) {
              added.Update(list.Add(release));
              continue;
            }
            const channel::v1::ReleaseContent& content = release.content();
            table.Add({release.name(), api::ReleaseView::State_Name(release.state()),
                       Years(content, "-"), channel::v1::Method_Name(content.method()),
                       release.released_on()});
          }
          return added.ok();
        }));
    ENLACE_RETURN_IF_ERROR(added);
    context.PrintList(list, table);
    return kExitOk;
  }
};

}  // namespace

void AddReleases(Program& program) {
  program.Add<ReleasesPrepare>(
      "releases", "prepare", "Make a release from national data, for review",
      {"enlace releases prepare --source statistics --years 2018-2022",
       "enlace releases prepare --source cases --threshold 10 --zero-is-small"});
  program.Add<ReleasesReview>("releases", "review", "Show exactly what will be published",
                              {"enlace releases review NAME --lang es",
                               "enlace releases review NAME --output csv > review.csv"});
  program.Add<ReleasesApprove>(
      "releases", "approve", "Approve the reviewed content",
      {"enlace releases approve NAME --hash 9f86d081884c7d65...", "enlace releases approve NAME"});
  program.Add<ReleasesPublish>(
      "releases", "publish", "Publish an approved release",
      {"enlace releases publish NAME", "enlace releases publish NAME --yes --output json"});
  program.Add<ReleasesWithdraw>("releases", "withdraw", "Take a release back",
                                {"enlace releases withdraw NAME --reason source_withdrew",
                                 "enlace releases withdraw NAME --reason privacy_risk --yes"});
  program.Add<ReleasesList>("releases", "list", "List releases",
                            {"enlace releases list", "enlace releases list --output json"});
}

}  // namespace enlace::cli
