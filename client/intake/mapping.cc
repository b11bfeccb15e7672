#include "client/intake/mapping.h"

#include <fmt/format.h>

#include <algorithm>

#include "node/base/check.h"

namespace enlace::intake {
namespace {

bool Names(const Column& column, const std::string& text) {
  return column.name == text ||
         std::find(column.also.begin(), column.also.end(), text) != column.also.end();
}

// For each column of the format its position in the file, or nothing.
std::vector<std::optional<size_t>> Locate(const Format& format,
                                          const std::vector<std::string>& header) {
  std::vector<std::optional<size_t>> out;
  for (const Column& column : format.columns) {
    std::optional<size_t> found;
    for (size_t i = 0; i < header.size(); ++i) {
      if (!Names(column, header[i])) continue;
      // The same column twice: which of the two counts is not known.
      found = found.has_value() ? std::optional<size_t>() : i;
      if (!found.has_value()) break;
    }
    out.push_back(found);
  }
  return out;
}

Status UnknownFormat(const Format* nearest, const std::vector<std::optional<size_t>>& located) {
  if (nearest == nullptr) {
    return Error(Reason::FORMAT_UNKNOWN, "the file's header matches no format at all");
  }
  std::string missing;
  for (size_t i = 0; i < located.size(); ++i) {
    if (located[i].has_value()) continue;
    missing += (missing.empty() ? "" : ", ") + nearest->columns[i].name;
  }
  return Error(Reason::FORMAT_UNKNOWN,
               fmt::format("the nearest format is {}, but these columns are missing or stand "
                           "twice: {}",
                           nearest->id, missing),
               {{"format", nearest->id}});
}

}  // namespace

Header::Header(const Format& format, const std::vector<size_t>& positions) {
  names_.resize(positions.size());
  for (size_t i = 0; i < positions.size(); ++i) {
    at_[format.columns[i].name] = positions[i];
    names_[positions[i]] = format.columns[i].name;
  }
}

size_t Header::At(std::string_view column) const {
  const auto found = at_.find(column);
  ENLACE_CHECK(found != at_.end());
  return found->second;
}

const std::string& Header::NameAt(size_t position) const {
  static const std::string kNone;
  return position < names_.size() ? names_[position] : kNone;
}

StatusOr<const Format*> Mappings::Recognise(const std::vector<std::string>& header,
                                            Header& order) const {
  const Format* nearest = nullptr;
  std::vector<std::optional<size_t>> nearest_located;
  size_t most = 0;
  for (const auto& format : formats_) {
    std::vector<std::optional<size_t>> located = Locate(*format, header);
    const auto found = static_cast<size_t>(std::count_if(
        located.begin(), located.end(), [](const auto& at) { return at.has_value(); }));
    if (found > most) {
      most = found;
      nearest = format.get();
      nearest_located = std::move(located);
    }
  }
  if (nearest == nullptr || most < nearest->columns.size()) {
    return UnknownFormat(nearest, nearest_located);
  }
  std::vector<size_t> positions;
  for (const auto& at : nearest_located) positions.push_back(*at);
  for (size_t i = 0; i < header.size(); ++i) {
    if (std::find(positions.begin(), positions.end(), i) != positions.end()) continue;
    return Error(Reason::FORMAT_COLUMN_REFUSED,
                 fmt::format("column {} of the header is not part of {}; remove columns that "
                             "the format does not have",
                             i + 1, nearest->id),
                 {{"format", nearest->id}, {"column", std::to_string(i + 1)}});
  }
  order = Header(*nearest, positions);
  return nearest;
}

const Format* Mappings::Find(std::string_view id) const {
  for (const auto& format : formats_) {
    if (format->id == id) return format.get();
  }
  return nullptr;
}

const AliasTable* Mappings::FindAliases(std::string_view list) const {
  const auto found = aliases_.find(list);
  return found == aliases_.end() ? nullptr : found->second.get();
}

}  // namespace enlace::intake
