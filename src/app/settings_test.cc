#include "app/settings.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <map>

namespace baton {
namespace {

using testing::HasSubstr;

using Variables = std::map<std::string, std::string>;

// The environment as a test wants it, and as it was once the test is over. An empty value unsets.
class Environment {
 public:
  explicit Environment(const Variables& wanted) {
    for (const char* name : {"HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "BATON_STATE"}) {
      const char* value = getenv(name);
      before_[name] = value == nullptr ? "" : value;
      set(name, "");
    }
    for (const auto& [name, value] : wanted) set(name, value);
  }
  ~Environment() {
    for (const auto& [name, value] : before_) set(name, value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  static void set(const std::string& name, const std::string& value) {
    if (value.empty()) {
      unsetenv(name.c_str());
    } else {
      setenv(name.c_str(), value.c_str(), 1);
    }
  }
  Variables before_;
};

TEST(ProfileTest, AProfileNamesAModelForEveryTierButTheLocalOne) {
  EXPECT_EQ(*profile_models("default"),
            (TierModels{"claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-4-7"}));
  EXPECT_EQ(*profile_models("5.5"),
            (TierModels{"claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"}));
}

TEST(ProfileTest, AnUnknownProfileIsAnErrorThatNamesThoseThereAre) {
  const Result<TierModels> models = profile_models("best");
  ASSERT_FALSE(models.ok());
  EXPECT_EQ(models.error(), usage_error("there is no profile 'best': expected default or 5.5"));
}

TEST(StateFolderTest, TheOptionGoesBeforeTheEnvironmentAndTheEnvironmentBeforeTheDefault) {
  Variables environment = {
      {"BATON_STATE", "/set"}, {"XDG_STATE_HOME", "/xdg"}, {"HOME", "/home/user"}};
  {
    const Environment held(environment);
    EXPECT_EQ(*state_folder("given"), "given");
    EXPECT_EQ(*state_folder(""), "/set");
  }
  environment.erase("BATON_STATE");
  {
    const Environment held(environment);
    EXPECT_EQ(*state_folder(""), "/xdg/baton");
  }
  environment.erase("XDG_STATE_HOME");
  const Environment held(environment);
  EXPECT_EQ(*state_folder(""), "/home/user/.local/state/baton");
}

TEST(StateFolderTest, ARelativePathOfXdgIsIgnored) {
  const Environment held(Variables{
      {"HOME", "/home/user"}, {"XDG_STATE_HOME", "state"}, {"XDG_CONFIG_HOME", "./config"}});
  EXPECT_EQ(*state_folder(""), "/home/user/.local/state/baton");
  EXPECT_EQ(config_folder(), "/home/user/.config/baton");
}

TEST(StateFolderTest, WithoutAHomeAPlaceHasToBeGiven) {
  for (const Variables& without :
       {Variables{}, Variables{{"HOME", "here"}}, Variables{{"XDG_STATE_HOME", "state"}}}) {
    const Environment held(without);
    const Result<std::filesystem::path> folder = state_folder("");
    ASSERT_FALSE(folder.ok());
    EXPECT_EQ(folder.error().kind, ErrorKind::kUsage);
    EXPECT_THAT(folder.error().message, HasSubstr("--state DIR"));
    EXPECT_EQ(*state_folder("given"), "given");
  }
}

// A relative one could lie in what is reviewed, and name commands to run.
TEST(ConfigFolderTest, WithoutAHomeThereIsNone) {
  for (const Variables& without :
       {Variables{}, Variables{{"HOME", "."}}, Variables{{"XDG_CONFIG_HOME", ".config"}}}) {
    const Environment held(without);
    EXPECT_EQ(config_folder(), std::nullopt);
    EXPECT_TRUE(load_tables("", "").ok());
  }
}

TEST(ConfigFolderTest, ItIsTheUsersOwn) {
  {
    const Environment held(Variables{{"HOME", "/home/user"}});
    EXPECT_EQ(config_folder(), "/home/user/.config/baton");
  }
  const Environment held(Variables{{"HOME", "/home/user"}, {"XDG_CONFIG_HOME", "/etc/mine"}});
  EXPECT_EQ(config_folder(), "/etc/mine/baton");
}

TEST(HomeFolderTest, ItIsAnAbsolutePathOrNone) {
  {
    const Environment held(Variables{{"HOME", "/home/user"}});
    EXPECT_EQ(home_folder(), "/home/user");
  }
  for (const Variables& without : {Variables{}, Variables{{"HOME", "here"}}}) {
    const Environment held(without);
    EXPECT_EQ(home_folder(), std::nullopt);
  }
}

TEST(RunRequestTest, WhatARunWasAskedWithReadsBackAsItWas) {
  RunRequest request;
  request.models = {"a \"small\" one", "b", "c"};
  request.parallel = 3;
  request.max_tasks = 7;
  request.budget = *Money::parse("0.000000000001");
  request.local = true;
  request.fail_on = "high";
  request.format = "sarif";
  request.output = "out/ré port.sarif";
  request.prices = "/etc/prices.toml";
  request.task_types = "/etc/types.toml";
  const Result<RunRequest> read = read_request(write_request(request));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, request);
}

TEST(RunRequestTest, NoBudgetAndABudgetOfNothingAreTwoThings) {
  for (const std::optional<Money> budget : {std::optional<Money>(), std::optional(Money())}) {
    RunRequest request;
    request.budget = budget;
    const Result<RunRequest> read = read_request(write_request(request));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->budget, budget);
  }
}

TEST(RunRequestTest, AStoredRequestThatIsNotOneIsAnError) {
  for (const char* text : {"", "[]", "{", R"({"budget": "much"})"}) {
    const Result<RunRequest> read = read_request(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::kInput);
  }
}

TEST(RunRequestTest, WhatAnOlderVersionDidNotWriteHasItsDefault) {
  const Result<RunRequest> read = read_request("{}");
  ASSERT_TRUE(read.ok());
  RunRequest expected;
  expected.budget.reset();  // the absent field says that there was none
  EXPECT_EQ(*read, expected);
}

}  // namespace
}  // namespace baton
