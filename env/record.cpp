#include "env/record.h"

namespace reverie {

Record::Record(bool flag) : value(flag) {}
Record::Record(int number) : value(static_cast<std::int64_t>(number)) {}
Record::Record(std::int64_t number) : value(number) {}
Record::Record(std::uint64_t number) : value(number) {}
Record::Record(float number) : value(number) {}
Record::Record(double number) : value(number) {}
Record::Record(const char* text) : value(std::string(text)) {}
Record::Record(std::string text) : value(std::move(text)) {}
Record::Record(List list) : value(std::move(list)) {}
Record::Record(Members members) : value(std::move(members)) {}
Record::Record(const Record&) = default;
Record::Record(Record&&) noexcept = default;
Record& Record::operator=(const Record&) = default;
Record& Record::operator=(Record&&) noexcept = default;
Record::~Record() = default;

const Record* Record::find(const std::string& name) const {
  if (const Members* members = std::get_if<Members>(&value)) {
    for (const RecordMember& member : *members) {
      if (member.name == name) {
        return &member.value;
      }
    }
  }
  return nullptr;
}

}  // namespace reverie
