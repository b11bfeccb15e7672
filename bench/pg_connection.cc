#include "bench/pg_connection.h"

#include <libpq-fe.h>

#include <utility>

#include "bench/output.h"

namespace enlace::bench {

PgResult::PgResult(PgResult&& other) noexcept : result_(std::exchange(other.result_, nullptr)) {}
PgResult::~PgResult() { PQclear(result_); }
int PgResult::rows() const { return PQntuples(result_); }
std::string PgResult::Text(int row, int column) const { return PQgetvalue(result_, row, column); }

PgConnection::PgConnection(const std::string& conninfo)
    : connection_(PQconnectdb(conninfo.c_str())) {
  if (PQstatus(connection_) != CONNECTION_OK) Fail("connecting");
}

PgConnection::~PgConnection() { PQfinish(connection_); }

void PgConnection::Fail(const char* doing) const {
  Die(std::string("PostgreSQL, ") + doing + ": " + PQerrorMessage(connection_));
}

PgResult PgConnection::Checked(pg_result* result, const char* doing) {
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN) {
    Fail(doing);
  }
  return PgResult(result);
}

PgResult PgConnection::Run(const std::string& sql) {
  return Checked(PQexec(connection_, sql.c_str()), sql.c_str());
}

void PgConnection::Prepare(const std::string& name, const std::string& sql) {
  Checked(PQprepare(connection_, name.c_str(), sql.c_str(), 0, nullptr), sql.c_str());
}

PgResult PgConnection::RunPrepared(const std::string& name,
                                   const std::vector<std::string>& values) {
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  constexpr int kText = 0;
  return Checked(PQexecPrepared(connection_, name.c_str(), static_cast<int>(pointers.size()),
                                pointers.data(), nullptr, nullptr, kText),
                 name.c_str());
}

void PgConnection::SendPrepared(const std::string& name, const std::vector<std::string>& values) {
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  constexpr int kText = 0;
  if (PQsendQueryPrepared(connection_, name.c_str(), static_cast<int>(pointers.size()),
                          pointers.data(), nullptr, nullptr, kText) != 1) {
    Fail(name.c_str());
  }
}

bool PgConnection::Arrived() {
  if (PQconsumeInput(connection_) != 1) Fail("reading");
  return PQisBusy(connection_) == 0;
}

PgResult PgConnection::TakeResult() {
  PgResult result = Checked(PQgetResult(connection_), "reading");
  // Nothing more belongs to this question.
  while (pg_result* more = PQgetResult(connection_)) PQclear(more);
  return result;
}

int PgConnection::socket() const { return PQsocket(connection_); }

void PgConnection::BeginCopy(const std::string& sql) {
  Checked(PQexec(connection_, sql.c_str()), sql.c_str());
}

void PgConnection::Copy(const std::string& lines) {
  if (PQputCopyData(connection_, lines.data(), static_cast<int>(lines.size())) != 1) Fail("COPY");
}

void PgConnection::EndCopy() {
  if (PQputCopyEnd(connection_, nullptr) != 1) Fail("COPY");
  while (pg_result* result = PQgetResult(connection_)) Checked(result, "COPY");
}

}  // namespace enlace::bench
