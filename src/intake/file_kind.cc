#include <set>
#include <string>

#include "intake/tree_scan.h"

namespace baton {
namespace {

const std::set<std::string_view> kPlain = {"adoc", "cfg", "conf",  "css",   "csv",  "diff", "htm",
                                           "html", "ini", "json",  "jsonl", "less", "lock", "log",
                                           "map",  "md",  "patch", "po",    "pot",  "rst",  "sass",
                                           "scss", "svg", "toml",  "tsv",   "xml",  "yaml", "yml"};
const std::set<std::string_view> kBinary = {
    "7z",   "a",    "avi",    "bin",  "bmp",   "bz2",     "class", "db",  "dll", "dylib",
    "eot",  "exe",  "flac",   "gif",  "gz",    "h5",      "icns",  "ico", "jar", "jks",
    "jpeg", "jpg",  "ko",     "lib",  "mov",   "mp3",     "mp4",   "mpg", "npy", "npz",
    "o",    "obj",  "odt",    "ogg",  "otf",   "parquet", "pdf",   "png", "psd", "pyc",
    "rar",  "so",   "sqlite", "tar",  "tgz",   "tif",     "tiff",  "ttf", "war", "wasm",
    "wav",  "webm", "webp",   "woff", "woff2", "xz",      "zip"};

std::string small(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

BlobFacts::Kind kind_by_name(std::string_view path) {
  const std::string name = small(path.substr(path.rfind('/') + 1));
  const std::string_view extension = std::string_view(name).substr(name.rfind('.') + 1);
  if (kBinary.contains(extension)) return BlobFacts::Kind::kBinary;
  const bool generated = name.ends_with(".min.js");
  const bool prose = extension == "txt" && name != "cmakelists.txt";
  if (generated || prose || kPlain.contains(extension)) return BlobFacts::Kind::kPlain;
  return BlobFacts::Kind::kText;
}

}  // namespace baton
