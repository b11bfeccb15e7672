// enlace programmes create|update|withdraw|get|list
#include <fmt/format.h>

#include "client/cli/labels.h"
#include "client/cli/program.h"
#include "client/cli/programme_text.h"
#include "client/lib/paging.h"
#include "enlace/exchange/v1/programme_service.pb.h"
#include "node/crypto/hash.h"

namespace enlace::cli {
namespace {

namespace api = ::enlace::exchange::v1;

constexpr int kPageSize = 1000;
constexpr char kService[] = "/enlace.exchange.v1.ProgrammeService/";

StatusOr<ExitCode> PrintProgramme(Context& context, const api::CatalogueProgramme& programme) {
  if (context.json()) {
    ENLACE_RETURN_IF_ERROR(context.PrintJson(programme));
    return kExitOk;
  }
  ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
  Table table({"field", "value"});
  for (auto& [name, value] : DescribeProgramme(programme, *registry, context.settings().language)) {
    table.Add({name, value});
  }
  context.PrintTable(table);
  return kExitOk;
}

StatusOr<api::CatalogueProgramme> GetByName(Context& context, const std::string& name) {
  ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
  api::GetProgrammeRequest request;
  request.set_name(name);
  return node->Call<api::CatalogueProgramme>(std::string(kService) + "GetProgramme", request);
}

class ProgrammesCreate final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("ID", id_, "Last part of the name, such as border-police-basics");
    content_.Declare(arguments);
    arguments.Text("--audience", audience_, "network (default) or alpha-3 codes, by commas");
    arguments.Text("--request-id", request_id_,
                   "UUID of this request; the same one again returns the same programme");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
    api::CreateProgrammeRequest request;
    request.set_programme_id(id_);
    request.set_audience(audience_);
    request.set_request_id(request_id_.empty() ? crypto::RandomUuid() : request_id_);
    ENLACE_RETURN_IF_ERROR(content_.ApplyTo(*registry, *request.mutable_programme()));
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(
        const auto programme,
        node->Call<api::CatalogueProgramme>(std::string(kService) + "CreateProgramme", request));
    return PrintProgramme(context, programme);
  }

 private:
  std::string id_;
  ProgrammeArguments content_;
  std::string audience_ = "network";  // The node takes none for granted.
  std::string request_id_;
};

class ProgrammesUpdate final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("NAME", name_, "The programme's name");
    content_.Declare(arguments);
    arguments.Text("--etag", etag_, "What was read (default: read now)");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
    ENLACE_ASSIGN_OR_RETURN(const auto before, GetByName(context, name_));
    api::UpdateProgrammeRequest request;
    *request.mutable_programme() = before.programme();
    ENLACE_RETURN_IF_ERROR(content_.ApplyTo(*registry, *request.mutable_programme()));
    request.mutable_programme()->set_name(name_);
    request.set_etag(etag_.empty() ? before.etag() : etag_);
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(
        const auto programme,
        node->Call<api::CatalogueProgramme>(std::string(kService) + "UpdateProgramme", request));
    return PrintProgramme(context, programme);
  }

 private:
  std::string name_;
  ProgrammeArguments content_;
  std::string etag_;
};

class ProgrammesWithdraw final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("NAME", name_, "The programme's name");
    arguments.Text("--reason", reason_, "Code of list withdrawal_reason", true);
    arguments.Text("--etag", etag_, "What was read (default: read now)");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
    ENLACE_ASSIGN_OR_RETURN(const uint32_t reason,
                            ParseCode(registry->Get("withdrawal_reason"), reason_));
    ENLACE_RETURN_IF_ERROR(context.Confirm("Withdraw this programme for all who see it?"));
    api::WithdrawProgrammeRequest request;
    request.set_name(name_);
    request.set_reason(reason);
    request.set_etag(etag_);
    if (etag_.empty()) {
      ENLACE_ASSIGN_OR_RETURN(const auto before, GetByName(context, name_));
      request.set_etag(before.etag());
    }
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(
        const auto programme,
        node->Call<api::CatalogueProgramme>(std::string(kService) + "WithdrawProgramme", request));
    return PrintProgramme(context, programme);
  }

 private:
  std::string name_;
  std::string reason_;
  std::string etag_;
};

class ProgrammesGet final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("NAME", name_, "jurisdictions/ARG/programmes/<id>");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const auto programme, GetByName(context, name_));
    return PrintProgramme(context, programme);
  }

 private:
  std::string name_;
};

class ProgrammesList final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Text("--of", jurisdiction_, "Only programmes of this jurisdiction");
    arguments.Text("--topic", topic_, "Only with this code of list training_topic");
    arguments.Text("--for", audience_, "Only with this code of list training_audience");
    arguments.Text("--taught-in", language_, "Only taught in this language");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
    api::ListProgrammesRequest request;
    request.set_page_size(kPageSize);
    request.set_jurisdiction(Upper(jurisdiction_));
    request.set_language(language_);
    if (!topic_.empty()) {
      ENLACE_ASSIGN_OR_RETURN(const uint32_t code,
                              ParseCode(registry->Get("training_topic"), topic_));
      request.set_topic(code);
    }
    if (!audience_.empty()) {
      ENLACE_ASSIGN_OR_RETURN(const uint32_t code,
                              ParseCode(registry->Get("training_audience"), audience_));
      request.set_audience(code);
    }
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    Table table({"name", "revision", "title", "hours", "languages"});
    table.AlignRight(1);
    table.AlignRight(3);
    JsonList list;
    Status added;
    size_t count = 0;
    ENLACE_RETURN_IF_ERROR(client::ForEachPage<api::ListProgrammesResponse>(
        *node, std::string(kService) + "ListProgrammes", request,
        [&](const api::ListProgrammesResponse& page) {
          count += static_cast<size_t>(page.programmes_size());
          for (const api::CatalogueProgramme& item : page.programmes()) {
            if (context.json())
              added.Update(list.Add(item));
            else
              table.Add(ProgrammeRow(item, context.settings().language));
          }
          return added.ok();
        }));
    ENLACE_RETURN_IF_ERROR(added);
    if (count == 0) context.Note("none: no programme held here answers this");
    context.PrintList(list, table);
    return kExitOk;
  }

 private:
  std::string jurisdiction_;
  std::string topic_;
  std::string audience_;
  std::string language_;
};

}  // namespace

void AddProgrammes(Program& program) {
  program.Add<ProgrammesCreate>(
      "programmes", "create", "Publish a new programme",
      {"enlace programmes create border-police-basics --file programme.yaml",
       "enlace programmes create judges-2025 --title es=\"Trata de personas\" --topic "
       "victim_identification"});
  program.Add<ProgrammesUpdate>(
      "programmes", "update", "Publish a new revision",
      {"enlace programmes update NAME --hours 24",
       "enlace programmes update NAME --file programme.yaml --etag ETAG"});
  program.Add<ProgrammesWithdraw>("programmes", "withdraw", "Publish a withdrawal",
                                  {"enlace programmes withdraw NAME --reason ended",
                                   "enlace programmes withdraw NAME --reason replaced --yes"});
  program.Add<ProgrammesGet>(
      "programmes", "get", "Show one programme",
      {"enlace programmes get jurisdictions/ARG/programmes/border-police-basics",
       "enlace programmes get NAME --lang pt --output json"});
  program.Add<ProgrammesList>(
      "programmes", "list", "List the network's catalogue",
      {"enlace programmes list --of BRA", "enlace programmes list --taught-in es --output csv"});
}

}  // namespace enlace::cli
