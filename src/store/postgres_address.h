// Where a PostgreSQL server is, as a URL tells it; and texts about it that show no password.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton {

class PostgresAddress {
 public:
  // kUsage, without quoting any of it, if it is not a URL of PostgreSQL.
  static Result<PostgresAddress> parse(std::string_view url);
  // Whether it begins like one: postgresql:// or postgres://.
  static bool is_one(std::string_view url);

  const std::string& url() const { return url_; }      // with its password: for libpq alone
  const std::string& shown() const { return shown_; }  // "postgresql://user@host:5432/database"
  // `text` on one line, with "***" wherever a secret of the URL stands in it.
  std::string scrubbed(std::string_view text) const;

 private:
  std::string url_;
  std::string shown_;
  std::vector<std::string> secrets_;  // longest first
};

}  // namespace baton
