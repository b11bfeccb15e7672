#pragma once

#include <string>
#include <string_view>

#include "node/model/case_record.h"

// The content of a case record as the bytes that stand for it in a message of the API: fields 3
// to 7 of enlace.exchange.v1.CaseRecord. The store keeps these very bytes, so that an answer is
// made by copying them and never by decoding. Written by hand, since the general code of messages
// costs several times as much for each of millions of records; tests compare the two. Pure.
//
// There is one form for each content: fields and members of lists ascending, lists packed, numbers
// as short as they can be, zeros left out.
namespace enlace::model {

void AppendContentWire(const CaseContent& content, std::string& out);
std::string ContentWire(const CaseContent& content);

// False, with `out` in any state, for bytes that AppendContentWire would not write.
bool ParseContentWire(std::string_view bytes, CaseContent& out);

// The year of registration of such bytes, without reading more of them; 0 when there is none.
uint32_t YearOfContentWire(std::string_view bytes);

}  // namespace enlace::model
