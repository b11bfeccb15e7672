#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/cli/program.h"
#include "enlace/exchange/v1/programme_service.pb.h"
#include "node/codes/registry.h"

// Training programmes as people write and read them.
namespace enlace::cli {

// A programme's content from a YAML or JSON file, then flags on top of it.
//
// The file's keys: title and summary (language: text, or language: {text, translation}),
// topics, audiences, delivery_modes, languages (lists), depth, protocol_area, hours,
// contact_role, valid_from, valid_to. Codes by id or number. A file that begins with "{" is
// the JSON form of the message instead.
class ProgrammeArguments {
 public:
  void Declare(Arguments& arguments);
  // Replaces what was given and leaves the rest of `programme`. CONFIG_INVALID, CODE_UNKNOWN,
  // REQUEST_MALFORMED, FILE_UNREADABLE.
  Status ApplyTo(const codes::Registry& registry, channel::v1::Programme& programme) const;

 private:
  std::string file_;
  std::vector<std::string> titles_;
  std::vector<std::string> summaries_;
  std::vector<std::string> topics_;
  std::vector<std::string> audiences_;
  std::vector<std::string> modes_;
  std::vector<std::string> languages_;
  std::string depth_;
  std::string protocol_area_;
  std::string contact_;
  std::string valid_from_;
  std::string valid_to_;
  uint32_t hours_ = 0;
};

// The text in `language`. One that a machine translated says so; a missing one is shown as
// "(missing; in: en, es)", never replaced by another language's.
std::string TextIn(const channel::v1::LocalizedText& text, std::string_view language);

std::vector<std::pair<std::string, std::string>> DescribeProgramme(
    const exchange::v1::CatalogueProgramme& item, const codes::Registry& registry,
    std::string_view language);
// name, revision, title, hours, languages.
std::vector<std::string> ProgrammeRow(const exchange::v1::CatalogueProgramme& item,
                                      std::string_view language);

}  // namespace enlace::cli
