#include "node/report/messages.h"

#include "node/base/check.h"

namespace enlace::report {

namespace text {

const Message kTitle = {"Regional report on trafficking in persons",
                        "Informe regional sobre la trata de personas",
                        "Rapport régional sur la traite des personnes",
                        "Relatório regional sobre o tráfico de pessoas"};
const Message kIntro = {
    "Official figures that the states have released, each with its origin. Every figure "
    "follows from an entry of a channel that the releasing state signed, and can be checked.",
    "Cifras oficiales publicadas por los Estados, cada una con su origen. Toda cifra procede "
    "de un registro de un canal firmado por el Estado que la publica y puede verificarse.",
    "Chiffres officiels publiés par les États, chacun avec son origine. Chaque chiffre découle "
    "d'une entrée d'un canal signée par l'État qui la publie et peut être vérifié.",
    "Números oficiais divulgados pelos Estados, cada um com sua origem. Cada número decorre de "
    "um registro de um canal assinado pelo Estado que o divulga e pode ser verificado."};
const Message kCompiled = {"Compiled on", "Elaborado el", "Établi le", "Elaborado em"};
const Message kLanguage = {"Language", "Idioma", "Langue", "Idioma"};
const Message kContents = {"Contents", "Contenido", "Sommaire", "Conteúdo"};
const Message kVictims = {
    "Detected victims by jurisdiction and year", "Víctimas detectadas por jurisdicción y año",
    "Victimes détectées par juridiction et par année", "Vítimas detectadas por jurisdição e ano"};
const Message kVictimsByForm = {
    "Detected victims by form of exploitation", "Víctimas detectadas por forma de explotación",
    "Victimes détectées par forme d'exploitation", "Vítimas detectadas por forma de exploração"};
const Message kVictimsBySex = {"Detected victims by sex", "Víctimas detectadas por sexo",
                               "Victimes détectées par sexe", "Vítimas detectadas por sexo"};
const Message kVictimsByAge = {"Detected victims by age", "Víctimas detectadas por edad",
                               "Victimes détectées par âge", "Vítimas detectadas por idade"};
const Message kJustice = {"Offences, contacts, prosecutions and convictions",
                          "Delitos, contactos formales, procesamientos y condenas",
                          "Infractions, contacts, poursuites et condamnations",
                          "Crimes, contatos formais, processos e condenações"};
const Message kCoverage = {"Coverage: who has reported what", "Cobertura: quién ha informado qué",
                           "Couverture : qui a communiqué quoi", "Cobertura: quem informou o quê"};
const Message kProgrammes = {
    "Training and awareness programmes", "Programas de formación y sensibilización",
    "Programmes de formation et de sensibilisation", "Programas de formação e sensibilização"};
const Message kStatuses = {"What the marks mean", "Qué significan las marcas",
                           "Signification des marques", "O que significam as marcas"};
const Message kSources = {"Sources", "Fuentes", "Sources", "Fontes"};
const Message kJurisdiction = {"Jurisdiction", "Jurisdicción", "Juridiction", "Jurisdição"};
const Message kYears = {"Years", "Años", "Années", "Anos"};
const Message kForm = {"Form of exploitation", "Forma de explotación", "Forme d'exploitation",
                       "Forma de exploração"};
const Message kSex = {"Sex", "Sexo", "Sexe", "Sexo"};
const Message kAge = {"Age", "Edad", "Âge", "Idade"};
const Message kIndicator = {"Indicator", "Indicador", "Indicateur", "Indicador"};
const Message kReleases = {"Releases", "Publicaciones", "Publications", "Divulgações"};
const Message kRelease = {"Release", "Publicación", "Publication", "Divulgação"};
const Message kReleasedOn = {"Released on", "Publicada el", "Publiée le", "Divulgada em"};
const Message kChannel = {"Channel", "Canal", "Canal", "Canal"};
const Message kSequence = {"Entry", "Registro", "Entrée", "Registro"};
const Message kCheckpointSize = {"Signed size", "Tamaño firmado", "Taille signée",
                                 "Tamanho assinado"};
const Message kFigures = {"Figures", "Cifras", "Chiffres", "Números"};
const Message kNoRelease = {"No release in force", "Ninguna publicación vigente",
                            "Aucune publication en vigueur", "Nenhuma divulgação vigente"};
const Message kNotHeld = {"Nothing has been received from this member.",
                          "No se ha recibido nada de este miembro.",
                          "Rien n'a été reçu de ce membre.", "Nada foi recebido deste membro."};
const Message kNone = {"None", "Ninguno", "Aucun", "Nenhum"};
const Message kProgramme = {"Programme", "Programa", "Programme", "Programa"};
const Message kTopics = {"Topics", "Temas", "Thèmes", "Temas"};
const Message kAudiences = {"Audiences", "Destinatarios", "Publics", "Públicos"};
const Message kByTopic = {"Programmes by topic", "Programas por tema", "Programmes par thème",
                          "Programas por tema"};
const Message kByAudience = {"Programmes by audience", "Programas por destinatario",
                             "Programmes par public", "Programas por público"};
const Message kCount = {"Number", "Número", "Nombre", "Número"};
const Message kMissingTranslation = {"not available in English", "no disponible en español",
                                     "non disponible en français", "não disponível em português"};
const Message kNeverAdded = {
    "Figures of different jurisdictions are not added: a person may have been detected in "
    "several of them.",
    "Las cifras de distintas jurisdicciones no se suman: una persona puede haber sido detectada "
    "en varias de ellas.",
    "Les chiffres de différentes juridictions ne sont pas additionnés : une personne peut avoir "
    "été détectée dans plusieurs d'entre elles.",
    "Os números de diferentes jurisdições não são somados: uma pessoa pode ter sido detectada em "
    "várias delas."};
const Message kLeftOut = {"Entries not shown", "Registros no mostrados", "Entrées non affichées",
                          "Registros não exibidos"};
const Message kStatus = {"Status", "Estado", "Statut", "Situação"};
const Message kMeaning = {"Meaning", "Significado", "Signification", "Significado"};
const Message kOfficialTable = {
    "Official table: exact figures; small ones are hidden, and as many others as it takes so "
    "that the hidden ones cannot be computed.",
    "Tabla oficial: cifras exactas; se ocultan las pequeñas y todas las necesarias para que no "
    "puedan calcularse las ocultas.",
    "Tableau officiel : chiffres exacts ; les petits sont masqués, ainsi que tous ceux qui "
    "permettraient de les calculer.",
    "Tabela oficial: números exatos; os pequenos são ocultados, bem como todos os necessários "
    "para que os ocultos não possam ser calculados."};
const Message kMachine = {"machine translation", "traducción automática", "traduction automatique",
                          "tradução automática"};

const Message kBasis = {"Counted", "Qué se cuenta", "Ce qui est compté", "O que se conta"};
const Message kStopped = {
    "Stopped: the owner signed two histories that contradict each other, so its figures prove "
    "nothing until the state settles it.",
    "Detenido: el titular firmó dos historias que se contradicen, de modo que sus cifras no "
    "prueban nada hasta que el Estado lo aclare.",
    "Arrêté : le titulaire a signé deux historiques qui se contredisent ; ses chiffres ne "
    "prouvent rien tant que l'État n'a pas tranché.",
    "Parado: o titular assinou dois históricos que se contradizem, de modo que seus números não "
    "provam nada até que o Estado o esclareça."};
const Message kNotShown = {"Programmes for a narrower audience, not shown here",
                           "Programas para un público más "
                           "limitado, no mostrados aquí",
                           "Programmes destinés à un public plus restreint, non affichés "
                           "ici",
                           "Programas para um público mais restrito, não exibidos aqui"};

}  // namespace text

namespace {

constexpr StatusText kStatusTexts[] = {
    {"value",
     "123",
     {"Value", "Valor", "Valeur", "Valor"},
     {"The count, as released. 0 means that there was none.",
      "La cantidad publicada. 0 significa que no hubo ninguno.",
      "Le nombre publié. 0 signifie qu'il n'y en a eu aucun.",
      "A quantidade divulgada. 0 significa que não houve nenhum."}},
    {"suppressed",
     "▒",
     {"Suppressed", "Suprimido", "Masqué", "Suprimido"},
     {"Hidden by the releasing state, to protect persons. It is not zero and not missing.",
      "Oculto por el Estado que publica, para proteger a las personas. No es cero ni falta.",
      "Masqué par l'État qui publie, pour protéger les personnes. Ce n'est ni zéro ni manquant.",
      "Ocultado pelo Estado que divulga, para proteger as pessoas. Não é zero nem está ausente."}},
    {"suppressed_by_source",
     "<5",
     {"Suppressed by the source", "Suprimido por la fuente", "Masqué par la source",
      "Suprimido pela fonte"},
     {"Hidden before it reached the state's node: 0 to 4.",
      "Oculto antes de llegar al nodo del Estado: de 0 a 4.",
      "Masqué avant de parvenir au nœud de l'État : de 0 à 4.",
      "Ocultado antes de chegar ao nó do Estado: de 0 a 4."}},
    {"below_floor",
     "⊥",
     {"Below the publication floor", "Por debajo del mínimo de publicación",
      "Sous le seuil de publication", "Abaixo do mínimo de divulgação"},
     {"Too small to be told from the noise of its method.",
      "Demasiado pequeño para distinguirse del ruido de su método.",
      "Trop petit pour être distingué du bruit de sa méthode.",
      "Pequeno demais para se distinguir do ruído do método."}},
    {"in_conflict",
     "≠",
     {"In conflict", "En conflicto", "En conflit", "Em conflito"},
     {"Sources contradict each other and nobody has decided yet.",
      "Las fuentes se contradicen y nadie ha decidido todavía.",
      "Les sources se contredisent et personne n'a encore tranché.",
      "As fontes se contradizem e ninguém decidiu ainda."}},
    {"missing",
     "—",
     {"Missing", "Falta", "Manquant", "Ausente"},
     {"Expected and not reported.", "Se esperaba y no se informó.", "Attendu et non communiqué.",
      "Esperado e não informado."}},
    {"not_collected",
     "n/c",
     {"Not collected", "No se recoge", "Non collecté", "Não coletado"},
     {"The jurisdiction does not collect this.", "La jurisdicción no recoge este dato.",
      "La juridiction ne collecte pas cette donnée.", "A jurisdição não coleta este dado."}},
    {"not_applicable",
     "n/a",
     {"Not applicable", "No aplica", "Sans objet", "Não se aplica"},
     {"The question does not apply.", "La pregunta no procede.", "La question ne se pose pas.",
      "A pergunta não se aplica."}},
    {"unknown",
     "?",
     {"Unknown", "Desconocido", "Inconnu", "Desconhecido"},
     {"Asked, and not known.", "Se preguntó y no se sabe.", "Demandé, et non connu.",
      "Perguntado e não conhecido."}},
};

}  // namespace

std::span<const StatusText> StatusTexts() { return kStatusTexts; }

const StatusText& TextOfStatus(std::string_view word) {
  for (const StatusText& status : kStatusTexts) {
    if (status.word == word) return status;
  }
  ENLACE_CHECK(false && "a status without text");
  return kStatusTexts[0];
}

}  // namespace enlace::report
