#include "client/cli/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "node/base/check.h"

namespace enlace::cli {
namespace {

constexpr size_t kListedIdsMax = 40;

struct Words {
  std::string_view en, es, fr, pt;
};

constexpr Words kWords[] = {
    {"unknown", "desconocido", "inconnu", "desconhecido"},
    {"not collected", "no recopilado", "non collecté", "não coletado"},
    {"not applicable", "no aplicable", "sans objet", "não aplicável"},
    {"total", "total", "total", "total"},
    {"suppressed", "suprimido", "supprimé", "suprimido"},
    {"suppressed by source", "suprimido por la fuente", "supprimé par la source",
     "suprimido pela fonte"},
    {"below floor", "por debajo del mínimo", "en dessous du seuil", "abaixo do mínimo"},
    {"in conflict", "en conflicto", "en conflit", "em conflito"},
    {"missing", "faltante", "manquant", "ausente"},
    {"count", "casos", "nombre", "casos"},
    {"value", "valor", "valeur", "valor"},
    {"year", "año", "année", "ano"},
    {"jurisdiction", "jurisdicción", "juridiction", "jurisdição"},
    {"indicator", "indicador", "indicateur", "indicador"},
    {"dimension", "dimensión", "dimension", "dimensão"},
    {"category", "categoría", "catégorie", "categoria"},
    {"sex", "sexo", "sexe", "sexo"},
    {"age", "edad", "âge", "idade"},
    {"entity", "entidad", "entité", "entidade"},
    {"name", "nombre", "nom", "nome"},
    {"counted: {}", "qué se cuenta: {}", "ce qui est compté : {}", "o que se conta: {}"},
    {"entities: {}", "entidades: {}", "entités : {}", "entidades: {}"},
    {"records: {}", "registros: {}", "dossiers : {}", "registros: {}"},
    {"records: {}, {} with an answer in every attribute",
     "registros: {}, {} con respuesta en cada atributo",
     "dossiers : {}, dont {} avec une réponse à chaque attribut",
     "registros: {}, {} com resposta em cada atributo"},
    {"counts below {} are suppressed", "los recuentos menores de {} se suprimen",
     "les nombres inférieurs à {} sont supprimés", "as contagens abaixo de {} são suprimidas"},
    {"a record can stand in several rows: they add up to more than the records",
     "un registro puede estar en varias filas: suman más que los registros",
     "un dossier peut figurer dans plusieurs lignes : leur somme dépasse le nombre de dossiers",
     "um registro pode estar em várias linhas: a soma é maior que o número de registros"},
    {"a person in the records of several entities is counted more than once",
     "una persona en los registros de varias entidades se cuenta más de una vez",
     "une personne présente dans les dossiers de plusieurs entités est comptée plusieurs fois",
     "uma pessoa nos registros de várias entidades é contada mais de uma vez"},
    {"presumed and identified victims are counted together; victim_status tells them apart",
     "víctimas presuntas e identificadas se cuentan juntas; victim_status las distingue",
     "victimes présumées et identifiées sont comptées ensemble ; victim_status les distingue",
     "vítimas presumidas e identificadas são contadas juntas; victim_status as distingue"},
};

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool IsPropertyOf(const codes::Code& code, std::string_view name, std::string_view lower) {
  const auto found = code.properties.find(std::string(name));
  return found != code.properties.end() && Lower(found->second) == lower;
}

Status NoSuchCode(const codes::CodeList& list) {
  std::string message = fmt::format("expected a code of list {}", list.name());
  if (list.codes().size() <= kListedIdsMax) {
    message += ":";
    for (const codes::Code& code : list.codes()) message += " " + code.id;
  } else {
    message += fmt::format("; `enlace codes list {}` shows them", list.name());
  }
  return Error(Reason::CODE_UNKNOWN, message, {{"list", list.name()}});
}

}  // namespace

std::string CodeLabel(const codes::CodeList& list, uint32_t number, std::string_view language) {
  if (const auto label = list.Label(number, language)) return *label;
  const codes::Code* code = list.Find(number);
  return code != nullptr ? "[" + code->id + "]" : fmt::format("[{}]", number);
}

std::string Word(std::string_view english, std::string_view language) {
  for (const Words& words : kWords) {
    if (words.en != english) continue;
    const std::string_view found = language == "es"   ? words.es
                                   : language == "fr" ? words.fr
                                   : language == "pt" ? words.pt
                                                      : words.en;
    return std::string(found);
  }
  ENLACE_CHECK(false);
}

std::string MissingLabel(model::Missing missing, std::string_view language) {
  switch (missing) {
    case model::Missing::kUnknown:
      return Word("unknown", language);
    case model::Missing::kNotCollected:
      return Word("not collected", language);
    case model::Missing::kNotApplicable:
      return Word("not applicable", language);
    case model::Missing::kNone:
      break;
  }
  return "";
}

StatusOr<uint32_t> ParseCode(const codes::CodeList& list, std::string_view text) {
  if (const codes::Code* code = list.FindId(text)) return code->number;
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && list.Find(number) != nullptr) {
    return number;
  }
  const std::string lower = Lower(text);
  const std::string ending = "_" + lower;
  const codes::Code* found = nullptr;
  for (const codes::Code& code : list.codes()) {
    const bool ends = code.id.size() > ending.size() &&
                      code.id.compare(code.id.size() - ending.size(), ending.size(), ending) == 0;
    const bool country = IsPropertyOf(code, "alpha2", lower) || IsPropertyOf(code, "alpha3", lower);
    if (!ends && !country) continue;
    if (found != nullptr) return NoSuchCode(list);
    found = &code;
  }
  if (found == nullptr || lower.empty()) return NoSuchCode(list);
  return found->number;
}

std::string Upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

std::string Counted(uint64_t count, std::string_view one, std::string_view several) {
  return fmt::format("{} {}", count, count == 1 ? one : several);
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (;;) {
    const size_t end = text.find(separator);
    out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

}  // namespace enlace::cli
