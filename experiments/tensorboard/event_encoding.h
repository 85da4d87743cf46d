// Events as bytes: protobuf messages tensorflow.Event, without protobuf.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "experiments/tensorboard/event.h"

namespace reverie {

std::string encode_event(const Event& event);

// Fields that we do not write are skipped. None where the bytes are no such message.
std::optional<Event> decode_event(std::string_view bytes);

}  // namespace reverie
