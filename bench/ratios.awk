# Figures (measure, metric, who, value) to the table of goals, by medians.
function median(key,    n, i, j, t, list) {
  n = split(values[key], list, " ")
  if (n == 0) return ""
  for (i = 2; i <= n; ++i) {
    t = list[i]
    for (j = i - 1; j >= 1 && list[j] + 0 > t + 0; --j) list[j + 1] = list[j]
    list[j + 1] = t
  }
  return list[int((n + 1) / 2)]
}
# Figures of a short run show that all of it works and are measured against no goal.
function verdict(met) { return short ? "" : met ? "PASS" : "below" }
function row(title, mine, peer, who, goal, lower,    ratio, met) {
  if (mine == "" || peer == "" || peer == 0) return
  ratio = mine / peer
  met = lower ? ratio <= goal : ratio >= goal
  printf "| %s | %s | %s | %s | %.3g | %s %.3g | %s |\n", title, figure(mine), figure(peer), who, \
    ratio, lower ? "<=" : ">=", goal, verdict(met)
}
function figure(value) { return value >= 1000 ? sprintf("%d", value) : sprintf("%.3g", value) }
function of(measure, metric, who) { return median(measure SUBSEP metric SUBSEP who) }
function beside(title, measure, metric, goal, lower) {
  row(title, of(measure, metric, "enlace"), of(measure, metric, "postgresql"), "PostgreSQL", goal, \
    lower)
}
# DuckDB's goal; where it was not measured, what that is of PostgreSQL by the one run in which
# both were.
function tables(title, measure, goal, of_postgresql) {
  if (duck == "yes") {
    row(title, of(measure, "time", "enlace"), of(measure, "time", "duckdb"), "DuckDB", goal, 1)
  }
  row(title, of(measure, "time", "enlace"), of(measure, "time", "postgresql"), "PostgreSQL", \
    of_postgresql, 1)
}
function bare(title, measure,    a, b) {
  a = of(measure, "rate", "bare-sync")
  b = of(measure, "rate", "bare-callback")
  row(title, of(measure, "rate", "enlace"), a + 0 > b + 0 ? a : b, \
    "bare gRPC, " (a + 0 > b + 0 ? "sync" : "callback"), 0.9, 0)
}
# What a node could reach that did nothing but carry the messages: no ratio of ours can be above.
function ceiling(title, clients, measure,    a, b, most, peer) {
  a = of("stream-" clients, "rate", "bare-sync")
  b = of("stream-" clients, "rate", "bare-callback")
  most = a + 0 > b + 0 ? a : b
  peer = of(measure, "rate", "postgresql")
  if (most == "" || peer == "" || peer == 0) return
  printf "| %s | %s | %s | %.3g |\n", title, figure(most), figure(peer), most / peer
}
function limit(title, metric, most,    mine) {
  mine = of("disk", metric, "enlace")
  if (mine == "") return
  printf "| %s | %s |  |  |  | <= %d | %s |\n", title, figure(mine), most, \
    verdict(mine <= most)
}
{ values[$1 SUBSEP $2 SUBSEP $3] = values[$1 SUBSEP $2 SUBSEP $3] " " $4 }
END {
  if (short) print "These figures compare nothing: a short run is too small and too brief.\n"
  print "| measure | Enlace | peer | which peer | ratio | goal | |"
  print "|---|---:|---:|---|---:|---:|---|"
  beside("single writes, 1 client, rec/s", "put-1", "rate", 0.75)
  beside("single writes, 8 clients, rec/s", "put-8", "rate", 1.3)
  beside("single writes, 32 clients, rec/s", "put-32", "rate", 1.3)
  beside("batches of 1,000, rec/s", "batch", "rate", 1.7)
  beside("bulk, rec/s", "bulk", "rate", 2.0)
  beside("get, 1 client, rec/s", "get-1", "rate", 0.8)
  beside("get, 8 clients, rec/s", "get-8", "rate", 0.8)
  beside("get of 100 a call, rec/s", "getmany", "records", 1.5)
  beside("list, pages of 100, rec/s", "list", "records", 2.0)
  tables("three-way table, ms", "crosstab", 0.3, 0.017)
  tables("plan of 24 tables, ms", "plan24", 0.12, 0.0124)
  beside("catch-up, fresh replica, changes/s", "catchup", "rate", 1.5)
  beside("catch-up, returning replica, changes/s", "resume", "rate", 1.8)
  beside("send to visible, p50 ms", "propagate", "send_to_visible.p50", 0.8, 1)
  beside("send to visible, p99 ms", "propagate", "send_to_visible.p99", 0.9, 1)
  bare("bare calls, 8 clients, calls/s", "ping-8")
  bare("bare calls, 32 clients, calls/s", "ping-32")
  bare("new connections, 8 clients, 1/s", "connect-8")
  limit("disk, bytes a record", "bytes_per_record", 150)
  limit("columns in memory, bytes a record", "columns_bytes_per_record", 100)
  print ""
  print "| a bare gRPC server's open streams beside | messages/s | PostgreSQL | ratio |"
  print "|---|---:|---:|---:|"
  ceiling("single writes, 1 client", 1, "put-1")
  ceiling("single writes, 8 clients", 8, "put-8")
  ceiling("single writes, 32 clients", 32, "put-32")
  ceiling("get, 1 client", 1, "get-1")
  ceiling("get, 8 clients", 8, "get-8")
}
