#include "app/queue_commands.h"

#include <gtest/gtest.h>

#include "app/files.h"

namespace baton {
namespace {

class PlaceTest : public testing::Test {
 protected:
  PlaceTest() : folder(testing::TempDir() + "baton-place-" + new_run_id()) {}
  ~PlaceTest() override { std::filesystem::remove_all(folder); }
  const std::filesystem::path folder;
};

TEST_F(PlaceTest, IsMadeOnceAndStaysWithItsFolder) {
  const Result<std::string> place = place_of_state(folder);
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_TRUE(place->starts_with("p-"));
  EXPECT_EQ(place->size(), 14U);
  EXPECT_EQ(*place_of_state(folder), *place);
  EXPECT_NE(*place_of_state(folder / "another"), *place);
}

TEST_F(PlaceTest, ThatIsNoneIsRefusedWithTheFileToMend) {
  ASSERT_TRUE(place_of_state(folder));
  for (const char* text :
       {"", "p-", "p-UPPERCASE0AB\n", "p-0123456789abcdef\n", "q-0123456789ab\n"}) {
    ASSERT_TRUE(write_file(folder / "place", text));
    const Result<std::string> place = place_of_state(folder);
    ASSERT_FALSE(place) << text;
    EXPECT_EQ(place.error().kind, ErrorKind::kStorage);
    EXPECT_NE(place.error().message.find((folder / "place").string()), std::string::npos);
  }
}

TEST(KeyTest, IsVisibleAsciiOfABoundedLength) {
  for (const std::string& key :
       {std::string(), std::string("a"), std::string("web/pull/17#2@4f"), std::string(200, 'x')})
    EXPECT_TRUE(check_key(key)) << key;
  for (const std::string& key : {std::string("a b"), std::string("a\n"), std::string("\x7f"),
                                 std::string("ö"), std::string(201, 'x')})
    EXPECT_FALSE(check_key(key)) << key;
}

}  // namespace
}  // namespace baton
