#include "node/views/programme_check.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "node/model/public_text.h"

namespace enlace::views {
namespace {

using channel::v1::LocalizedText;
using channel::v1::Programme;

bool IsLanguage(const std::string& text) {
  return text.size() == 2 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

class Checker {
 public:
  // Without a registry codes and languages of texts are not looked up.
  Checker(const codes::Registry* registry, uint32_t version)
      : registry_(registry), version_(version) {}

  void Fault(const std::string& field, std::string expected,
             Reason reason = Reason::REQUEST_INVALID) {
    faults_.push_back({"programme." + field, std::move(expected), reason});
  }

  void Text(const std::string& field, const std::string& text, size_t characters_max) {
    std::string expected = model::CheckPublicText(text, characters_max);
    if (!expected.empty()) Fault(field, std::move(expected), Reason::TEXT_INVALID);
  }

  void Texts(const std::string& field, const LocalizedText& texts, size_t characters_max) {
    if (texts.texts_size() > kProgrammeCodesMax) {
      Fault(field, fmt::format("expected at most {} languages", kProgrammeCodesMax));
      return;
    }
    std::set<std::string> seen;
    for (int index = 0; index < texts.texts_size(); ++index) {
      const LocalizedText::Text& text = texts.texts(index);
      const std::string path = fmt::format("{}.texts[{}]", field, index);
      const bool known = registry_ == nullptr
                             ? IsLanguage(text.language())
                             : std::find(std::begin(codes::kLanguages), std::end(codes::kLanguages),
                                         text.language()) != std::end(codes::kLanguages);
      if (!known || !seen.insert(text.language()).second) {
        Fault(path + ".language", "expected en, es, fr or pt, each at most once");
      }
      const bool stated =
          text.translation() != LocalizedText::Text::TRANSLATION_UNSPECIFIED &&
          (registry_ == nullptr || LocalizedText::Text::Translation_IsValid(text.translation()));
      if (!stated) {
        Fault(path + ".translation", "expected ORIGINAL, TRANSLATED or MACHINE");
      }
      Text(path + ".text", text.text(), characters_max);
    }
  }

  void Code(const std::string& field, std::string_view list, uint32_t number) {
    if (registry_ == nullptr || registry_->Get(list).Has(number, version_)) return;
    Fault(field, fmt::format("expected a code of list {}", list), Reason::CODE_UNKNOWN);
  }

  template <typename Numbers>
  void Codes(const std::string& field, std::string_view list, const Numbers& numbers) {
    if (numbers.size() > kProgrammeCodesMax) {
      Fault(field, fmt::format("expected at most {} codes", kProgrammeCodesMax));
      return;
    }
    for (int index = 0; index < numbers.size(); ++index) {
      Code(fmt::format("{}[{}]", field, index), list, numbers.Get(index));
    }
  }

  Status Finish() { return faults_.empty() ? absl::OkStatus() : InvalidFields(std::move(faults_)); }

 private:
  const codes::Registry* const registry_;
  uint32_t version_;
  std::vector<FieldViolation> faults_;
};

void CheckPeriod(const Programme& programme, Checker& checker) {
  const bool from = programme.valid_from().empty() || model::IsDate(programme.valid_from());
  const bool to = programme.valid_to().empty() || model::IsDate(programme.valid_to());
  if (!from) checker.Fault("valid_from", "expected a day such as 2026-01-31, or nothing");
  if (!to) checker.Fault("valid_to", "expected a day such as 2026-12-31, or nothing");
  if (from && to && !programme.valid_to().empty() &&
      programme.valid_to() < programme.valid_from()) {
    checker.Fault("valid_to", "expected a day that is not before valid_from");
  }
}

template <typename Field>
void SortUnique(Field* field) {
  std::sort(field->begin(), field->end());
  field->erase(std::unique(field->begin(), field->end()), field->end());
}

void SortTexts(LocalizedText& texts) {
  std::stable_sort(
      texts.mutable_texts()->begin(), texts.mutable_texts()->end(),
      [](const auto& left, const auto& right) { return left.language() < right.language(); });
}

Status CheckContent(const Programme& programme, Checker& checker) {
  if (programme.title().texts().empty()) {
    checker.Fault("title", "expected a text in at least one language");
  }
  checker.Texts("title", programme.title(), kTitleCharactersMax);
  checker.Texts("summary", programme.summary(), kSummaryCharactersMax);
  if (!programme.contact_role().empty()) {
    checker.Text("contact_role", programme.contact_role(), kContactCharactersMax);
  }
  checker.Codes("topics", "training_topic", programme.topics());
  checker.Codes("audiences", "training_audience", programme.audiences());
  checker.Codes("delivery_modes", "delivery_mode", programme.delivery_modes());
  if (programme.depth() != 0) checker.Code("depth", "training_depth", programme.depth());
  if (programme.protocol_area() != 0) {
    checker.Code("protocol_area", "protocol_area", programme.protocol_area());
  }
  if (programme.languages_size() > kProgrammeCodesMax ||
      !std::all_of(programme.languages().begin(), programme.languages().end(), IsLanguage)) {
    checker.Fault("languages", "expected ISO 639-1 codes of two small letters");
  }
  if (programme.hours() > kProgrammeHoursMax) {
    checker.Fault("hours", fmt::format("expected at most {}", kProgrammeHoursMax));
  }
  CheckPeriod(programme, checker);
  return checker.Finish();
}

}  // namespace

Status CheckProgramme(const Programme& programme, const codes::Registry& registry) {
  const uint32_t version = programme.codelist_version();
  Checker checker(&registry, version);
  if (version == 0 || version > registry.version()) {
    checker.Fault("codelist_version", fmt::format("expected 1 to {}", registry.version()));
    return checker.Finish();
  }
  return CheckContent(programme, checker);
}

Status CheckForeignProgramme(const Programme& programme) {
  Checker checker(nullptr, 0);
  return CheckContent(programme, checker);
}

void Canonicalize(Programme& programme) {
  SortTexts(*programme.mutable_title());
  SortTexts(*programme.mutable_summary());
  SortUnique(programme.mutable_topics());
  SortUnique(programme.mutable_audiences());
  SortUnique(programme.mutable_delivery_modes());
  SortUnique(programme.mutable_languages());
}

}  // namespace enlace::views
