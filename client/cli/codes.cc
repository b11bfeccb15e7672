// enlace codes list and enlace version
#include <fmt/format.h>

#include "client/cli/labels.h"
#include "client/cli/program.h"

namespace enlace::cli {
namespace {

class CodesList final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("LIST", list_, "A code list; without it, the lists themselves", false);
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
    StatusOr<Table> table = list_.empty() ? Lists(*registry) : Codes(context, *registry);
    ENLACE_RETURN_IF_ERROR(table.status());
    context.PrintTable(*table);
    return kExitOk;
  }

 private:
  static Table Lists(const codes::Registry& registry) {
    Table table({"list", "codes", "version", "source"});
    table.AlignRight(1);
    table.AlignRight(2);
    for (const auto& [name, list] : registry.lists()) {
      table.Add({name, std::to_string(list.codes().size()), std::to_string(list.version()),
                 list.source()});
    }
    return table;
  }

  StatusOr<Table> Codes(Context& context, const codes::Registry& registry) const {
    const codes::CodeList* list = registry.Find(list_);
    if (list == nullptr) {
      return Error(Reason::CODE_UNKNOWN, "no such list; `enlace codes list` shows them");
    }
    Table table({"number", "id", "label", "valid"});
    table.AlignRight(0);
    for (const codes::Code& code : list->codes()) {
      const bool valid = list->Has(code.number, list->version());
      table.Add({std::to_string(code.number), code.id,
                 CodeLabel(*list, code.number, context.settings().language),
                 valid ? "yes" : fmt::format("until version {}", code.until)});
    }
    return table;
  }

  std::string list_;
};

class Version final : public Command {
 public:
  StatusOr<ExitCode> Run(Context& context) override {
    Table table({"program", "version"});
    table.Add({"enlace", ENLACE_VERSION});
    if (context.settings().output == Output::kTable) {
      context.PrintLine("enlace " ENLACE_VERSION);
    } else {
      context.PrintTable(table);
    }
    return kExitOk;
  }
};

}  // namespace

void AddCodes(Program& program) {
  program.Add<CodesList>("codes", "list", "List code lists, or the codes of one",
                         {"enlace codes list", "enlace codes list age_band --lang es"});
  program.Add<Version>("", "version", "Version of this program",
                       {"enlace version", "enlace version --output json"});
}

}  // namespace enlace::cli
