#include "node/report/html_page.h"

namespace enlace::report {
namespace {

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--paper:#fff;--band:#f3f5f7;
--line:#d0d7de;--mark:#8a4b00;--accent:#0b5394}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b1;--paper:#14181d;
--band:#1d232a;--line:#39424c;--mark:#f0b267;--accent:#7fb6ee}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;
color:var(--ink);background:var(--paper)}
h1{font-size:1.6rem;line-height:1.2}h2{font-size:1.25rem;margin-top:2.5rem;
border-bottom:2px solid var(--line);padding-bottom:.25rem}
a{color:var(--accent)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:.75rem 0;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{border:1px solid var(--line);padding:.25rem .5rem;text-align:left;vertical-align:top}
thead th,tbody th{background:var(--band)}
td.n{text-align:right}
td.s{text-align:right;color:var(--mark);background:repeating-linear-gradient(135deg,
transparent 0 4px,var(--band) 4px 8px);font-style:italic}
td.m{text-align:center;color:var(--soft)}
sup a{text-decoration:none}
code{font-size:.85em;overflow-wrap:anywhere}
input.lang{position:absolute;opacity:0}
label.lang{display:inline-block;border:1px solid var(--line);padding:.2rem .7rem;cursor:pointer}
#l-en:checked~label[for=l-en],#l-es:checked~label[for=l-es],#l-fr:checked~label[for=l-fr],
#l-pt:checked~label[for=l-pt]{background:var(--accent);color:var(--paper)}
input.lang:focus-visible+label{outline:3px solid var(--mark)}
#l-en:checked~main .t:not(.en),#l-es:checked~main .t:not(.es),#l-fr:checked~main .t:not(.fr),
#l-pt:checked~main .t:not(.pt){display:none}
@media print{label.lang,nav{display:none}body{max-width:none;color:#000;background:#fff}
h2{break-after:avoid}table{break-inside:auto}tr{break-inside:avoid}}
)";

}  // namespace

std::string PageHead(std::string_view title) {
  std::string head =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n<title>";
  head += title;
  head += "</title>\n<style>";
  head += kStyle;
  head += "</style>\n</head>\n<body>\n";
  constexpr std::string_view kNames[][2] = {
      {"en", "English"}, {"es", "Español"}, {"fr", "Français"}, {"pt", "Português"}};
  for (const auto& [id, name] : kNames) {
    const std::string code(id);
    head += "<input class=\"lang\" type=\"radio\" name=\"lang\" id=\"l-" + code + "\"" +
            (id == "en" ? " checked" : "") + ">\n<label class=\"lang\" for=\"l-" + code +
            "\" lang=\"" + code + "\">" + std::string(name) + "</label>\n";
  }
  return head + "<main>\n";
}

}  // namespace enlace::report
