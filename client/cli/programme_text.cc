#include "client/cli/programme_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/cli/labels.h"
#include "node/config/yaml.h"

namespace enlace::cli {
namespace {

using channel::v1::LocalizedText;
using channel::v1::Programme;
using Codes = google::protobuf::RepeatedField<uint32_t>;

constexpr int64_t kHoursMax = 100'000;

Status ApplyCode(const codes::Registry& registry, std::string_view list, const std::string& text,
                 uint32_t& out) {
  if (text.empty()) return Status();
  ENLACE_ASSIGN_OR_RETURN(out, ParseCode(registry.Get(list), text));
  return Status();
}

Status ApplyCodes(const codes::Registry& registry, std::string_view list,
                  const std::vector<std::string>& texts, Codes& out) {
  if (texts.empty()) return Status();
  Codes codes;
  for (const std::string& text : texts) {
    ENLACE_ASSIGN_OR_RETURN(const uint32_t code, ParseCode(registry.Get(list), text));
    codes.Add(code);
  }
  std::sort(codes.begin(), codes.end());
  out = codes;
  return Status();
}

void SetText(LocalizedText& target, const std::string& language, const std::string& text,
             LocalizedText::Text::Translation translation) {
  for (LocalizedText::Text& known : *target.mutable_texts()) {
    if (known.language() != language) continue;
    known.set_text(text);
    known.set_translation(translation);
    return;
  }
  LocalizedText::Text& added = *target.add_texts();
  added.set_language(language);
  added.set_text(text);
  added.set_translation(translation);
}

// "es=Trata de personas"; the first text of all is the original.
Status ApplyTexts(const char* flag, const std::vector<std::string>& texts, LocalizedText& target) {
  for (const std::string& text : texts) {
    if (text.size() < 4 || text[2] != '=') {
      return Error(Reason::CONFIG_INVALID, fmt::format("{}: expected language=text", flag));
    }
    const auto translation =
        target.texts_size() == 0 ? LocalizedText::Text::ORIGINAL : LocalizedText::Text::TRANSLATED;
    SetText(target, text.substr(0, 2), text.substr(3), translation);
  }
  return Status();
}

// Reads a YAML document into a programme; faults are collected with their path.
class YamlProgramme {
 public:
  YamlProgramme(const codes::Registry& registry, const config::Yaml& document)
      : registry_(registry), reader_(&document, "", faults_) {}

  Status Read(const std::string& file, Programme& out) {
    if (const auto* title = reader_.Member("title"))
      ReadText("title", *title, *out.mutable_title());
    if (const auto* summary = reader_.Member("summary")) {
      ReadText("summary", *summary, *out.mutable_summary());
    }
    ReadCodes("topics", "training_topic", *out.mutable_topics());
    ReadCodes("audiences", "training_audience", *out.mutable_audiences());
    ReadCodes("delivery_modes", "delivery_mode", *out.mutable_delivery_modes());
    uint32_t code = out.depth();
    ReadCode("depth", "training_depth", code);
    out.set_depth(code);
    code = out.protocol_area();
    ReadCode("protocol_area", "protocol_area", code);
    out.set_protocol_area(code);
    const std::vector<std::string> languages = reader_.Strings("languages");
    if (!languages.empty()) *out.mutable_languages() = {languages.begin(), languages.end()};
    out.set_hours(static_cast<uint32_t>(reader_.Int("hours", 0, kHoursMax, out.hours())));
    out.set_contact_role(reader_.String("contact_role", out.contact_role()));
    out.set_valid_from(reader_.String("valid_from", out.valid_from()));
    out.set_valid_to(reader_.String("valid_to", out.valid_to()));
    reader_.Finish();
    return faults_.ToStatus(Reason::CONFIG_INVALID, file);
  }

