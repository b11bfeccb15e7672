#pragma once

#include <cstdint>
#include <string>

#include "bench/pg_connection.h"
#include "bench/records.h"

// The records as a table of PostgreSQL: 63 typed columns beside key, entity and period, and
// three indexes beside the primary key.
namespace enlace::bench {

void MakeCasesTable(PgConnection& database);

// The key of record `number` of a seed: a random-looking UUID.
std::string CaseId(uint64_t seed, uint64_t number);

// One line of COPY.
void AppendCopyLine(const RecordMaker& maker, const Answers& answers, const std::string& id,
                    std::string& out);
// The columns that AppendCopyLine fills: "cases (id, ...)".
std::string CopyStatement();
// Values of one INSERT, and the statement with its parameters.
std::vector<std::string> InsertValues(const RecordMaker& maker, const Answers& answers,
                                      const std::string& id);
std::string InsertStatement();

// Records `first` to before `last` in one COPY.
void CopyCases(PgConnection& database, uint64_t seed, uint64_t first, uint64_t last);

// SELECT of one of our tables of attributes.
std::string TableQuery(const Table& table);

}  // namespace enlace::bench
