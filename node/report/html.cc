#include "node/report/html.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "node/report/html_page.h"
#include "node/report/messages.h"
#include "node/report/summary.h"

namespace enlace::report {
namespace {

using channel::v1::Figure;
using channel::v1::LocalizedText;

// "<span class="t en" lang="en">...</span>" for each language; one bare text when all agree.
template <typename InLanguage>
std::string FourTexts(InLanguage in_language) {
  std::string first;
  bool same = true;
  std::string all;
  for (const std::string_view language : codes::kLanguages) {
    const std::string text = EscapeHtml(in_language(language));
    if (all.empty()) first = text;
    same &= text == first;
    all += fmt::format("<span class=\"t {0}\" lang=\"{0}\">{1}</span>", language, text);
  }
  return same ? first : all;
}

std::string Say(const Message& message) {
  return FourTexts([&message](std::string_view language) { return message.In(language); });
}

// One selection of figures as a table: rows are jurisdiction (and one coordinate), columns
// years.
struct Selection {
  std::string id;
  const Message* title;
  const Message* row_title;  // Of the second column; null for none.
  std::function<bool(const Figure&)> wanted;
  std::function<uint32_t(const Figure&)> coordinate;
  std::function<std::string(uint32_t, std::string_view)> label;
};

class Page {
 public:
  Page(const Input& input, const codes::Registry& registry, const std::string& compiled_on)
      : input_(input),
        registry_(registry),
        labels_(registry),
        compiled_on_(compiled_on),
        sources_(Sources(input)) {
    for (const auto& state : input.statistics) states_[state->jurisdiction] = state.get();
    for (size_t index = 0; index < sources_.size(); ++index) {
      source_number_[sources_[index].release] = index + 1;
    }
  }

  std::string Render() {
    out_ = PageHead(EscapeHtml(text::kTitle.en));
    out_ += "<h1>" + Say(text::kTitle) + "</h1>\n<p>" + Say(text::kIntro) + "</p>\n<p>" +
            Say(text::kCompiled) + " <time>" + EscapeHtml(compiled_on_) + "</time> · <code>" +
            EscapeHtml(input_.network) + "</code></p>\n<p>" + Say(text::kNeverAdded) + "</p>\n";
    const std::vector<Selection> selections = Selections();
    Contents(selections);
    for (const Selection& selection : selections) Table(selection);
    CoverageTable();
    ProgrammeTables();
    StatusTable();
    SourceTable();
    out_ += "</main>\n</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  uint32_t Number(std::string_view list, std::string_view id) const {
    const codes::CodeList* codes = registry_.Find(list);
    const codes::Code* code = codes == nullptr ? nullptr : codes->FindId(id);
    return code == nullptr ? 0 : code->number;
  }

  std::vector<Selection> Selections() const {
    const uint32_t victims = Number("indicator", "detected_victims");
    const uint32_t total = Number("dimension", "total");
    const uint32_t by_form = Number("dimension", "by_form");
    const auto of = [this](std::string_view list) {
      return [this, list](uint32_t number, std::string_view language) {
        return labels_.Of(list, number, language);
      };
    };
    const auto plain = [total](const Figure& figure) {
      return figure.dimension() == total && figure.category() == 0;
    };
    return {
        {"victims", &text::kVictims, nullptr,
         [=](const Figure& f) {
           return f.indicator() == victims && plain(f) && f.sex() == 0 && f.age() == 0;
         },
         [](const Figure&) { return 0u; }, of("sex")},
        {"form", &text::kVictimsByForm, &text::kForm,
         [=](const Figure& f) {
           return f.indicator() == victims && f.dimension() == by_form && f.category() != 0 &&
                  f.sex() == 0 && f.age() == 0;
         },
         [](const Figure& f) { return f.category(); }, of("official_form")},
        {"sex", &text::kVictimsBySex, &text::kSex,
         [=](const Figure& f) {
           return f.indicator() == victims && plain(f) && f.sex() != 0 && f.age() == 0;
         },
         [](const Figure& f) { return f.sex(); }, of("sex")},
        {"age", &text::kVictimsByAge, &text::kAge,
         [=](const Figure& f) {
           return f.indicator() == victims && plain(f) && f.sex() == 0 && f.age() != 0;
         },
         [](const Figure& f) { return f.age(); }, of("age_group")},
        {"justice", &text::kJustice, &text::kIndicator,
         [=](const Figure& f) {
           return f.indicator() != victims && plain(f) && f.sex() == 0 && f.age() == 0;
         },
         [](const Figure& f) { return f.indicator(); }, of("indicator")},
    };
  }

