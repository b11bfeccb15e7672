#pragma once

#include <span>
#include <string_view>

// All texts of the report in the four languages, in the order of codes::kLanguages.
namespace enlace::report {

struct Message {
  std::string_view en, es, fr, pt;
  std::string_view In(std::string_view language) const {
    return language == "es" ? es : language == "fr" ? fr : language == "pt" ? pt : en;
  }
};

namespace text {
extern const Message kTitle, kIntro, kCompiled, kLanguage, kContents, kVictims, kVictimsByForm,
    kVictimsBySex, kVictimsByAge, kJustice, kCoverage, kProgrammes, kStatuses, kSources,
    kJurisdiction, kYears, kForm, kSex, kAge, kIndicator, kReleases, kRelease, kReleasedOn,
    kChannel, kSequence, kCheckpointSize, kFigures, kNoRelease, kNotHeld, kNone, kProgramme,
    kTopics, kAudiences, kByTopic, kByAudience, kCount, kMissingTranslation, kNeverAdded, kLeftOut,
    kStatus, kMeaning, kOfficialTable, kMachine, kBasis, kStopped, kNotShown;
}  // namespace text

struct StatusText {
  std::string_view word;  // As in the CSV.
  std::string_view mark;  // What a table cell shows.
  Message label;
  Message meaning;
};
// In the order in which they are explained.
std::span<const StatusText> StatusTexts();
// REQUIRES: a word of the list.
const StatusText& TextOfStatus(std::string_view word);

}  // namespace enlace::report
