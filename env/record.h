// A small tree of names and numbers, in which a game describes what happened. Writing it to a file is the caller's job.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace reverie {

struct RecordMember;

// Converts implicitly from what it holds, so that a member can be written as {"steps", 3}.
struct Record {
  using List = std::vector<Record>;
  using Members = std::vector<RecordMember>;  // no name twice

  // A float stays one, so that it can be written with no more digits than it has.
  std::variant<bool, std::int64_t, std::uint64_t, float, double, std::string, List, Members> value;

  Record(bool flag);
  Record(int number);
  Record(std::int64_t number);
  Record(std::uint64_t number);
  Record(float number);
  Record(double number);
  Record(const char* text);
  Record(std::string text);
  Record(List list);
  Record(Members members);
  Record(const Record&);
  Record(Record&&) noexcept;
  Record& operator=(const Record&);
  Record& operator=(Record&&) noexcept;
  ~Record();

  const Record* find(const std::string& name) const;  // null where there is no such member, or these are no members
};

struct RecordMember {
  std::string name;
  Record value;
};

// [1, 2.5, true]
template <typename... Items>
Record::List record_list(Items... items) {
  Record::List list;
  (list.emplace_back(std::move(items)), ...);
  return list;
}

template <typename Item>
Record::List record_list_of(const std::vector<Item>& items) {
  Record::List list;
  for (const Item& item : items) {
    if constexpr (std::is_same_v<Item, std::uint8_t>) {
      list.emplace_back(static_cast<int>(item));
    } else {
      list.emplace_back(item);
    }
  }
  return list;
}

}  // namespace reverie
