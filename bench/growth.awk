# Figures (measure, size, value) to a table, and to a plot of each measure against its value at the
# smallest size, both axes by tens.
function figure(value) { return value >= 1000 ? sprintf("%d", value) : sprintf("%.3g", value) }
function thousands(value,    text, out) {
  text = sprintf("%d", value)
  while (length(text) > 3) {
    out = "," substr(text, length(text) - 2) out
    text = substr(text, 1, length(text) - 3)
  }
  return text out
}
function log10(value) { return log(value) / log(10) }
function x(size) { return left + (log10(size) - log10(sizes[1])) * width / span }
function y(ratio) { return top + (high - log10(ratio)) * height / (high - low) }
{
  if (!($1 in seen)) { seen[$1] = 1; names[++count] = $1 }
  if (!($2 in sized)) { sized[$2] = 1; sizes[++n] = $2 }
  values[$1, $2] = $3
}
END {
  line = "| measure |"
  rule = "|---|"
  for (i = 1; i <= n; ++i) { line = line " " thousands(sizes[i]) " |"; rule = rule "---:|" }
  print line
  print rule
  low = 0; high = 0
  for (m = 1; m <= count; ++m) {
    line = "| " names[m] " |"
    for (i = 1; i <= n; ++i) {
      line = line " " figure(values[names[m], sizes[i]]) " |"
      ratio = log10(values[names[m], sizes[i]] / values[names[m], sizes[1]])
      if (ratio < low) low = ratio
      if (ratio > high) high = ratio
    }
    print line
  }
  plot()
}
function plot(    m, i, decade, color, points) {
  left = 60; top = 20; width = 460; height = 340
  span = n > 1 ? log10(sizes[n]) - log10(sizes[1]) : 1
  low = int(low) - (low < 0 ? 1 : 0); high = int(high) + 1
  split("#1b6ca8 #c0392b #1e8449 #8e44ad #d68910 #117a65 #5d6d7e #a04000 #2c3e50 #7d3c98", color, \
    " ")
  print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 820 420\"" > svg
  print " font-family=\"sans-serif\" font-size=\"12\">" > svg
  print "<title>Each measure as its records grow, against that at the smallest size</title>" > svg
  print "<rect width=\"820\" height=\"420\" fill=\"#ffffff\"/>" > svg
  for (decade = low; decade <= high; ++decade) {
    printf "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", left, \
      left + width, y(10 ^ decade), y(10 ^ decade), decade == 0 ? "#888888" : "#dddddd" > svg
    printf "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", left - 8, \
      y(10 ^ decade) + 4, 10 ^ decade > svg
  }
  for (i = 1; i <= n; ++i) {
    printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x(sizes[i]), \
      top + height + 20, thousands(sizes[i]) > svg
  }
  printf "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">records</text>\n", left + width / 2, \
    top + height + 40 > svg
  for (m = 1; m <= count; ++m) {
    points = ""
    for (i = 1; i <= n; ++i) {
      points = points sprintf("%.1f,%.1f ", x(sizes[i]), \
        y(values[names[m], sizes[i]] / values[names[m], sizes[1]]))
    }
    printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", points, \
      color[m] > svg
    printf "<line x1=\"560\" x2=\"584\" y1=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2\"/>\n", \
      24 + 20 * m, 24 + 20 * m, color[m] > svg
    printf "<text x=\"592\" y=\"%d\">%s</text>\n", 28 + 20 * m, names[m] > svg
  }
  printf "</svg>\n" > svg
}