  void Contents(const std::vector<Selection>& selections) {
    out_ += "<nav aria-label=\"Contents\"><ul>\n";
    const auto item = [this](std::string_view id, const Message& title) {
      out_ += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", id, Say(title));
    };
    for (const Selection& selection : selections) item(selection.id, *selection.title);
    item("coverage", text::kCoverage);
    item("programmes", text::kProgrammes);
    item("statuses", text::kStatuses);
    item("sources", text::kSources);
    out_ += "</ul></nav>\n";
  }

  void Heading(std::string_view id, const Message& title) {
    out_ += fmt::format("<h2 id=\"{}\">{}</h2>\n", id, Say(title));
  }

  void OpenTable(const std::string& caption, const std::vector<std::string>& columns) {
    out_ += "<div class=\"scroll\"><table>\n<caption>" + caption + "</caption>\n<thead><tr>";
    for (const std::string& column : columns) out_ += "<th scope=\"col\">" + column + "</th>";
    out_ += "</tr></thead>\n<tbody>\n";
  }
  void CloseTable() { out_ += "</tbody></table></div>\n"; }

  std::string Cell(const views::PlacedFigure& placed) const {
    const std::string_view word = StatusWord(placed.figure.status());
    const std::string source =
        fmt::format("<sup><a href=\"#r{0}\">{0}</a></sup>", source_number_.at(placed.release));
    if (placed.figure.status() == channel::v1::VALUE) {
      return fmt::format("<td class=\"n\">{}{}</td>", placed.figure.value(), source);
    }
    return MarkCell(word, source);
  }

  static std::string MarkCell(std::string_view word, const std::string& source) {
    const StatusText& status = TextOfStatus(word);
    const bool suppressed = word == "suppressed" || word == "suppressed_by_source";
    // The mark is for the eye, the words are for all: both say that it is no number.
    return fmt::format(
        "<td class=\"{}\"><span aria-hidden=\"true\">{}</span> <small>{}</small>{}"
        "</td>",
        suppressed ? "s" : "m", EscapeHtml(status.mark), Say(status.label), source);
  }

  void Table(const Selection& selection) {
    Heading(selection.id, *selection.title);
    using Line = std::pair<std::string, uint32_t>;
    std::map<Line, std::map<uint32_t, std::string>> lines;
    std::set<uint32_t> years;
    for (const std::string& jurisdiction : Jurisdictions(input_)) {
      const auto state = states_.find(jurisdiction);
      if (state == states_.end()) continue;
      for (const views::PlacedFigure& placed : views::FiguresInForce(*state->second)) {
        if (!selection.wanted(placed.figure)) continue;
        years.insert(placed.figure.year());
        lines[{jurisdiction, selection.coordinate(placed.figure)}][placed.figure.year()] =
            Cell(placed);
      }
    }
    if (selection.row_title == nullptr) {
      // The first table names every member, so that the silent ones are seen.
      for (const std::string& jurisdiction : Jurisdictions(input_)) {
        lines.try_emplace({jurisdiction, 0u});
      }
    }
    std::vector<std::string> columns = {Say(text::kJurisdiction)};
    if (selection.row_title != nullptr) columns.push_back(Say(*selection.row_title));
    for (const uint32_t year : years) columns.push_back(std::to_string(year));
    OpenTable(Say(*selection.title), columns);
    for (const auto& [line, cells] : lines) {
      out_ += "<tr><th scope=\"row\">" + EscapeHtml(line.first) + "</th>";
      if (selection.row_title != nullptr) {
        const uint32_t coordinate = line.second;
        out_ += "<th scope=\"row\">" + FourTexts([&](std::string_view language) {
                  return selection.label(coordinate, language);
                }) +
                "</th>";
      }
      for (const uint32_t year : years) {
        const auto cell = cells.find(year);
        out_ += cell == cells.end() ? MarkCell("missing", "") : cell->second;
      }
      out_ += "</tr>\n";
    }
    CloseTable();
  }

