#pragma once

#include <memory>
#include <string>
#include <vector>

struct pg_conn;
struct pg_result;

// One connection to PostgreSQL. Every failure ends the program.
namespace enlace::bench {

class PgResult {
 public:
  explicit PgResult(pg_result* result) : result_(result) {}
  PgResult(PgResult&& other) noexcept;
  PgResult& operator=(PgResult&&) = delete;
  ~PgResult();
  int rows() const;
  std::string Text(int row, int column) const;

 private:
  pg_result* result_;
};

class PgConnection {
 public:
  explicit PgConnection(const std::string& conninfo);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  PgResult Run(const std::string& sql);
  void Prepare(const std::string& name, const std::string& sql);
  PgResult RunPrepared(const std::string& name, const std::vector<std::string>& values);
  // Sends a question; its answer is there once Arrived says so, and is then taken.
  void SendPrepared(const std::string& name, const std::vector<std::string>& values);
  // Takes what has come, without waiting.
  bool Arrived();
  PgResult TakeResult();
  int socket() const;
  // COPY ... FROM STDIN: begin, text lines, end.
  void BeginCopy(const std::string& sql);
  void Copy(const std::string& lines);
  void EndCopy();

 private:
  [[noreturn]] void Fail(const char* doing) const;
  PgResult Checked(pg_result* result, const char* doing);
  pg_conn* connection_;
};

}  // namespace enlace::bench
