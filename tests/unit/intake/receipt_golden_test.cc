// The receipt that agencies keep for years, against tests/golden/receipt.csv.
#include <gtest/gtest.h>

#include "client/intake/receipt.h"
#include "tests/testing/golden.h"
#include "tests/testing/temp_dir.h"

namespace enlace::intake {
namespace {

TEST(GoldenReceipt, HasTheFormThatAgenciesHaveInTheirArchives) {
  const testing::TempDir folder;
  ImportState delivery;
  delivery.batch_id = std::string(64, 'a');
  delivery.format = "unodc-glotip";
  delivery.target = "spiffe://arg.demo/node";
  delivery.jurisdiction = "ARG";
  auto receipt = Receipt::Open(folder.path("receipt.csv"), delivery);
  ASSERT_TRUE(receipt.ok()) << receipt.status();

  BatchAnswer answer;
  const std::string figures = "jurisdictions/ARG/observations/";
  answer.results = {{1, Outcome::kAccepted, figures + "1-2-32-0-0-2022", "", ""},
                    {2, Outcome::kUnchanged, figures + "1-2-32-1-0-2022", "", ""},
                    {3, Outcome::kReplaced, figures + "1-2-32-2-0-2022", "", ""},
                    {5, Outcome::kQuarantined, "", "CODE_UNKNOWN", "category"}};
  QuarantinedRow quarantined;
  quarantined.row = 4;
  quarantined.fault.column = "Category, as in the file";
  quarantined.fault.reason = RowReason::kTextBroken;
  Account account;
  account.accepted = 1;
  account.unchanged = 1;
  account.replaced = 1;
  account.quarantined = 2;
  ASSERT_TRUE((*receipt)->Record(answer, {quarantined}, account, 6).ok());

  BatchAnswer later;
  later.results = {{6, Outcome::kInConflict, figures + "1-2-32-0-0-2022", "", ""}};
  later.changed = {{1, Outcome::kInConflict, figures + "1-2-32-0-0-2022", "", ""}};
  account.accepted = 0;
  account.in_conflict = 2;
  ASSERT_TRUE((*receipt)->Record(later, {}, account, 7).ok());
  ASSERT_TRUE((*receipt)->Complete(1'767'225'600'000).ok());

  const std::string golden = testing::TempDir::Read(testing::GoldenPath("receipt.csv"));
  ASSERT_FALSE(golden.empty());
  EXPECT_EQ(testing::TempDir::Read(folder.path("receipt.csv")), golden);
}

}  // namespace
}  // namespace enlace::intake