 private:
  void ReadText(const std::string& path, const config::Yaml& node, LocalizedText& target) {
    config::MapReader texts(&node, path, faults_);
    target.clear_texts();
    for (const std::string_view language : codes::kLanguages) {
      const config::Yaml* member = texts.Member(language);
      if (member == nullptr) continue;
      auto translation = target.texts_size() == 0 ? LocalizedText::Text::ORIGINAL
                                                  : LocalizedText::Text::TRANSLATED;
      std::string text = member->scalar();
      if (member->kind() == config::Yaml::Kind::kMap) {
        config::MapReader entry(member, texts.PathOf(language), faults_);
        text = entry.String("text");
        const std::string how = entry.String("translation");
        if (how == "original")
          translation = LocalizedText::Text::ORIGINAL;
        else if (how == "translated")
          translation = LocalizedText::Text::TRANSLATED;
        else if (how == "machine")
          translation = LocalizedText::Text::MACHINE;
        else
          entry.Fault("translation", "expected original, translated or machine");
        entry.Finish();
      }
      SetText(target, std::string(language), text, translation);
    }
    texts.Finish();
  }
  void ReadCodes(const std::string& key, std::string_view list, Codes& out) {
    const Status status = ApplyCodes(registry_, list, reader_.Strings(key), out);
    if (!status.ok()) reader_.Fault(key, MessageOf(status));
  }
  void ReadCode(const std::string& key, std::string_view list, uint32_t& out) {
    const Status status = ApplyCode(registry_, list, reader_.String(key, ""), out);
    if (!status.ok()) reader_.Fault(key, MessageOf(status));
  }

  const codes::Registry& registry_;
  config::Faults faults_;
  config::MapReader reader_;
};

std::string LabelsOf(const Codes& codes, const codes::CodeList& list, std::string_view language) {
  std::string out;
  for (const uint32_t code : codes) {
    out += (out.empty() ? "" : "; ") + CodeLabel(list, code, language);
  }
  return out;
}

std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string Validity(const Programme& programme) {
  if (programme.valid_from().empty() && programme.valid_to().empty()) return "no end stated";
  if (programme.valid_to().empty()) return "from " + programme.valid_from();
  if (programme.valid_from().empty()) return "until " + programme.valid_to();
  return programme.valid_from() + " to " + programme.valid_to();
}

}  // namespace

void ProgrammeArguments::Declare(Arguments& arguments) {
  arguments.Text("--file", file_, "Content as YAML, or as the JSON form of a Programme");
  arguments.Texts("--title", titles_, "language=text; the first is the original");
  arguments.Texts("--summary", summaries_, "language=text; the first is the original");
  arguments.Texts("--topic", topics_, "Code of list training_topic");
  arguments.Texts("--for", audiences_, "Code of list training_audience");
  arguments.Texts("--mode", modes_, "Code of list delivery_mode");
  arguments.Texts("--taught-in", languages_, "Language of instruction");
  arguments.Text("--depth", depth_, "Code of list training_depth");
  arguments.Text("--protocol-area", protocol_area_, "Code of list protocol_area");
  arguments.Text("--contact", contact_,
                 "Unit or role in words; no address, no phone number, no person");
  arguments.Text("--valid-from", valid_from_, "First day, 2026-01-31");
  arguments.Text("--valid-to", valid_to_, "Last day, 2026-12-31");
  arguments.Number("--hours", hours_, "Hours of instruction");
}

Status ProgrammeArguments::ApplyTo(const codes::Registry& registry, Programme& programme) const {
  if (!file_.empty()) {
    ENLACE_ASSIGN_OR_RETURN(const std::string text, config::ReadFile(file_));
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first != std::string::npos && text[first] == '{') {
      programme.Clear();
      ENLACE_RETURN_IF_ERROR(FromJson(text, programme));
    } else {
      ENLACE_ASSIGN_OR_RETURN(const config::Yaml document, config::Yaml::Parse(text));
      ENLACE_RETURN_IF_ERROR(YamlProgramme(registry, document).Read(file_, programme));
    }
  }
  programme.set_codelist_version(registry.version());
  ENLACE_RETURN_IF_ERROR(ApplyTexts("--title", titles_, *programme.mutable_title()));
  ENLACE_RETURN_IF_ERROR(ApplyTexts("--summary", summaries_, *programme.mutable_summary()));
  ENLACE_RETURN_IF_ERROR(
      ApplyCodes(registry, "training_topic", topics_, *programme.mutable_topics()));
  ENLACE_RETURN_IF_ERROR(
      ApplyCodes(registry, "training_audience", audiences_, *programme.mutable_audiences()));
  ENLACE_RETURN_IF_ERROR(
      ApplyCodes(registry, "delivery_mode", modes_, *programme.mutable_delivery_modes()));
  uint32_t code = programme.depth();
  ENLACE_RETURN_IF_ERROR(ApplyCode(registry, "training_depth", depth_, code));
  programme.set_depth(code);
  code = programme.protocol_area();
  ENLACE_RETURN_IF_ERROR(ApplyCode(registry, "protocol_area", protocol_area_, code));
  programme.set_protocol_area(code);
  if (!languages_.empty()) *programme.mutable_languages() = {languages_.begin(), languages_.end()};
  if (!contact_.empty()) programme.set_contact_role(contact_);
  if (!valid_from_.empty()) programme.set_valid_from(valid_from_);
  if (!valid_to_.empty()) programme.set_valid_to(valid_to_);
  if (hours_ != 0) programme.set_hours(hours_);
  return Status();
}

