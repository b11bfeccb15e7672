#include "node/release/content.h"

#include <algorithm>
#include <chrono>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "node/crypto/hash.h"
#include "node/model/names.h"

namespace enlace::release {
namespace {

Status Malformed(std::string_view what) {
  return Error(Reason::ENTRY_INVALID, "a release is not well formed: " + std::string(what));
}

// "2026-01-31", a day of the calendar.
bool IsDay(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto number = [text](size_t from, size_t count) {
    unsigned value = 0;
    for (const char c : text.substr(from, count)) {
      if (c < '0' || c > '9') return ~0U;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
  };
  const unsigned year = number(0, 4);
  const unsigned month = number(5, 2);
  const unsigned day = number(8, 2);
  if (year > 9999 || month > 12 || day > 31) return false;
  return std::chrono::year_month_day(std::chrono::year(static_cast<int>(year)),
                                     std::chrono::month(month), std::chrono::day(day))
      .ok();
}

// As the last part of an entity's SPIFFE id.
bool IsEntityId(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

Status CheckEntities(const channel::v1::ReleaseContent& content) {
  if (content.entities_size() > kReleaseEntitiesMax) return Malformed("it names too many entities");
  std::string_view before;
  for (const std::string& entity : content.entities()) {
    if (!IsEntityId(entity)) return Malformed("an entity has no plain id");
    if (entity <= before) return Malformed("its entities are not in order, each once");
    before = entity;
  }
  return absl::OkStatus();
}

Status CheckFigures(const channel::v1::ReleaseContent& content) {
  const channel::v1::Figure* before = nullptr;
  for (const channel::v1::Figure& figure : content.figures()) {
    if (before != nullptr && !FigureOrder(KeyOf(*before), KeyOf(figure))) {
      return Malformed("its figures are not in order, each once");
    }
    before = &figure;
    if (figure.year() < content.year_from() || figure.year() > content.year_to()) {
      return Malformed("a figure lies outside its years");
    }
    if (figure.indicator() == 0 || figure.dimension() == 0) {
      return Malformed("a figure names no indicator or dimension");
    }
    if (!channel::v1::FigureStatus_IsValid(figure.status()) ||
        figure.status() == channel::v1::FIGURE_STATUS_UNSPECIFIED) {
      return Malformed("a figure has no known status");
    }
    if (figure.status() != channel::v1::VALUE && figure.value() != 0) {
      return Malformed("a figure without value carries one");
    }
    if (figure.value() > model::kObservationValueMax) {
      return Malformed("a figure is larger than any that a node takes");
    }
  }
  return absl::OkStatus();
}

}  // namespace

model::FigureKey KeyOf(const channel::v1::Figure& figure) {
  return {figure.indicator(), figure.dimension(), figure.category(),
          figure.sex(),       figure.age(),       figure.year()};
}

void SetFigures(const OfficialTable& table, channel::v1::ReleaseContent& content) {
  content.clear_figures();
  for (const TableFigure& from : table.figures) {
    channel::v1::Figure& figure = *content.add_figures();
    figure.set_indicator(from.key.indicator);
    figure.set_dimension(from.key.dimension);
    figure.set_category(from.key.category);
    figure.set_sex(from.key.sex);
    figure.set_age(from.key.age);
    figure.set_year(from.key.year);
    figure.set_status(from.status);
    figure.set_value(from.value);
  }
}

std::string ContentBytes(const channel::v1::ReleaseContent& content) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    content.SerializeToCodedStream(&coded);
  }
  return bytes;
}

Hash ContentHash(std::string_view bytes) { return crypto::Sha256(bytes); }

StatusOr<channel::v1::ReleaseContent> ParseContent(std::string_view bytes) {
  channel::v1::ReleaseContent content;
  if (!content.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Malformed("its bytes are no content");
  }
  const auto name = model::ResourceName::Parse(content.name(), "releases");
  if (!name.ok() || !model::IsJurisdiction(content.jurisdiction()) ||
      name->jurisdiction != content.jurisdiction()) {
    return Malformed("its name is not one of its jurisdiction");
  }
  if (!content.supersedes().empty()) {
    const auto old = model::ResourceName::Parse(content.supersedes(), "releases");
    if (!old.ok() || old->jurisdiction != content.jurisdiction()) {
      return Malformed("what it supersedes is not of its jurisdiction");
    }
  }
  if (content.method() != channel::v1::METHOD_OFFICIAL_TABLE) {
    return Malformed("its method is not known here");
  }
  if (content.year_from() < kReleaseYearMin || content.year_from() > content.year_to() ||
      content.year_to() > kReleaseYearMax) {
    return Malformed("its years are not in order");
  }
  ENLACE_RETURN_IF_ERROR(CheckEntities(content));
  ENLACE_RETURN_IF_ERROR(CheckFigures(content));
  return content;
}

StatusOr<channel::v1::ReleaseContent> OpenRelease(const channel::v1::Release& release) {
  if (AsView(ContentHash(release.content())) != release.content_hash()) {
    return Malformed("its hash does not match its content");
  }
  if (release.preparer_fingerprint().size() != sizeof(Hash) ||
      release.approver_fingerprint().size() != sizeof(Hash) ||
      release.preparer_fingerprint() == release.approver_fingerprint()) {
    return Malformed("it does not name the keys of two people");
  }
  if (!IsDay(release.released_on())) return Malformed("it names no day of publication");
  return ParseContent(release.content());
}

}  // namespace enlace::release
