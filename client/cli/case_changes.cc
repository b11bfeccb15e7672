// enlace cases create|correct|withdraw|erase
#include <fmt/format.h>

#include "client/cli/case_text.h"
#include "client/cli/labels.h"
#include "client/cli/program.h"
#include "node/config/yaml.h"
#include "node/crypto/hash.h"

namespace enlace::cli {
namespace {

constexpr char kService[] = "/enlace.exchange.v1.CaseService/";

// A record given by hand: a JSON file, then --set on top of it.
struct CaseArguments {
  std::string file;
  std::vector<std::string> sets;
  uint32_t year = 0;
  uint32_t quarter = 0;

  void Declare(Arguments& arguments) {
    arguments.Texts("--set", sets, "attribute=code, attribute=unknown, means=+a,-b,rest:unknown");
    arguments.Text("--file", file, "JSON form of a CaseRecord");
    arguments.Number("--year", year, "Year of registration");
    arguments.Number("--quarter", quarter, "Quarter of registration, 1 to 4");
  }

  bool Given() const { return !file.empty() || !sets.empty() || year != 0 || quarter != 0; }

  // `content` holds what to start from.
  StatusOr<model::CaseContent> Read(const codes::Registry& registry,
                                    model::CaseContent content) const {
    if (!file.empty()) {
      ENLACE_ASSIGN_OR_RETURN(const std::string text, config::ReadFile(file));
      api::CaseRecord record;
      ENLACE_RETURN_IF_ERROR(FromJson(text, record));
      ENLACE_RETURN_IF_ERROR(WithContext(CheckForm(record), "--file"));
      content = FromApi(record);
    }
    if (content.codelist_version == 0) content.codelist_version = registry.version();
    if (year != 0) content.registration_year = year;
    if (quarter != 0) content.registration_quarter = quarter;
    ENLACE_RETURN_IF_ERROR(ApplyAssignments(sets, registry, content));
    content.Canonicalize();
    ENLACE_RETURN_IF_ERROR(model::ValidateCase(content, registry, "case_record"));
    return content;
  }
};

class CasesCreate final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    case_.Declare(arguments);
    arguments.Text("--request-id", request_id_,
                   "UUID of this request; the same one again returns the same record");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
    model::CaseContent empty;
    empty.codelist_version = registry->version();
    ENLACE_ASSIGN_OR_RETURN(const model::CaseContent content, case_.Read(*registry, empty));
    api::CreateCaseRecordRequest request;
    *request.mutable_case_record() = ToApi(content);
    request.set_request_id(request_id_.empty() ? crypto::RandomUuid() : request_id_);
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(
        const auto record,
        node->Call<api::CaseRecord>(std::string(kService) + "CreateCaseRecord", request));
    ENLACE_RETURN_IF_ERROR(PrintCase(context, record));
    return kExitOk;
  }

 private:
  CaseArguments case_;
  std::string request_id_;
};

class CasesCorrect final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("NAME", name_, "The record's name");
    case_.Declare(arguments);
    arguments.Text("--reason", reason_, "Code of list correction_reason", true);
    arguments.Text("--etag", etag_, "What was read (default: read now)");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    if (!case_.Given()) {
      return Error(Reason::REQUEST_INVALID,
                   "nothing to correct: give --set attribute=value, --file, --year or --quarter");
    }
    ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
    ENLACE_ASSIGN_OR_RETURN(const uint32_t reason,
                            ParseCode(registry->Get("correction_reason"), reason_));
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    api::GetCaseRecordRequest get;
    get.set_name(name_);
    ENLACE_ASSIGN_OR_RETURN(const auto before, node->Call<api::CaseRecord>(
                                                   std::string(kService) + "GetCaseRecord", get));
    ENLACE_RETURN_IF_ERROR(WithContext(CheckForm(before), "the record at the node"));
    ENLACE_ASSIGN_OR_RETURN(const model::CaseContent content,
                            case_.Read(*registry, FromApi(before)));
    const bool as_read = etag_.empty() || etag_ == before.etag();
    if (as_read && before.state() == api::CaseRecord::ACTIVE &&
        model::CanonicalBytes(content) == model::CanonicalBytes(FromApi(before))) {
      context.Note("the record says this already; no revision was written");
      ENLACE_RETURN_IF_ERROR(PrintCase(context, before));
      return kExitOk;
    }
    api::CorrectCaseRecordRequest request;
    *request.mutable_case_record() = ToApi(content);
    request.mutable_case_record()->set_name(name_);
    request.set_etag(etag_.empty() ? before.etag() : etag_);
    request.set_reason(reason);
    ENLACE_ASSIGN_OR_RETURN(
        const auto record,
        node->Call<api::CaseRecord>(std::string(kService) + "CorrectCaseRecord", request));
    ENLACE_RETURN_IF_ERROR(PrintCase(context, record));
    return kExitOk;
  }

 private:
  std::string name_;
  CaseArguments case_;
  std::string reason_;
  std::string etag_;
};

// Withdraw and erase differ in the method and in what is asked.
template <typename Request>
class CasesEnd : public Command {
 public:
  CasesEnd(const char* method, const char* question) : method_(method), question_(question) {}

  void Declare(Arguments& arguments) override {
    arguments.Positional("NAME", name_, "The record's name");
    arguments.Text("--reason", reason_, "Code of list withdrawal_reason", true);
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
    Request request;
    request.set_name(name_);
    ENLACE_ASSIGN_OR_RETURN(const uint32_t reason,
                            ParseCode(registry->Get("withdrawal_reason"), reason_));
    request.set_reason(reason);
    ENLACE_RETURN_IF_ERROR(context.Confirm(question_));
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(const auto record,
                            node->Call<api::CaseRecord>(std::string(kService) + method_, request));
    ENLACE_RETURN_IF_ERROR(PrintCase(context, record));
    return kExitOk;
  }

 private:
  const std::string method_;
  const std::string question_;
  std::string name_;
  std::string reason_;
};

class CasesWithdraw final : public CasesEnd<api::WithdrawCaseRecordRequest> {
 public:
  CasesWithdraw() : CasesEnd("WithdrawCaseRecord", "Take this record out of all counts?") {}
};

class CasesErase final : public CasesEnd<api::EraseCaseRecordRequest> {
 public:
  CasesErase()
      : CasesEnd("EraseCaseRecord", "Remove this record's attributes in all revisions for good?") {}
};

}  // namespace

void AddCaseChanges(Program& program) {
  program.Add<CasesCreate>("cases", "create", "Enter one record by hand",
                           {"enlace cases create --year 2024 --set age_band=18_20 "
                            "--set means=+threats,-debt_bondage,rest:unknown",
                            "enlace cases create --file case.json"});
  program.Add<CasesCorrect>(
      "cases", "correct", "Replace attributes of a record by a new revision",
      {"enlace cases correct NAME --set sex=female --reason entry_error",
       "enlace cases correct NAME --file case.json --reason new_information"});
  program.Add<CasesWithdraw>("cases", "withdraw", "Take a record out of all counts",
                             {"enlace cases withdraw NAME --reason duplicate",
                              "enlace cases withdraw NAME --reason not_trafficking --yes"});
  program.Add<CasesErase>("cases", "erase", "Remove a record's attributes for good",
                          {"enlace cases erase NAME --reason consent_withdrawn",
                           "enlace cases erase NAME --reason legal_order --yes"});
}

}  // namespace enlace::cli
