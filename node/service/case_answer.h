#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/store/case_views.h"

// The bytes of an answer with many case records, made of stored bytes: content is passed through
// as it lies in the store, without a message for each record. A test holds them equal to those
// that the messages of case_convert.h give.
namespace enlace::service {

class CaseAnswer {
 public:
  // Of `cases` records, each added once.
  CaseAnswer(std::string_view jurisdiction, size_t cases);

  // The record at `place` of the answer, in any order.
  void Add(size_t place, const store::StoredCaseView& view);

  // Field case_records (1) of a response, in the order of places. Ends the answer.
  // REQUIRES: every place was added.
  std::string Take();

 private:
  struct Piece {
    size_t begin = 0;
    size_t size = 0;
  };

  const std::string name_prefix_;
  std::string bytes_;
  std::vector<Piece> pieces_;  // By place.
  size_t in_order_ = 0;        // Pieces that were added in the order of their places.
};

// The bytes of one CaseRecord.
std::string CaseBytes(std::string_view jurisdiction, const store::StoredCaseView& view);

// Field next_page_token (2) of ListCaseRecordsResponse; nothing for an empty one.
void AppendNextPageToken(std::string_view token, std::string& bytes);

}  // namespace enlace::service
