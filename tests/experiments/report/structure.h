// Rules for any page: its tags are balanced, and it loads nothing.
#pragma once

#include <string>
#include <vector>

namespace reverie {

// Names of the tags of a page that are not closed in order; empty where all are.
inline std::string unbalanced_tags(const std::string& html) {
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at)) {
    const std::size_t end = html.find('>', at);
    if (end == std::string::npos) {
      return "a tag that does not end";
    }
    const std::string tag = html.substr(at + 1, end - at - 1);
    at = end;
    if (tag.empty() || tag[0] == '!' || tag.back() == '/') {
      continue;
    }
    const std::string name = tag.substr(0, tag.find_first_of(" \n"));
    if (name == "meta" || name == "img" || name == "input") {
      continue;
    }
    if (name[0] == '/') {
      if (open.empty() || open.back() != name.substr(1)) {
        return "</" + name.substr(1) + "> closes " + (open.empty() ? "nothing" : open.back());
      }
      open.pop_back();
    } else {
      open.push_back(name);
      if (name == "script" || name == "style") {
        at = html.find("</" + name, at);
      }
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> stays open";
}

// What a browser would load for the page: each src=, href= and url() that is neither data within the page nor a place
// in it. Must be empty.
inline std::vector<std::string> fetched(const std::string& html) {
  std::vector<std::string> found;
  for (const std::string start : {"src=", "href=", "url("}) {
    for (std::size_t at = html.find(start); at != std::string::npos; at = html.find(start, at)) {
      at += start.size();
      const bool quoted = html[at] == '"' || html[at] == '\'';
      const std::size_t begin = quoted ? at + 1 : at;
      const std::size_t end = quoted ? html.find(html[at], begin) : html.find_first_of(" >)", begin);
      const std::string address = html.substr(begin, end - begin);
      if (!address.empty() && address[0] != '#' && !address.starts_with("data:")) {
        found.push_back(address);
      }
    }
  }
  return found;
}

inline std::vector<std::string> pieces_between(const std::string& text, const std::string& from,
                                               const std::string& to) {
  std::vector<std::string> found;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + 1)) {
    found.push_back(text.substr(at, text.find(to, at) - at));
  }
  return found;
}

}  // namespace reverie