std::string TextIn(const LocalizedText& text, std::string_view language) {
  std::string others;
  for (const LocalizedText::Text& known : text.texts()) {
    if (known.language() == language) {
      const bool machine = known.translation() == LocalizedText::Text::MACHINE;
      return known.text() + (machine ? " [machine translation]" : "");
    }
    others += (others.empty() ? "" : ", ") + known.language();
  }
  return others.empty() ? "(missing)" : "(missing; in: " + others + ")";
}

std::vector<std::string> ProgrammeRow(const exchange::v1::CatalogueProgramme& item,
                                      std::string_view language) {
  const Programme& programme = item.programme();
  return {programme.name(), std::to_string(programme.revision()),
          TextIn(programme.title(), language),
          programme.hours() == 0 ? "" : std::to_string(programme.hours()),
          Joined(programme.languages())};
}

std::vector<std::pair<std::string, std::string>> DescribeProgramme(
    const exchange::v1::CatalogueProgramme& item, const codes::Registry& registry,
    std::string_view language) {
  const Programme& programme = item.programme();
  const auto label = [&](std::string_view list, uint32_t code) {
    return code == 0 ? "" : CodeLabel(registry.Get(list), code, language);
  };
  const auto labels = [&](std::string_view list, const Codes& codes) {
    return LabelsOf(codes, registry.Get(list), language);
  };
  return {{"name", programme.name()},
          {"revision", std::to_string(programme.revision())},
          {"state", item.withdrawn() ? "withdrawn" : "published"},
          {"title", TextIn(programme.title(), language)},
          {"summary", TextIn(programme.summary(), language)},
          {"topics", labels("training_topic", programme.topics())},
          {"audiences", labels("training_audience", programme.audiences())},
          {"depth", label("training_depth", programme.depth())},
          {"delivery", labels("delivery_mode", programme.delivery_modes())},
          {"languages", Joined(programme.languages())},
          {"hours", programme.hours() == 0 ? "" : std::to_string(programme.hours())},
          {"contact", programme.contact_role()},
          {"protocol area", label("protocol_area", programme.protocol_area())},
          {"valid", Validity(programme)},
          {"audience", item.audience()},
          {"channel", fmt::format("{} #{}", item.channel(), item.sequence())},
          {"etag", item.etag()}};
}

}  // namespace enlace::cli