  void CoverageTable() {
    Heading("coverage", text::kCoverage);
    std::vector<std::string> columns = {Say(text::kJurisdiction), Say(text::kYears),
                                        Say(text::kReleases)};
    for (const StatusText& status : StatusTexts()) columns.push_back(Say(status.label));
    columns.push_back(Say(text::kLeftOut));
    OpenTable(Say(text::kCoverage), columns);
    for (const Coverage& coverage : MakeCoverage(input_)) {
      out_ += "<tr><th scope=\"row\">" + EscapeHtml(coverage.jurisdiction) + "</th><td>";
      if (!coverage.channel_held) {
        out_ += Say(text::kNotHeld);
      } else if (coverage.years.empty()) {
        out_ += Say(text::kNoRelease);
      } else {
        out_ += fmt::format("{}", fmt::join(coverage.years, ", "));
      }
      if (coverage.stopped) out_ += "<br><strong>" + Say(text::kStopped) + "</strong>";
      out_ += fmt::format("</td><td class=\"n\">{}</td>", coverage.releases);
      for (const StatusText& status : StatusTexts()) {
        const auto count = coverage.by_status.find(std::string(status.word));
        out_ += fmt::format("<td class=\"n\">{}</td>",
                            count == coverage.by_status.end() ? 0 : count->second);
      }
      const views::LeftOut& left_out = coverage.left_out;
      out_ += fmt::format(
          "<td class=\"n\">{}</td></tr>\n",
          left_out.not_understood + left_out.withheld + left_out.erased + left_out.invalid);
    }
    CloseTable();
  }

  static std::string TextIn(const LocalizedText& texts, std::string_view language) {
    for (const auto& text : texts.texts()) {
      if (text.language() != language) continue;
      const bool machine = text.translation() == LocalizedText::Text::MACHINE;
      return text.text() +
             (machine ? fmt::format(" ({})", text::kMachine.In(language)) : std::string());
    }
    // Never another language's text as if it were this one's.
    return fmt::format("({})", text::kMissingTranslation.In(language));
  }

  template <typename Numbers>
  std::string CodeLabels(std::string_view list, const Numbers& numbers) const {
    return FourTexts([&](std::string_view language) {
      std::string all;
      for (const uint32_t number : numbers) {
        all += (all.empty() ? "" : ", ") + labels_.Of(list, number, language);
      }
      return all;
    });
  }

  void CountTable(const Message& title, std::string_view list,
                  const std::map<uint32_t, uint64_t>& counts) {
    OpenTable(Say(title), {Say(title), Say(text::kCount)});
    for (const auto& [number, count] : counts) {
      const uint32_t code = number;
      out_ +=
          "<tr><th scope=\"row\">" +
          FourTexts([&](std::string_view language) { return labels_.Of(list, code, language); }) +
          fmt::format("</th><td class=\"n\">{}</td></tr>\n", count);
    }
    CloseTable();
  }

