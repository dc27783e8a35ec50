#include "provider/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Result<Endpoint> endpoint_with(const std::map<std::string, std::string>& variables) {
  return endpoint_from_environment([&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

std::string refusal_of(const std::map<std::string, std::string>& variables) {
  const Result<Endpoint> endpoint = endpoint_with(variables);
  if (endpoint) return "accepted";
  EXPECT_EQ(endpoint.error().kind, ErrorKind::kUsage);
  return endpoint.error().message;
}

TEST(CredentialsTest, WithoutAnyVariableTheOfficialEndpointHasNoCredentials) {
  const Result<Endpoint> endpoint = endpoint_with({});
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->messages_url(), "https://api.anthropic.com/v1/messages");
  EXPECT_TRUE(endpoint->credentials.empty());
}

TEST(CredentialsTest, AKeyIsSentAsXApiKey) {
  EXPECT_THAT(messages_headers(Credentials{.api_key = "sk-1", .auth_token = ""}),
              ElementsAre("content-type: application/json", "accept: application/json",
                          "anthropic-version: 2023-06-01", "x-api-key: sk-1"));
}

TEST(CredentialsTest, ATokenIsSentAsBearerAndAKeyGoesBeforeIt) {
  EXPECT_EQ(messages_headers(Credentials{.api_key = "", .auth_token = "t"}).back(),
            "authorization: Bearer t");
  EXPECT_EQ(messages_headers(Credentials{.api_key = "k", .auth_token = "t"}).back(),
            "x-api-key: k");
}

TEST(CredentialsTest, ACustomHeaderReplacesOursOfTheSameName) {
  const Result<Endpoint> endpoint = endpoint_with(
      {{"ANTHROPIC_CUSTOM_HEADERS", "Anthropic-Version: 2026-10-21\n\n X-Team : a: b \r\n"},
       {"ANTHROPIC_API_KEY", " sk-1\n"}});
  ASSERT_TRUE(endpoint);
  EXPECT_THAT(messages_headers(*endpoint),
              ElementsAre("content-type: application/json", "accept: application/json",
                          "x-api-key: sk-1", "anthropic-version: 2026-10-21", "x-team: a: b"));
}

TEST(CredentialsTest, ASlashAtTheEndOfTheBaseUrlIsDropped) {
  const Result<Endpoint> endpoint =
      endpoint_with({{"ANTHROPIC_BASE_URL", "HTTPS://gateway.example/anthropic//"}});
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->messages_url(), "https://gateway.example/anthropic/v1/messages");
}

TEST(CredentialsTest, ABaseUrlThatIsNotPlainHttpIsRefused) {
  for (const char* url : {"gateway.example", "ftp://gateway.example", "file:///etc/passwd",
                          "https://", "https://gateway.example/?a=b", "https://a b",
                          "https://host\r\nx: y", "https:///v1", "https://user:pw@host"}) {
    EXPECT_THAT(refusal_of({{"ANTHROPIC_BASE_URL", url}}), HasSubstr("ANTHROPIC_BASE_URL")) << url;
  }
}

TEST(CredentialsTest, CredentialsNeverCrossANetworkInClearText) {
  for (const char* url : {"http://gateway.example", "http://127.0.0.1.evil.example:80",
                          "http://128.0.0.1", "http://localhost.evil.example"}) {
    const std::string refusal =
        refusal_of({{"ANTHROPIC_BASE_URL", url}, {"ANTHROPIC_API_KEY", "sk-secret"}});
    EXPECT_THAT(refusal, HasSubstr("clear text")) << url;
    EXPECT_THAT(refusal, Not(HasSubstr("sk-secret")));
    EXPECT_EQ(refusal_of({{"ANTHROPIC_BASE_URL", url}}), "accepted") << url;
  }
  for (const char* url : {"http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1"}) {
    EXPECT_EQ(refusal_of({{"ANTHROPIC_BASE_URL", url}, {"ANTHROPIC_API_KEY", "k"}}), "accepted")
        << url;
  }
}

TEST(CredentialsTest, AValueThatWouldBreakOutOfItsHeaderIsRefusedUnquoted) {
  const std::string refusal = refusal_of({{"ANTHROPIC_API_KEY", "sk-secret\r\nx-evil: 1"}});
  EXPECT_THAT(refusal, HasSubstr("ANTHROPIC_API_KEY"));
  EXPECT_THAT(refusal, Not(HasSubstr("sk-secret")));
  EXPECT_THAT(refusal_of({{"ANTHROPIC_AUTH_TOKEN", "a b"}}), HasSubstr("ANTHROPIC_AUTH_TOKEN"));
}

TEST(CredentialsTest, ACustomHeaderLineThatIsNoHeaderIsNamedByItsNumber) {
  EXPECT_THAT(refusal_of({{"ANTHROPIC_CUSTOM_HEADERS", "a: b\nno colon"}}), HasSubstr("line 2"));
  EXPECT_THAT(refusal_of({{"ANTHROPIC_CUSTOM_HEADERS", "b c: d"}}), HasSubstr("no header name"));
  EXPECT_THAT(refusal_of({{"ANTHROPIC_CUSTOM_HEADERS", "Content-Length: 5"}}),
              HasSubstr("'content-length' cannot be set"));
  EXPECT_THAT(refusal_of({{"ANTHROPIC_CUSTOM_HEADERS", "a: \x01"}}), HasSubstr("control"));
}

}  // namespace
}  // namespace baton