  void ProgrammeTables() {
    Heading("programmes", text::kProgrammes);
    const ProgrammeList list = Programmes(input_);
    if (list.not_shown > 0) {
      out_ += "<p>" + Say(text::kNotShown) + fmt::format(": {}</p>\n", list.not_shown);
    }
    const auto& programmes = list.shown;
    if (programmes.empty()) {
      out_ += "<p>" + Say(text::kNone) + "</p>\n";
      return;
    }
    std::map<uint32_t, uint64_t> topics;
    std::map<uint32_t, uint64_t> audiences;
    for (const auto* entry : programmes) {
      for (const uint32_t topic : entry->programme.topics()) ++topics[topic];
      for (const uint32_t audience : entry->programme.audiences()) ++audiences[audience];
    }
    CountTable(text::kByTopic, "training_topic", topics);
    CountTable(text::kByAudience, "training_audience", audiences);
    OpenTable(Say(text::kProgrammes), {Say(text::kProgramme), Say(text::kTopics),
                                       Say(text::kAudiences), Say(text::kSources)});
    for (const auto* entry : programmes) {
      out_ += "<tr><th scope=\"row\">" + FourTexts([&](std::string_view language) {
                return TextIn(entry->programme.title(), language);
              }) +
              "</th><td>" + CodeLabels("training_topic", entry->programme.topics()) + "</td><td>" +
              CodeLabels("training_audience", entry->programme.audiences()) + "</td><td><code>" +
              EscapeHtml(entry->programme.name()) + "</code><br><code>" +
              EscapeHtml(entry->channel) + "</code> " + std::to_string(entry->sequence) +
              "</td></tr>\n";
    }
    CloseTable();
  }

  void StatusTable() {
    Heading("statuses", text::kStatuses);
    OpenTable(Say(text::kStatuses), {Say(text::kStatus), Say(text::kMeaning)});
    for (const StatusText& status : StatusTexts()) {
      out_ += "<tr>" +
              (status.word == "value"
                   ? "<td class=\"n\">123 <small>" + Say(status.label) + "</small></td>"
                   : MarkCell(status.word, "")) +
              "<td>" + Say(status.meaning) + "</td></tr>\n";
    }
    CloseTable();
    out_ += "<p>" + Say(text::kOfficialTable) + "</p>\n";
  }

  // The label, then whose records; not in a language's words, since they are ids.
  std::string BasisOf(const channel::v1::ReleaseContent& content) const {
    std::string basis = FourTexts([&](std::string_view language) {
      return labels_.Of("counting_basis", content.counting_basis(), language);
    });
    for (const std::string& entity : content.entities()) {
      basis += " <code>" + EscapeHtml(entity) + "</code>";
    }
    return basis;
  }

  void SourceTable() {
    Heading("sources", text::kSources);
    OpenTable(
        Say(text::kSources),
        {"#", Say(text::kRelease), Say(text::kBasis), Say(text::kReleasedOn), Say(text::kChannel),
         Say(text::kSequence), Say(text::kCheckpointSize), Say(text::kFigures)});
    for (size_t index = 0; index < sources_.size(); ++index) {
      const Source& source = sources_[index];
      out_ += fmt::format(
          "<tr id=\"r{0}\"><th scope=\"row\">{0}</th><td><code>{1}</code></td><td>{7}</td>"
          "<td>{2}</td><td><code>{3}</code></td><td class=\"n\">{4}</td><td class=\"n\">{5}</td>"
          "<td class=\"n\">{6}</td></tr>\n",
          index + 1, EscapeHtml(source.release->content.name()),
          EscapeHtml(source.release->released_on), EscapeHtml(source.state->channel.origin),
          source.release->sequence, source.state->channel.size,
          source.release->content.figures_size(), BasisOf(source.release->content));
    }
    CloseTable();
  }

  const Input& input_;
  const codes::Registry& registry_;
  const Labels labels_;
  const std::string& compiled_on_;
  std::map<std::string, const views::StatisticsState*> states_;
  const std::vector<Source> sources_;
  std::map<const views::ReleaseInForce*, size_t> source_number_;
  std::string out_;
};

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string WriteHtml(const Input& input, const codes::Registry& registry,
                      const std::string& compiled_on) {
  return Page(input, registry, compiled_on).Render();
}

}  // namespace enlace::report
